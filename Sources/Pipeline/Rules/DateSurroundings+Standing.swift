/// How a date stands on its line, when it is no part of a sentence.
extension DateSurroundings {
    /// How a date's line stands, when the date is no part of a sentence.
    func standing(of index: Int) -> DateStanding {
        let line = page.lines[mentions[index].line]
        let isSpokenFor = cues.contains { cue in
            let role = cue.row.role(in: kinds)
            return role != .issued && role != .formed && line.tokens.contains(cue.match.first)
                && cue.row.strength > 6.5 && distance(of: cue.row, at: cue.match, to: index) != nil
        }
        if !isSpokenFor, isBehindSender(index) {
            return titles.min().map { mentions[index].line < $0 } ?? false ? .letterhead : .signature
        }
        if isSpokenFor || !isBare(index) { return .inText }
        let isOnly = !mentions.indices.contains {
            $0 != index && mentions[$0].line == mentions[index].line && mentions[$0].date != mentions[index].date
        }
        guard isOnly else { return .inText }
        let beside = line.tokens.filter { isBeside($0, index) && page.tokens[$0].folded.hasLetter && !isNeutral($0) }
        // The title goes on in the cell to the left.
        if titles.contains(mentions[index].line) || beside.isEmpty || isTownLine(index, words: beside) {
            return .alone
        }
        if beside.contains(where: signers.contains) { return .signature }
        // A town whose mark the engine misread.
        let telling = beside.filter { page.tokens[$0].folded.count > 2 }
        let fromTitle = titles.map { abs($0 - mentions[index].line) }.min() ?? 0
        if telling.count <= 1, fromTitle <= 3, beside.allSatisfy({ page.tokens[$0].mark != ":" }) { return .alone }
        // Two columns over the title: the sender's address beside the number and the date.
        if let title = titles.min(), mentions[index].line < title { return .letterhead }
        if page.tokens[beside[0]].mark == ":" { return .inText }
        let isLast = beside.allSatisfy { $0 < spans[index].lowerBound }
        if isLast, mentions[index].line * 2 > page.lines.count, beside.contains(where: isInitial) { return .signature }
        return beside.contains { $0 < spans[index].lowerBound } ? .inText : .signature
    }

    /// One capital with its dot beside a surname: who signs there.
    private func isInitial(_ token: Int) -> Bool {
        let word = page.tokens[token]
        return word.text.count == 1 && word.isCapitalised && word.folded.hasLetter && word.mark == "."
    }

    /// In another cell of the date's line.
    func isBeside(_ token: Int, _ index: Int) -> Bool {
        // A date that runs on into the next line ends in a stretch that may be counted before the one where it starts.
        guard mentions[index].line == mentions[index].lastLine else { return false }
        let ends = (page.tokens[spans[index].lowerBound].stretch, page.tokens[spans[index].upperBound].stretch)
        let own = min(ends.0, ends.1)...max(ends.0, ends.1)
        return !own.contains(page.tokens[token].stretch) && !spans[index].contains(token)
    }

    /// «ТОО «Рассвет» № 377-п от 02.11.2026» over the title: the paper's own number and date behind who sends it.
    func isOutgoing(_ index: Int) -> Bool {
        let number = mentions[index].line
        guard let title = titles.min(), number < title else { return false }
        let line = page.lines[number]
        let head = line.tokens.prefix { $0 < spans[index].lowerBound }
        // The number: what stands after the sign, «от» apart.
        let words = raw[line.source].words
        guard let sign = words.firstIndex(where: { $0.text.hasPrefix("№") }), sign < mentions[index].word, sign > 0,
            words[sign..<mentions[index].word].count <= 4,
            let last = words[sign - 1].text.last,
            "»\"”“".contains(last) || words[sign - 1].text.first?.isUppercase ?? false
        else { return false }
        let isSender = words[..<sign].contains { word in
            word.text.contains { "«\"“".contains($0) } || DateSurroundings.senders.contains(FoldedWord(word.text))
        }
        // «Приложение к приказу № 5 от …», «Лицензия № 5 от …» name other papers.
        return isSender && !cues.contains { cue in
            head.contains(cue.match.first) && [.reference, .examination].contains(cue.row.role(in: kinds))
        }
    }

    /// «КГП на ПХВ «Городская больница № 2», 06.11.2026 г.» on a line of its own: who issues the paper, and when.
    private func isBehindSender(_ index: Int) -> Bool {
        let line = page.lines[mentions[index].line]
        let words = raw[line.source].words
        let head = words[..<min(mentions[index].word, words.count)]
        guard (2...12).contains(head.count), mentions[index].line == mentions[index].lastLine, let last = head.last,
            last.text.contains(where: { "»\"”“".contains($0) }),
            line.tokens.allSatisfy({ $0 <= spans[index].upperBound || isNeutral($0) || isBeside($0, index) })
        else { return false }
        let isNamed = head.contains { word in word.text.contains { "«\"“".contains($0) } }
        return isNamed && head.prefix(3).contains { DateSurroundings.senders.contains(FoldedWord($0.text)) }
    }

    /// The usual forms of organisations, as their names begin.
    private static let senders = Set(
        "тоо ао ип жшс ақ жк кгп гкп ркп ркг кгу ргу гу кмм рмм мкқк кмқк гккп кгкп нао оо филиал".split(separator: " ")
            .map { FoldedWord($0) })

    private func isTownLine(_ index: Int, words: [Int]) -> Bool {
        words.count <= 3 && words.allSatisfy { page.tokens[$0].isCapitalised }
            && page.lines[mentions[index].line]
                .tokens.contains { isBeside($0, index) && DateSurroundings.townMarks.contains(page.tokens[$0].folded) }
    }

    /// How many words of letters stand beside the date on its line; many when the line says what the date is of.
    func wordsBeside(_ index: Int) -> Int {
        let line = page.lines[mentions[index].line]
        return line.tokens.count { token in
            page.tokens[token].folded.hasLetter && !isNeutral(token) && !spans[index].contains(token)
        }
    }

    /// Beside the date there are only numbers, a town, and words that name the paper or the date; other cells of its
    /// line do not count.
    func isBare(_ index: Int) -> Bool {
        let line = page.lines[mentions[index].line]
        let number = mentions[index].line
        let first = page.tokens[line.tokens.lowerBound].text.first
        if number > 0, !titles.contains(number - 1) {
            let above = page.lines[number - 1]
            if first?.isLowercase ?? false, isUnfinished(above) { return false }
            if endsWrapped(line, after: above) { return false }
        }
        // «ОАК 08.11.2026: Hb 121»: a log's entry.
        if page.tokens[spans[index].upperBound].mark == ":" { return false }
        let own = mentions.indices.filter { mentions[$0].line == mentions[index].line }.map { spans[$0] }
        let cell = line.tokens.filter { !isBeside($0, index) }
        let words = cell.filter { token in
            page.tokens[token].folded.hasLetter && !isNeutral(token) && !own.contains { $0.contains(token) }
        }
        guard words.allSatisfy({ page.tokens[$0].isCapitalised || page.tokens[$0].folded.count <= 2 }) else {
            return false
        }
        let isTown = cell.contains { token in
            DateSurroundings.townMarks.contains(page.tokens[token].folded)
                && !own.contains { $0.upperBound + 1 == token }
        }
        // Single small letters are town marks that the engine misread, and specks; capitals are initials.
        let telling = words.count { page.tokens[$0].folded.count > 1 || page.tokens[$0].isCapitalised }
        return telling <= (isTown ? 3 : 1)
    }

    /// The rest of a sentence that wrapped: «(17.10.2026).», «09.11.2026.»
    private func endsWrapped(_ line: ReadingLine, after last: ReadingLine) -> Bool {
        // «… (заключение», «ВКК от 21.10.2026 № 41).»
        if line.text.contains(")"), !line.text.contains("("), last.text.contains("(") { return true }
        guard isUnfinished(last), line.stretches == 1, last.stretches == 1 else { return false }
        return line.text.hasPrefix("(") || line.text.hasSuffix(".") && line.text.dropLast().last?.isNumber ?? false
    }

    /// Running text that goes on in the next line.
    func isUnfinished(_ line: ReadingLine) -> Bool {
        line.isFull && line.upperShare < 0.6 && !line.text.hasSuffix(".")
    }

    static let townMarks =
        "г гор город қ қаласы а ауылы с п пос село".split(separator: " ").map { FoldedWord($0) }

    func isNeutral(_ token: Int) -> Bool {
        !page.tokens[token].folded.hasLetter || neutral.contains(token)
    }

    /// Whether a number stands on the date's line beside it.
    func isNumbered(_ index: Int) -> Bool {
        let text = page.lines[mentions[index].line].text
        return text.contains("№") || text.contains("N ") || text.contains("Nº") || text.contains("No")
            || page.lines[mentions[index].line].tokens.contains {
                !isInDate($0) && page.tokens[$0].text.contains(where: \.isNumber)
            }
    }
}
