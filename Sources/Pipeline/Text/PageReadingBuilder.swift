private import Foundation

/// Makes a `PageReading` out of the words and boxes of a page.
struct PageReadingBuilder {
    let page: PageText
    var lines: [ReadingLine] = []
    var tokens: [ReadingToken] = []

    init(page: PageText) {
        self.page = page
    }

    /// Fills `lines` and `tokens`.
    mutating func build() {
        let shape = PageShape(page)
        for (index, line) in page.lines.enumerated() {
            let made = tokensOf(line, number: lines.count)
            guard !made.isEmpty, let box = line.box else { continue }
            let start = tokens.count
            tokens += joiningHyphen(made)
            // The end of a word that the line above broke off is all there is: it stands above now.
            guard tokens.count > start else { continue }
            let text = line.text
            lines.append(
                ReadingLine(
                    source: index, tokens: start..<tokens.count, box: box, text: text,
                    heightRatio: shape.letterHeight(line) / shape.bodyHeight,
                    upperShare: PageReadingBuilder.upperShare(text),
                    isCentred: shape.isCentred(box), isFull: box.width > shape.textWidth * 0.86,
                    stepAbove: lines.last.map { (box.y - $0.box.y) / shape.step } ?? 1,
                    stretches: (made.last?.stretch ?? 0) + 1))
        }
    }

    /// The words of one line: split at punctuation, letter-spaced runs put together.
    private func tokensOf(_ line: TextLine, number: Int) -> [ReadingToken] {
        var made: [ReadingToken] = []
        var stretch = 0
        for (index, word) in line.words.enumerated() {
            if index > 0, isWideGap(line.words[index - 1], word) { stretch += 1 }
            if word.text == "/", let last = made.indices.last, made[last].mark == nil { made[last].mark = "/" }
            for piece in PageReadingBuilder.pieces(of: word.text) {
                let folded = FoldedWord(piece.text)
                guard !folded.isEmpty else { continue }
                made.append(
                    ReadingToken(
                        folded: folded, text: String(piece.text), line: number, word: index, box: word.box,
                        mark: piece.mark, stretch: stretch))
            }
        }
        return joiningSpacedLetters(made)
    }

    private func isWideGap(_ left: Word, _ right: Word) -> Bool {
        let gap = right.box.x - (left.box.x + left.box.width)
        return gap > 2.2 * max(left.box.height, right.box.height, 1)
    }

    /// «П Р И К А З» to «ПРИКАЗ»: four or more single letters in a row (pairs that OCR made of them count too).
    private func joiningSpacedLetters(_ made: [ReadingToken]) -> [ReadingToken] {
        guard made.count >= 4 else { return made }
        var result: [ReadingToken] = []
        var run: [ReadingToken] = []
        func flush() {
            let singles = run.count { $0.text.count == 1 }
            if run.count >= 4, singles * 2 > run.count {
                result += PageReadingBuilder.words(of: run).map(PageReadingBuilder.joined)
            } else {
                result += run
            }
            run = []
        }
        for token in made {
            let fits = token.text.count <= 2 && token.folded.hasLetter && token.isCapitalised && token.mark == nil
            if fits, let last = run.last, token.box.x - last.box.x - last.box.width > 2.6 * last.box.height {
                flush()
            }
            if fits { run.append(token) } else { flush(); result.append(token) }
        }
        flush()
        return result
    }

    /// Parts letter-spaced words where the space between letters is clearly wider than usual.
    private static func words(of run: [ReadingToken]) -> [[ReadingToken]] {
        let gaps = zip(run, run.dropFirst()).map { $1.box.x - $0.box.x - $0.box.width }
        let usual = gaps.sorted()[gaps.count / 2]
        var words = [[run[0]]]
        for (token, gap) in zip(run.dropFirst(), gaps) {
            if gap > usual * 1.7 + token.box.height * 0.12 {
                words.append([token])
            } else {
                words[words.count - 1].append(token)
            }
        }
        return words
    }

    private static func joined(_ letters: [ReadingToken]) -> ReadingToken {
        let text = letters.map(\.text).joined()
        let first = letters[0]
        return ReadingToken(
            folded: FoldedWord(text), text: text, line: first.line, word: first.word,
            box: letters.dropFirst().reduce(first.box) { $0.union($1.box) }, mark: letters.last?.mark,
            stretch: first.stretch)
    }

    /// Puts a word that the line above broke off at a hyphen together with its end, in the place of its beginning.
    private mutating func joiningHyphen(_ made: [ReadingToken]) -> [ReadingToken] {
        guard let head = tokens.last, let tail = made.first, head.line == tail.line - 1,
            let line = lines.last, line.text.hasSuffix("-") || line.text.hasSuffix("\u{AD}"),
            head.text.count >= 2, tail.text.first?.isLowercase ?? false || (head.isUpper && tail.isUpper),
            !head.folded.isNumber
        else { return made }
        let text = head.text + tail.text
        tokens[tokens.count - 1] = ReadingToken(
            folded: FoldedWord(text), text: text, line: head.line, word: head.word, box: head.box, mark: tail.mark,
            stretch: head.stretch)
        return Array(made.dropFirst())
    }

    /// Letters and digits, with the mark that followed them.
    static func pieces(of text: String) -> [(text: Substring, mark: Character?)] {
        var found: [(text: Substring, mark: Character?)] = []
        var start: String.Index?
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            let isPart = character.isLetter || character.isNumber
            if isPart, start == nil { start = index }
            if !isPart, let from = start {
                found.append((text[from..<index], ".,;:/".contains(character) ? character : nil))
                start = nil
            } else if !isPart, let last = found.last, last.mark == nil, ":;/".contains(character) {
                found[found.count - 1].mark = character
            }
            index = text.index(after: index)
        }
        if let from = start { found.append((text[from...], nil)) }
        return found
    }

    private static func upperShare(_ text: String) -> Double {
        var upper = 0
        var all = 0
        for character in text where character.isLetter {
            all += 1
            if character.isUppercase { upper += 1 }
        }
        return all == 0 ? 0 : Double(upper) / Double(all)
    }

    /// For each run of lines that keep to two columns: the left column's tokens, then the right one's.
    func columnStreams() -> [[Int]] {
        var streams: [[Int]] = []
        var run: [ReadingLine] = []
        let middle = page.width / 2
        func side(_ token: ReadingToken, of line: ReadingLine) -> Bool {
            let start = tokens[line.tokens].first { $0.stretch == token.stretch }?.box.x ?? token.box.x
            return start > middle * 0.8
        }
        func flush() {
            if run.count >= 2, run.contains(where: { $0.stretches > 1 }) {
                let all = run.flatMap { line in line.tokens.map { (index: $0, line: line) } }
                let left = all.filter { !side(tokens[$0.index], of: $0.line) }.map(\.index)
                let right = all.filter { side(tokens[$0.index], of: $0.line) }.map(\.index)
                if !left.isEmpty, !right.isEmpty { streams += [left, right] }
            }
            run = []
        }
        for line in lines {
            let isNarrow = line.box.width < page.width * 0.48
            if line.stretches > 1 || isNarrow { run.append(line) } else { flush() }
        }
        flush()
        return streams
    }
}

/// The measures of a page that single lines are compared with.
private struct PageShape {
    let width: Double
    let left: Double
    let right: Double
    let bodyHeight: Double
    /// The usual distance from line to line.
    let step: Double
    var textWidth: Double { max(right - left, 1) }

    init(_ page: PageText) {
        let boxes = page.lines.compactMap(\.box)
        width = max(page.width, 1)
        // The outermost lines may be stamps and specks, so the edges are where a tenth of the lines lie beyond.
        let starts = boxes.map(\.x).sorted()
        let ends = boxes.map { $0.x + $0.width }.sorted()
        left = starts.isEmpty ? 0 : starts[starts.count / 10]
        right = ends.isEmpty ? page.width : ends[ends.count - 1 - ends.count / 10]
        let heights = page.lines.flatMap(\.words).filter { $0.text.count > 2 }.map(\.box.height).sorted()
        bodyHeight = max(heights.isEmpty ? 1 : heights[heights.count / 2], 0.001)
        let steps = zip(boxes, boxes.dropFirst()).map { $1.y - $0.y }.filter { $0 > 0 }.sorted()
        step = max(steps.isEmpty ? bodyHeight * 1.4 : steps[steps.count / 2], 0.001)
    }

    func letterHeight(_ line: TextLine) -> Double {
        let heights = line.words.filter { $0.text.count > 2 }.map(\.box.height).sorted()
        return heights.isEmpty ? (line.box?.height ?? bodyHeight) : heights[heights.count / 2]
    }

    func isCentred(_ box: Box) -> Bool {
        let before = box.x - left
        let after = right - (box.x + box.width)
        guard before > textWidth * 0.06 else { return false }
        // On the middle of the sheet: the text block of a short paper is no measure.
        let margin = min(box.x, width - box.x - box.width)
        if margin > width * 0.14, abs(box.x + box.width / 2 - width / 2) < width * 0.03 { return true }
        guard after > textWidth * 0.06 else { return false }
        return abs(before - after) < textWidth * 0.09 + 0.15 * min(before, after)
    }
}
