/// What the words and cells around a page's dates say of them.
struct DateSurroundings {
    let page: PageReading
    let mentions: [DateMention]
    /// For each date its tokens.
    let spans: [ClosedRange<Int>]
    let cues: [(row: DateCues.Row, match: PhraseMatcher.Match)]
    let neutral: [FoldedWord]

    /// The role that the strongest cue gives; nil without any.
    func role(of index: Int) -> DateRole? {
        switch mentions[index].ending {
        case .of: return .reference
        case .from: return .periodStart
        case .until: return .periodEnd
        case .none, .at: break
        }
        var best: (role: DateRole, strength: Double)?
        for cue in cues {
            guard let distance = distance(of: cue.row, at: cue.match, to: index) else { continue }
            // A longer label says more than its first word: «дата выдачи» over «дата».
            let strength = cue.row.strength - distance * 0.9 - Double(cue.match.cost) * 0.4
                + Double(cue.match.tokens.count - 1) * 0.6
            if strength > best?.strength ?? 0 { best = (cue.row.role, strength) }
        }
        // «по 20.03.2026», the end of a pair whose start is known.
        if best == nil, index > 0, isJoined(index - 1, index), mentions[index - 1].lastLine == mentions[index].line {
            return .periodEnd
        }
        if isJoined(index, index + 1), best.map({ $0.role != .reference && $0.role != .birth }) ?? true {
            return .periodStart
        }
        return best?.role
    }

    /// How many words lie between a cue and a date, nil when the cue is not for that date.
    private func distance(of cue: DateCues.Row, at match: PhraseMatcher.Match, to index: Int) -> Double? {
        let role = cue.role
        let span = spans[index]
        switch cue.side {
        case .before(let reach):
            if match.last < span.lowerBound, !isApart(index, from: match, role: role),
                let between = flat(match.last, span.lowerBound, reach: reach)
            {
                return isInLabel(match.last, before: span.lowerBound) ? -2 : between
            }
            // What an other paper is called heads no single value: a title above the issue line does that.
            let isLabel = role != .reference && role != .event
            guard isLabel || page.lines[page.tokens[match.last].line].stretches > 1 else { return nil }
            return isHeader(match, of: index) ? 1 : nil
        case .after(let reach):
            guard match.first > span.upperBound, !isApart(index, from: match, role: role),
                page.tokens[match.first].line == page.tokens[match.last].line || runsOn(page.tokens[match.first].line)
            else { return nil }
            return flat(span.upperBound, match.first, reach: reach)
        }
    }

    /// Whether a word is part of the label whose colon stands right before the date.
    private func isInLabel(_ token: Int, before date: Int) -> Bool {
        page.tokens[date - 1].mark == ":" && page.tokens[token].line == page.tokens[date].line
            && !(token..<(date - 1)).contains { page.tokens[$0].mark == ":" || page.tokens[$0].mark == ";" }
    }

    /// Whether the words around a date on other lines are none of its business: it stands on a line of its own. What
    /// running text ends with above it still reaches it: a preposition («с 02.05.2022 по / 06.11.2026»), or a label
    /// («… Дата оформления листа / «30» октября 2026 г.»).
    private func isApart(_ index: Int, from match: PhraseMatcher.Match, role: DateRole) -> Bool {
        let number = page.tokens[match.last].line
        guard isBare(index), number != mentions[index].line else { return false }
        let line = page.lines[number]
        guard number < mentions[index].line, let last = line.tokens.last else { return true }
        let tail = page.tokens[last]
        if tail.folded.count <= 2, tail.folded.hasLetter, tail.text.first?.isLowercase ?? false { return false }
        let isLabel = role == .issued || role == .formed || role == .discharge
        return !(isLabel && isUnfinished(line) && line.heightRatio < 1.1 && last - match.last <= 1)
    }

    /// Words between two tokens in reading order, if they are on one line or run over its end, with no other date and
    /// no sentence's end between. Numbers (of contracts, of orders) count a third: they belong to what they number.
    private func flat(_ from: Int, _ to: Int, reach: Int) -> Double? {
        let between = (from + 1)..<to
        guard between.count <= reach + 6 else { return nil }
        let step = page.tokens[to].line - page.tokens[from].line
        guard (0...1).contains(step) else { return nil }
        if step == 1, !runsOn(page.tokens[from].line) { return nil }
        // A label's date is the next one; the second date of a pair has its own preposition.
        if spans.contains(where: { $0.lowerBound > from && $0.upperBound < to }) { return nil }
        var distance = 0.0
        for token in between {
            let word = page.tokens[token]
            if endsSentence(token - 1) { return nil }
            distance += word.folded.isNumber || word.folded.count <= 2 ? 0.34 : 1
        }
        if endsSentence(to - 1), to - 1 > from { return nil }
        return distance <= Double(reach) ? distance : nil
    }

    /// A full stop after a real word, with a capital after it; «г.», «№ 4.» and initials do not end a sentence.
    private func endsSentence(_ token: Int) -> Bool {
        guard page.tokens.indices.contains(token + 1), page.tokens.indices.contains(token) else { return false }
        let word = page.tokens[token]
        if word.mark == ";" { return true }
        let next = page.tokens[token + 1]
        return word.mark == "." && word.folded.hasLetter && word.folded.count > 3
            && (next.isCapitalised || next.folded.isNumber)
    }

    /// Whether a sentence runs over the end of a line: the line is full, or the next one begins in small letters.
    private func runsOn(_ line: Int) -> Bool {
        let text = page.lines[line].text
        guard page.lines.indices.contains(line + 1), page.lines[line + 1].stepAbove < 2 else { return false }
        let next = page.tokens[page.lines[line + 1].tokens.lowerBound].text
        // Cells are no running text; specks right of it are no cells.
        let beyond = page.lines[line + 1].tokens.filter { page.tokens[$0].stretch > 0 }
        guard page.lines[line].stretches == 1, beyond.allSatisfy({ page.tokens[$0].folded.count <= 2 }) else {
            return false
        }
        guard page.lines[line].isFull || next.first?.isLowercase ?? false else { return false }
        return !text.hasSuffix(".") || text.hasSuffix("г.") || text.hasSuffix("№.")
    }

    /// A label in the cell above: the nearest line above with words over the date, and nothing else between.
    private func isHeader(_ match: PhraseMatcher.Match, of index: Int) -> Bool {
        // Only labels head a column; prepositions there belong to a sentence.
        guard isTabled(index), match.tokens.allSatisfy({ page.tokens[$0].folded.count > 2 }) else { return false }
        let line = mentions[index].line
        let cue = page.tokens[match.last]
        guard (1...3).contains(line - cue.line), let header = headerLine(of: index),
            !mentions.contains(where: { $0.line == cue.line })
        else { return false }
        // A header may take two lines, the label's words all stand over the date.
        let isRunning = page.lines[cue.line].isFull && page.lines[cue.line].stretches == 1
        guard cue.line == header || cue.line == header - 1, !isRunning else { return false }
        let cell = page.lines[cue.line].tokens.filter { page.tokens[$0].stretch == cue.stretch }
        let date = dateBox(index)
        return [cell, match.tokens].contains { words in
            guard let label = union(words) else { return false }
            let isFlush = abs(label.x - date.x) < 1.5 * date.height
            let isCentredOver = abs(label.x + label.width / 2 - date.x - date.width / 2) < 2 * date.height
            return isFlush || isCentredOver
        }
    }

    private func union(_ tokens: [Int]) -> Box? {
        let boxes = tokens.map { page.tokens[$0].box }
        return boxes.dropFirst().reduce(boxes.first) { $0?.union($1) }
    }

    /// The date is alone in its cell, beside other cells or below a header.
    func isTabled(_ index: Int) -> Bool {
        let span = spans[index]
        let line = page.lines[mentions[index].line]
        let stretch = page.tokens[span.lowerBound].stretch
        let others = line.tokens.filter { page.tokens[$0].stretch == stretch && !span.contains($0) }
        return others.allSatisfy { isNeutral($0) } && headerLine(of: index) != nil
    }

    private func headerLine(of index: Int) -> Int? {
        let line = mentions[index].line
        let box = dateBox(index)
        for above in stride(from: line - 1, through: max(0, line - 3), by: -1) {
            let over = page.lines[above].tokens.filter { overlaps(page.tokens[$0].box, box) }
            if over.isEmpty { continue }
            return over.contains { page.tokens[$0].folded.hasLetter } ? above : nil
        }
        return nil
    }

    private func dateBox(_ index: Int) -> Box {
        let boxes = spans[index].map { page.tokens[$0] }.filter { $0.line == mentions[index].line }.map(\.box)
        return boxes.dropFirst().reduce(boxes.first ?? page.lines[mentions[index].line].box) { $0.union($1) }
    }

    private func overlaps(_ a: Box, _ b: Box) -> Bool {
        a.x < b.x + b.width && b.x < a.x + a.width
    }

    /// Nothing else on its line but numbers, a town and what names the paper.
    func isAlone(_ index: Int) -> Bool {
        let line = page.lines[mentions[index].line]
        let isSpokenFor = cues.contains { cue in
            cue.row.role != .issued && cue.row.role != .formed && line.tokens.contains(cue.match.first)
                && cue.row.strength > 6.5 && distance(of: cue.row, at: cue.match, to: index) != nil
        }
        if isSpokenFor { return false }
        return isBare(index) && !mentions.indices.contains {
            $0 != index && mentions[$0].line == mentions[index].line && mentions[$0].date != mentions[index].date
        }
    }

    /// How many words of letters stand beside the date on its line; many when the line says what the date is of.
    func wordsBeside(_ index: Int) -> Int {
        let line = page.lines[mentions[index].line]
        return line.tokens.count { token in
            page.tokens[token].folded.hasLetter && !isNeutral(token) && !spans[index].contains(token)
        }
    }

    /// Beside the date there are only numbers, a town, and words that name the paper or the date.
    private func isBare(_ index: Int) -> Bool {
        let line = page.lines[mentions[index].line]
        let number = mentions[index].line
        let first = page.tokens[line.tokens.lowerBound].text.first
        if number > 0, first?.isLowercase ?? false, isUnfinished(page.lines[number - 1]) { return false }
        let own = mentions.indices.filter { mentions[$0].line == mentions[index].line }.map { spans[$0] }
        let words = line.tokens.filter { token in
            page.tokens[token].folded.hasLetter && !isNeutral(token) && !own.contains { $0.contains(token) }
        }
        guard words.allSatisfy({ page.tokens[$0].isCapitalised || page.tokens[$0].folded.count <= 2 }) else {
            return false
        }
        let isTown = line.tokens.contains { token in
            DateSurroundings.townMarks.contains(page.tokens[token].folded)
                && !own.contains { $0.upperBound + 1 == token }
        }
        // Single small letters are town marks that the engine misread, and specks; capitals are initials.
        let telling = words.count { page.tokens[$0].folded.count > 1 || page.tokens[$0].isCapitalised }
        return telling <= (isTown ? 3 : 1)
    }

    /// Running text that goes on in the next line.
    private func isUnfinished(_ line: ReadingLine) -> Bool {
        line.isFull && line.upperShare < 0.6 && !line.text.hasSuffix(".")
    }

    private static let townMarks =
        "г гор город қ қаласы а ауылы с п пос село".split(separator: " ").map { FoldedWord($0) }

    private func isNeutral(_ token: Int) -> Bool {
        let word = page.tokens[token].folded
        return !word.hasLetter || neutral.contains { WordLikeness.cost(of: word, as: $0, isPrefix: false) != nil }
    }

    /// Whether a number stands on the date's line beside it.
    func isNumbered(_ index: Int) -> Bool {
        let text = page.lines[mentions[index].line].text
        return text.contains("№") || text.contains("N ") || text.contains("Nº") || text.contains("No")
            || page.lines[mentions[index].line].tokens.contains {
                !spans[index].contains($0) && page.tokens[$0].text.contains(where: \.isNumber)
            }
    }

    /// «с … по …», «… бастап … дейін», «… – …»: two dates with at most two words between.
    func isPaired(_ index: Int) -> Bool {
        isJoined(index, index + 1) || isJoined(index - 1, index)
    }

    private func isJoined(_ first: Int, _ second: Int) -> Bool {
        guard mentions.indices.contains(first), mentions.indices.contains(second),
            mentions[second].line - mentions[first].lastLine <= 1
        else { return false }
        let between = (spans[first].upperBound + 1)..<max(spans[second].lowerBound, spans[first].upperBound + 1)
        guard between.count <= 3, mentions[first].date != mentions[second].date else { return false }
        if between.isEmpty {
            // «12.03.2026 – 20.03.2026» in one stretch; two cells of a table are none.
            let text = page.lines[mentions[first].line].text
            return text.contains("-") || text.contains("–") || text.contains("—")
        }
        return between.contains { token in
            DateSurroundings.joints.contains {
                WordLikeness.cost(of: page.tokens[token].folded, as: $0, isPrefix: false) != nil
            }
        }
    }

    private static let joints = ["по", "до", "бастап", "дейін"].map { FoldedWord($0) }
}
