/// Which mention each token belongs to.
struct MentionIndex {
    private var owner: [Int: Int] = [:]

    /// Notes the tokens of all mentions.
    init(_ mentions: [NameMention]) {
        for (index, mention) in mentions.enumerated() {
            for token in mention.tokens { owner[token] = index }
        }
    }

    /// Whether the token is part of any mention.
    func holds(_ token: Int) -> Bool { owner[token] != nil }
}

/// The words around a mention: its label, the sentence before and after it, the caption under it.
struct MentionContext {
    /// The cell to the left, when the mention opens its own cell.
    var label: [Int]?
    /// The head of the column, when the mention opens its own cell.
    var header: [Int]?
    /// What heads the mention's half of the page, over other fields of that half.
    var columnHead: [Int]?
    /// «(фамилия, имя, отчество)» under the line.
    var caption: [Int]?
    /// Cues before the name in its sentence, in reading order.
    var before: [RoleLexicon.Match] = []
    /// Cues after the name in its sentence, in reading order.
    var after: [RoleLexicon.Match] = []
    /// «Директору ТОО «…»» above a name in the dative: the letter's addressee.
    var isAddressee = false
    /// The person whom a letter or a notice is written to.
    var isRecipient = false
    /// «от бухгалтера …» on a line of its own: who writes an application.
    var isSender = false
    /// Whether a date of birth stands by the name that makes the person a child.
    var isChildByAge = false
    /// Whether the next words name this person's child: «Оспанова Әлияға науқас баласы Оспанов Ерланды …».
    var precedesChild = false
    /// Whether a day of birth follows the name at once, without a word that says so: «Шах Зейнеп, 23.08.1995».
    var isBornThen = false

    /// The words before the name in its sentence.
    private(set) var beforeTokens: [Int] = []

    private let flow: TextFlow
    private let first: Int
    private var afterTokens: [Int] = []

    private static let reach = 18

    /// Collects the surroundings of one mention.
    init(of mention: NameMention, among mentions: MentionIndex, in flow: TextFlow) {
        self.flow = flow
        first = mention.first
        let walked = MentionContext.walkBack(from: mention.first, mentions, flow)
        beforeTokens = walked.tokens
        before = MentionContext.matches(in: beforeTokens, of: flow, cue: flow.cueBefore)
        let segmentIndex = flow.segmentOfToken[mention.first]
        if walked.opensCell {
            label = MentionContext.cell(leftOf: segmentIndex, mentions, flow)
            header = MentionContext.header(of: segmentIndex, mentions, flow)
        }
        afterTokens = MentionContext.walkForward(from: mention.last, mentions, flow)
        after = MentionContext.matches(in: afterTokens, of: flow, cue: flow.cueAfter)
        caption = MentionContext.caption(under: flow.segmentOfToken[mention.last], flow)
        columnHead = MentionContext.columnHead(of: segmentIndex, mentions, flow)
        isAddressee = walked.opensCell && MentionContext.isAddressed(segmentIndex, mention, flow)
        isRecipient = walked.opensCell && label == nil && !isAddressee
            && MentionContext.isRecipient(segmentIndex, mention, flow)
        isSender = MentionContext.isSender(segmentIndex, mention, flow)
        isChildByAge = MentionContext.hasChildsBirthDate(afterTokens, flow)
        precedesChild = MentionContext.precedesChild(afterTokens, mentions, flow)
        isBornThen = MentionContext.hasAdultsBirthDate(afterTokens, flow)
    }

    /// How many words stand between a cue and the name.
    func distance(of match: RoleLexicon.Match) -> Int {
        guard let position = beforeTokens.firstIndex(of: match.last) else { return MentionContext.reach }
        return beforeTokens[(position + 1)...].count {
            flow.tokens[$0].kind == .word || flow.tokens[$0].kind == .number
        }
    }

    /// Whether a year stands between a cue and the name.
    func hasDate(after match: RoleLexicon.Match) -> Bool {
        guard let position = beforeTokens.firstIndex(of: match.last) else { return false }
        return beforeTokens[(position + 1)...].contains { MentionContext.year(flow.tokens[$0]) != nil }
    }

    /// Whether a cue after the name follows at once («Абылай хан даңғылы», «Қ. Сәтбаев атындағы»).
    func isAdjacent(_ match: RoleLexicon.Match) -> Bool {
        afterTokens.prefix(2).contains(match.first)
    }

    /// The cues in a stretch of tokens, longest first where they overlap.
    ///
    /// - Parameter cue: the one that starts at a token.
    static func matches(
        in tokens: [Int], of flow: TextFlow, cue: (Int) -> RoleLexicon.Match?
    ) -> [RoleLexicon.Match] {
        var found: [RoleLexicon.Match] = []
        let inside = Set(tokens)
        var index = 0
        while index < tokens.count {
            if !flow.tokens[tokens[index]].isQuoted, let match = cue(tokens[index]),
                inside.contains(match.last)
            {
                found.append(match)
                index = (tokens.firstIndex(of: match.last) ?? index) + 1
            } else {
                index += 1
            }
        }
        return found
    }

    /// The tokens before a name in its sentence, and whether the name opens its cell or line.
    private static func walkBack(
        from first: Int, _ mentions: MentionIndex, _ flow: TextFlow
    ) -> (tokens: [Int], opensCell: Bool) {
        var tokens: [Int] = []
        var words = 0
        var position = flow.previousInSegment(first)
        var current = first
        var lines = 0
        var opensCell = true
        while words < reach {
            if position == nil {
                // A label of its own needs nothing from the line before.
                guard !tokens.contains(where: { flow.tokens[$0].isMark(":") }) else { break }
                // Over the start of the line only where the sentence runs on.
                guard lines < 3, flow.caption(under: flow.segmentOfToken[first]) == nil || lines > 0,
                    !flow.hasLabelBeside(flow.segmentOfToken[current]) || lines > 0,
                    runsOn(to: flow.segmentOfToken[current], flow), let above = flow.previous(current)
                else {
                    break
                }
                lines += 1
                position = above
                opensCell = false
            }
            guard let token = position else { break }
            current = token
            if mentions.holds(token) {
                guard isList(tokens, flow) else { break }
                position = flow.previousInSegment(token)
                opensCell = false
                continue
            }
            if isSentenceEnd(token, flow) { break }
            tokens.append(token)
            if flow.tokens[token].kind == .word {
                words += 1
                opensCell = false
            }
            position = flow.previousInSegment(token)
        }
        return (tokens.reversed(), opensCell)
    }

    /// Whether what stands between two names joins them: the words before the first then speak of the second, too.
    private static func isList(_ between: [Int], _ flow: TextFlow) -> Bool {
        between.allSatisfy { flow.tokens[$0].isMark(",_;") || ["и", "мен", "жане"].contains(flow.tokens[$0].folded) }
            && !between.isEmpty
    }

    private static func walkForward(from last: Int, _ mentions: MentionIndex, _ flow: TextFlow) -> [Int] {
        var tokens: [Int] = []
        var position = last
        var words = 0
        while words < reach {
            if let next = flow.nextInSegment(position) {
                position = next
            } else {
                let segment = flow.segments[flow.segmentOfToken[position]]
                guard let below = segment.below, runsOn(to: below, flow), let next = flow.next(position) else { break }
                position = next
            }
            if mentions.holds(position) || isSentenceEnd(position, flow) { break }
            tokens.append(position)
            if flow.tokens[position].kind == .word { words += 1 }
        }
        return tokens
    }

    /// A full stop that is no abbreviation's.
    private static func isSentenceEnd(_ token: Int, _ flow: TextFlow) -> Bool {
        // «Уважаемый посетитель! Приём граждан ведёт …»
        if flow.tokens[token].isMark("!?") { return true }
        guard flow.tokens[token].isMark("."), let before = flow.previousInSegment(token) else { return false }
        let word = flow.tokens[before]
        return word.kind == .word ? word.folded.count > 4 : word.kind == .number && word.folded.count == 4
    }

    /// Whether a sentence goes on from the line above into this one: that line is long, unfinished, close, and no
    /// label.
    private static func runsOn(to segment: Int, _ flow: TextFlow) -> Bool {
        guard let above = flow.segments[segment].above else { return false }
        let upper = flow.segments[above]
        let lower = flow.segments[segment]
        guard flow.segments[above].below == segment else { return false }
        // A label beside its value is no line of a sentence, nor is a line that opens with a label.
        if let right = upper.right, flow.isNameLike(flow.segments[right].range.lowerBound),
            lower.right == nil
        {
            return false
        }
        if flow.cueBefore(lower.range.lowerBound)?.cue == .label { return false }
        let words = upper.range.count { flow.tokens[$0].kind != .mark }
        guard words >= 3, let end = upper.range.last, !flow.tokens[end].isMark(":;!") else { return false }
        if isSentenceEnd(end, flow) { return false }
        // A heading in capitals is no part of the sentence under it.
        func isHeading(_ range: Range<Int>) -> Bool {
            range.allSatisfy {
                flow.tokens[$0].kind != .word || flow.tokens[$0].text.count < 2 || flow.tokens[$0].isUppercased
            }
        }
        guard !isHeading(upper.range) || isHeading(lower.range) else { return false }
        let gap = lower.box.y - upper.box.y - upper.box.height
        guard gap < 1.1 * max(upper.box.height, lower.box.height) else { return false }
        // A line that ends well before the next one does was ended on purpose.
        return upper.box.x + upper.box.width > lower.box.x + 0.7 * lower.box.width
    }

    private static func cell(leftOf segment: Int, _ mentions: MentionIndex, _ flow: TextFlow) -> [Int]? {
        guard let left = flow.segments[segment].left else { return nil }
        var tokens = Array(flow.segments[left].range)
        // A label of two lines beside a value of one.
        if let above = flow.segments[left].above, flow.segments[above].right == nil, isClose(above, left, flow),
            isPartOfLabel(above, left, beside: segment, flow),
            !tokens.contains(where: { flow.tokens[$0].kind == .number })
        {
            tokens = Array(flow.segments[above].range) + tokens
        }
        // «Ф.И.О.» is no word, and a label all the same.
        let isWorded = tokens.contains { flow.tokens[$0].kind == .word || flow.tokens[$0].kind == .initial }
        guard !tokens.contains(where: mentions.holds), isWorded else {
            // A number, a line to sign on: the label is one further.
            let isEmpty = !tokens.contains { mentions.holds($0) }
            return isEmpty ? cell(leftOf: left, mentions, flow) : nil
        }
        return tokens
    }

    /// A title over the form is no line of its first label: it is wider, or in capitals.
    private static func isPartOfLabel(_ above: Int, _ left: Int, beside value: Int, _ flow: TextFlow) -> Bool {
        let upper = flow.segments[above]
        let isTitle =
            flow.tokens[upper.range.lowerBound].isUppercased
            && !flow.tokens[flow.segments[left].range.lowerBound].isUppercased
        let isEnded = upper.range.last.map { flow.tokens[$0].isMark(".;!") } ?? false
        return !isTitle && !isEnded && upper.box.x + upper.box.width <= flow.segments[value].box.x
    }

    private static func isClose(_ above: Int, _ below: Int, _ flow: TextFlow) -> Bool {
        let upper = flow.segments[above].box
        let lower = flow.segments[below].box
        return lower.y - upper.y - upper.height < 0.8 * lower.height && abs(lower.x - upper.x) < lower.height
    }

    /// The nearest segment above that is no other row's name.
    private static func header(of segment: Int, _ mentions: MentionIndex, _ flow: TextFlow) -> [Int]? {
        var current = flow.segments[segment].above
        var steps = 0
        while let above = current, steps < 6 {
            let range = flow.segments[above].range
            if !range.contains(where: mentions.holds),
                range.contains(where: { flow.tokens[$0].kind == .word || flow.tokens[$0].kind == .initial })
            {
                return isHead(above, over: segment, flow) ? Array(range) : nil
            }
            steps += 1
            current = flow.segments[above].above
        }
        return nil
    }

    /// A few words that begin with a capital and end without a full stop, not far above: a head, and no sentence.
    private static func isHead(_ above: Int, over segment: Int, _ flow: TextFlow) -> Bool {
        let range = flow.segments[above].range
        guard range.count(where: { flow.tokens[$0].kind == .word || flow.tokens[$0].kind == .initial }) <= 8,
            let end = range.last, !flow.tokens[end].isMark(".;,"),
            !range.contains(where: { flow.tokens[$0].kind == .number })
        else { return false }
        let first = range.first { flow.tokens[$0].kind != .mark } ?? range.lowerBound
        // «Об отпуске по уходу за ребёнком» is what an order is about.
        let isSubject = ["о", "об", "обо"].contains(flow.tokens[first].folded) || flow.tokens[end].folded == "туралы"
        guard !isSubject else { return false }
        return flow.tokens[first].text.unicodeScalars.first.map(NameLetters.isUppercase) ?? false
    }

    private static func caption(under segment: Int, _ flow: TextFlow) -> [Int]? {
        flow.caption(under: segment).map { Array(flow.segments[$0].range) }
    }

    /// What heads the half of the page that a mention stands in, over its label and other fields of that half:
    /// «Ребёнок» beside «Ухаживающее лицо».
    private static func columnHead(of segment: Int, _ mentions: MentionIndex, _ flow: TextFlow) -> [Int]? {
        guard flow.segments[segment].left != nil || flow.segments[segment].right != nil else { return nil }
        var current = flow.segments[segment].above
        var steps = 0
        while let above = current, steps < 12 {
            let (range, cell) = (flow.segments[above].range, flow.segments[above])
            // «☐ уход за больным членом семьи» in a list of reasons heads nothing.
            let isReason = range.contains { flow.tokens[$0].folded.begins("уход") || flow.tokens[$0].isMark("☐☑[") }
            if cell.left != nil || cell.right != nil, !isReason, !range.contains(where: mentions.holds),
                isHead(above, over: segment, flow),
                matches(in: Array(range), of: flow, cue: flow.cueBefore).contains(where: {
                    $0.cue == .companion || $0.cue == .child || $0.cue == .holder
                })
            {
                return Array(range)
            }
            steps += 1
            current = cell.above
        }
        return nil
    }

    private static let addressed: Set<String> = [
        "директору", "генеральному", "исполнительному", "начальнику", "руководителю", "главному", "председателю",
        "генеральным", "директором", "руководителем", "утверждено", "утвержден", "согласовано", "заведующему",
        "заведующей", "ректору", "акиму", "президенту", "управляющему", "первому", "министру",
    ]

    private static func isAddressed(_ segment: Int, _ mention: NameMention, _ flow: TextFlow) -> Bool {
        guard mention.reading.grammaticalCase != .nominative || mention.form == .initials else { return false }
        var current = flow.segments[segment].above
        var lines = 0
        while let above = current, lines < 3 {
            let first = flow.segments[above].range.lowerBound
            if addressed.contains(flow.tokens[first].folded) { return true }
            lines += 1
            current = flow.segments[above].above
        }
        return false
    }

    /// A name in the dative on a line of its own in the upper part of the page: whom a letter is written to.
    private static func isRecipient(_ segment: Int, _ mention: NameMention, _ flow: TextFlow) -> Bool {
        guard mention.reading.grammaticalCase == .dative, mention.form > .initials, flow.isAlone(mention) else {
            return false
        }
        let own = flow.segments[segment]
        let onPage = flow.segments.filter { $0.page == own.page }
        return onPage.count { $0.box.y < own.box.y } * 3 <= onPage.count
    }

    /// The line begins with «от» and ends with the name, four words between at most; no date, no number.
    private static func isSender(_ segment: Int, _ mention: NameMention, _ flow: TextFlow) -> Bool {
        let range = flow.segments[segment].range
        guard flow.tokens[range.lowerBound].folded == "от", mention.reading.grammaticalCase == .genitive,
            mention.first - range.lowerBound <= 5
        else { return false }
        return range.allSatisfy { flow.tokens[$0].kind != .number }
    }

    /// A year of birth within sixteen years of the document's latest year.
    private static func hasChildsBirthDate(_ tokens: [Int], _ flow: TextFlow) -> Bool {
        let near = tokens.prefix(12).filter { flow.tokens[$0].kind == .number }
        guard let position = near.first(where: { year(flow.tokens[$0]) != nil }), let born = year(flow.tokens[position])
        else { return false }
        let index = tokens.firstIndex(of: position) ?? 0
        let isBirth =
            tokens[index...].prefix(5).contains {
                ["г", "года", "рождения", "рожд", "жылы", "туган", "ж"].contains(flow.tokens[$0].folded)
            }
            && tokens.prefix(index + 6).contains {
                ["р", "рождения", "рожд", "туган"].contains(flow.tokens[$0].folded)
            }
        // The paper's own date, or any other, must stand somewhere to count the age from.
        let years = flow.tokens.compactMap { $0.kind == .number ? year($0) : nil }
        guard years.count >= 2, let latest = years.max() else { return false }
        return isBirth && latest - born < 16
    }

    /// Day, month and a year at least eighteen before the document's latest, right after the name.
    private static func hasAdultsBirthDate(_ tokens: [Int], _ flow: TextFlow) -> Bool {
        let near = tokens.prefix(6)
        let numbers = near.filter { flow.tokens[$0].kind == .number }
        guard near.prefix(5).allSatisfy({ flow.tokens[$0].kind != .word }), numbers.count >= 3,
            let born = year(flow.tokens[numbers[2]])
        else { return false }
        let latest = flow.tokens.compactMap { $0.kind == .number ? year($0) : nil }.max() ?? born
        return latest - born >= 18
    }

    /// A few words up to the next name, the last of which is «баласы» or its like.
    private static func precedesChild(_ after: [Int], _ mentions: MentionIndex, _ flow: TextFlow) -> Bool {
        guard (1...4).contains(after.count), let last = after.last, let next = flow.next(last), mentions.holds(next)
        else { return false }
        return matches(in: after, of: flow, cue: flow.cueBefore).last.map { $0.cue == .child && $0.last == last }
            ?? false
    }

    private static func year(_ token: NameToken) -> Int? {
        guard token.text.count == 4, let year = Int(token.text), (1900...2100).contains(year) else { return nil }
        return year
    }
}
