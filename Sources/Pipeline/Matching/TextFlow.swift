/// The tokens of a document in the order in which a person reads them: line under line inside a column or a cell.
///
/// DESIGN. A page's lines are cut into segments at wide gaps (a form's label and its value, the cells of a table row,
/// the columns of a bilingual order). A segment is then chained to the one that stands above it, if they overlap: the
/// chain is a flow, in which a sentence or a name runs on over lines. Side by side is kept as `left`, so that a value
/// finds its label whether the label stands before it, beside it or above it. Only boxes decide; how the page's lines
/// were grouped does not matter.
struct TextFlow {
    /// A stretch of one line without a wide gap.
    struct Segment {
        /// Where its tokens stand in `tokens`.
        var range: Range<Int>
        var box: Box
        var page: Int
        /// The segment above it in the same column.
        var above: Int?
        /// The segment under it in the same column.
        var below: Int?
        /// The nearest segment to its left in the same row.
        var left: Int?
        /// The nearest segment to its right in the same row.
        var right: Int?
    }

    /// Segment after segment; inside one, as read.
    private(set) var tokens: [NameToken] = []
    private(set) var segments: [Segment] = []
    /// The segment of each token.
    private(set) var segmentOfToken: [Int] = []
    /// For each page whether its words were recognised from a picture.
    private(set) var isRecognised: [Bool] = []
    /// For each page the height of its text: where half of a form is captions, that of the values.
    private var textHeights: [Double] = []
    /// The words on the page that tokens were cut from.
    private(set) var words: [Word] = []
    /// What is known of each token by itself, and of the cues that start at it; asked for many times.
    private var facts: [TokenFacts] = []

    /// Cuts and chains the lines of a document.
    init(_ document: DocumentText) {
        for (index, page) in document.pages.enumerated() {
            isRecognised.append(page.source == .ocr)
            let first = segments.count
            for line in page.lines { cut(line, page: index) }
            connect(first..<segments.count)
            let heights = segments[first...].map(\.box.height).sorted()
            textHeights.append(heights.isEmpty ? 0 : heights[heights.count * 7 / 10])
        }
        joinHyphenated()
        markQuotes()
        facts = tokens.indices.map { TokenFacts(of: $0, in: self) }
    }

    /// Whether the token is a word of papers and no name.
    func isStopWord(_ token: Int) -> Bool { facts[token].isStopWord }

    /// The token read as a patronymic; nil when it is none.
    func patronymic(_ token: Int) -> PatronymicForm? { facts[token].patronymic }

    /// Whether the token is the second half of a patronymic written apart.
    func isPatronymicsEnd(_ token: Int) -> Bool { facts[token].isPatronymicsEnd }

    /// Whether the token may be part of a name, as far as its letters tell.
    func isNameLike(_ token: Int) -> Bool { facts[token].isNameLike }

    /// The cue that starts at a token and speaks of the name after it.
    func cueBefore(_ token: Int) -> RoleLexicon.Match? { facts[token].before }

    /// The cue that starts at a token and speaks of the name before it.
    func cueAfter(_ token: Int) -> RoleLexicon.Match? { facts[token].after }

    /// The token after this one in its flow, over the end of the line.
    func next(_ token: Int) -> Int? {
        var position = token
        repeat {
            let segment = segments[segmentOfToken[position]]
            if position + 1 < segment.range.upperBound {
                position += 1
            } else if let below = segment.below {
                position = segments[below].range.lowerBound
            } else {
                return nil
            }
        } while tokens[position].text.isEmpty
        return position
    }

    /// The token before this one in its flow, over the start of the line.
    func previous(_ token: Int) -> Int? {
        var position = token
        repeat {
            let segment = segments[segmentOfToken[position]]
            if position > segment.range.lowerBound {
                position -= 1
            } else if let above = segment.above {
                position = segments[above].range.upperBound - 1
            } else {
                return nil
            }
        } while tokens[position].text.isEmpty
        return position
    }

    /// The token before this one in its own segment.
    func previousInSegment(_ token: Int) -> Int? {
        let start = segments[segmentOfToken[token]].range.lowerBound
        return (start..<token).last { !tokens[$0].text.isEmpty }
    }

    /// The token after this one in its own segment.
    func nextInSegment(_ token: Int) -> Int? {
        let end = segments[segmentOfToken[token]].range.upperBound
        return (token + 1..<end).first { !tokens[$0].text.isEmpty }
    }

    /// Whether a cell to the left begins with a capitalised word: then this segment is a row of its own.
    func hasLabelBeside(_ segment: Int) -> Bool {
        guard let left = segments[segment].left else { return false }
        let first = segments[left].range.first { tokens[$0].kind == .word || tokens[$0].kind == .initial }
        return first.map { tokens[$0].text.unicodeScalars.first.map(NameLetters.isUppercase) ?? false } ?? false
    }

    /// The segment under this one where that is its caption: small print, or in brackets.
    func caption(under segment: Int) -> Int? {
        guard let below = segments[segment].below, segments[below].above == segment else { return nil }
        if tokens[segments[below].range.lowerBound].isMark("(") { return below }
        let (own, other) = (segments[segment].box, segments[below].box)
        let isNear = other.y - own.y - own.height < own.height
        // Under a title all is smaller; captions are smaller than the text, too.
        let bound = 0.88 * min(own.height, textHeights[segments[segment].page])
        return isNear && other.height < bound && segments[below].range.count <= 24 ? below : nil
    }

    /// Whether nothing but this name stands in its segment.
    func isAlone(_ mention: NameMention) -> Bool {
        let range = segments[segmentOfToken[mention.first]].range
        return range.allSatisfy { mention.tokens.contains($0) || tokens[$0].kind == .mark }
    }

    private mutating func cut(_ line: TextLine, page: Int) {
        let words = line.words.filter { !$0.text.isEmpty }
        guard !words.isEmpty else { return }
        let gaps = words.indices.dropFirst().map { words[$0].box.x - words[$0 - 1].box.x - words[$0 - 1].box.width }
        let heights = words.map(\.box.height).sorted()
        let height = max(heights[heights.count / 2], 1)
        let usual = gaps.sorted().dropFirst(gaps.count * 3 / 10).first ?? 0
        // Where most gaps are those between cells, they differ, and words inside a cell stand close.
        let wide = gaps.filter { $0 > 1.4 * height }
        let isRow = (wide.max() ?? 0) > 1.35 * (wide.min() ?? 0) && gaps.contains { $0 < 0.8 * height }
        var start = 0
        for index in words.indices {
            let isLast = index + 1 == words.count
            // A justified line has wide gaps everywhere; a gap between columns is wide beside the others.
            let isWide =
                !isLast && gaps[index] > 1.4 * height
                && (gaps[index] > 1.8 * usual || gaps.count < 3 || usual > 2 * height || isRow)
            guard isLast || isWide && !isInsideSpacedName(words, index, gaps[index], height) else { continue }
            append(Array(words[start...index]), page: page)
            start = index + 1
        }
    }

    /// `А Х М Е Т О В   М И Л А Н А`: the gap between two letter-spaced words is wide beside a word's usual one.
    private func isInsideSpacedName(_ words: [Word], _ index: Int, _ gap: Double, _ height: Double) -> Bool {
        let around = words[max(0, index - 2)...min(words.count - 1, index + 3)]
        return gap < 3 * height && around.count >= 5 && around.allSatisfy { $0.text.count == 1 }
    }

    private mutating func append(_ line: [Word], page: Int) {
        let sources = Array(words.count..<(words.count + line.count))
        words += line
        var found = NameTokenizer.tokens(
            of: line, page: page, sources: sources, isRecognised: isRecognised[page])
        guard !found.isEmpty else { return }
        found[0].startsSegment = true
        let box = line.dropFirst().reduce(line[0].box) { $0.union($1.box) }
        segmentOfToken += Array(repeating: segments.count, count: found.count)
        segments.append(Segment(range: tokens.count..<(tokens.count + found.count), box: box, page: page))
        tokens += found
    }

    private mutating func connect(_ range: Range<Int>) {
        for index in range {
            let box = segments[index].box
            var above: (index: Int, distance: Double, shared: Double)?
            var left: (index: Int, distance: Double)?
            for other in range where other != index {
                let otherBox = segments[other].box
                let overlapX = min(box.x + box.width, otherBox.x + otherBox.width) - max(box.x, otherBox.x)
                let overlapY = min(box.y + box.height, otherBox.y + otherBox.height) - max(box.y, otherBox.y)
                let height = min(box.height, otherBox.height)
                if overlapY > 0.4 * height, otherBox.x < box.x, overlapX <= 0.2 * min(box.width, otherBox.width) {
                    let distance = box.x - otherBox.x - otherBox.width
                    if distance < left?.distance ?? .infinity { left = (other, distance) }
                } else if overlapX > 0.3 * min(box.width, otherBox.width), otherBox.y < box.y, overlapY < 0.5 * height {
                    let distance = box.y - otherBox.y - otherBox.height
                    let shared = overlapX / min(box.width, otherBox.width) - abs(box.x - otherBox.x) / 10_000
                    guard distance < 4 * max(box.height, otherBox.height) else { continue }
                    // Of the cells of one row the one that stands most above this one.
                    let nearest = above?.distance ?? .infinity
                    if distance < nearest - 0.5 * height
                        || distance < nearest + 0.5 * height && shared > above?.shared ?? -1
                    {
                        above = (other, distance, shared)
                    }
                }
            }
            segments[index].left = left?.index
            if let left = left?.index, segments[left].right == nil { segments[left].right = index }
            segments[index].above = above?.index
            // The nearest segment under one goes on with it; a second one beside it only looks up.
            if let above = above?.index, segments[above].below.map({ segments[$0].box.x > box.x }) ?? true {
                segments[above].below = index
            }
        }
    }

    /// Joins words that were divided at the end of a line; the second half's token stays, empty.
    private mutating func joinHyphenated() {
        for segment in segments {
            guard let below = segment.below, segment.range.count >= 2 else { continue }
            let hyphen = segment.range.upperBound - 1
            let rest = segments[below].range.lowerBound
            guard tokens[hyphen].isMark("-‐‑¬\u{AD}"), tokens[hyphen - 1].kind == .word, tokens[rest].kind == .word,
                tokens[hyphen - 1].source == tokens[hyphen].source, tokens[hyphen - 1].text.count > 1,
                isCapitalised(hyphen - 1) || !isCapitalised(rest)
            else { continue }
            tokens[hyphen - 1].text += joint(tokens[hyphen - 1], tokens[rest]) + tokens[rest].text
            tokens[hyphen - 1].folded = NameLetters.folded(tokens[hyphen - 1].text)
            for empty in [hyphen, rest] {
                tokens[empty].kind = .mark
                tokens[empty].text = ""
                tokens[empty].folded = ""
            }
        }
    }

    private func isCapitalised(_ token: Int) -> Bool {
        tokens[token].text.unicodeScalars.first.map(NameLetters.isUppercase) ?? false
    }

    /// A capital after the hyphen is a double surname; where all is in capitals the joined word tells.
    private func joint(_ first: NameToken, _ rest: NameToken) -> String {
        guard let letter = rest.text.unicodeScalars.first, NameLetters.isUppercase(letter) else { return "" }
        let isOneWord =
            first.isUppercased && SurnameForm.plausibility(first.folded, .male) < 2
            && SurnameForm.plausibility(first.folded, .female) < 2
        return isOneWord ? "" : "-"
    }

    /// Marks what stands between « and », or between two straight quotes, if the closing one follows within a few
    /// words.
    private mutating func markQuotes() {
        let reach = 14
        for index in tokens.indices where tokens[index].isMark("«„“\"") {
            let isStraight = tokens[index].text == "\""
            if isStraight, tokens[index].isQuoted { continue }
            var inside: [Int] = []
            var current = next(index)
            while let position = current, inside.count <= reach {
                if tokens[position].isMark("»”“\"") {
                    for quoted in inside + [position] { tokens[quoted].isQuoted = true }
                    break
                }
                inside.append(position)
                current = next(position)
            }
        }
    }
}

/// What is known of a token without the names around it.
private struct TokenFacts {
    let isNameLike: Bool
    let isStopWord: Bool
    let patronymic: PatronymicForm?
    let isPatronymicsEnd: Bool
    let before: RoleLexicon.Match?
    let after: RoleLexicon.Match?

    /// - Parameter flow: with all its tokens, joined and marked.
    init(of index: Int, in flow: TextFlow) {
        let token = flow.tokens[index]
        isNameLike = token.isNameLike
        guard token.kind != .mark else {
            (isStopWord, patronymic, isPatronymicsEnd, before, after) = (false, nil, false, nil, nil)
            return
        }
        // «12 марта», but «Беккер Марта».
        let isMonth = flow.previous(index).map { flow.tokens[$0].kind == .number || flow.tokens[$0].isMark("»\"”") }
        isStopWord = NameStopWords.contains(token.folded)
            && !(NameStopWords.isNamesake(token.folded) && isNameLike && !(isMonth ?? false))
        patronymic = PatronymicForm(token.folded)
        isPatronymicsEnd = PatronymicForm.isApart(token.folded)
        before = RoleLexicon.before.match(at: index, in: flow)
        after = RoleLexicon.after.match(at: index, in: flow)
    }
}
