/// What a date's place says of it where no listed word does.
struct DateStructure: Sendable, Hashable {
    /// The value of a short label: «Нечто сделано: 12.03.2026», or alone in the cell beside one.
    var isLabelled = false
    /// A preposition or a case of the running text before it («с», «на», «к»): it tells of an event.
    var isLed = false
    /// In brackets.
    var isBracketed = false
    /// A time of day follows: a system's stamp.
    var hasTime = false
    /// Its line names what the paper itself is: «Справка … 12.03.2026» on a certificate.
    var namesPaper = false
    /// Under a bare «Дата» that heads its column of a table.
    var isInDateColumn = false
    /// A town stands beside it.
    var isTown = false
    /// On a line that goes on with the sentence of the line above.
    var isWrapped = false
    /// Words of its sentence on its line, however far.
    var sentence = 0
}

extension DateSurroundings {
    /// What the place of a date says without the vocabulary of cues.
    func structure(of index: Int) -> DateStructure {
        let span = spans[index]
        let line = page.lines[mentions[index].line]
        let own = line.tokens.filter { !isBeside($0, index) && !span.contains($0) }
        let before = own.filter { $0 < span.lowerBound }
        let letters = line.tokens.filter { page.tokens[$0].folded.hasLetter && !span.contains($0) && !isInDate($0) }
        var structure = DateStructure()
        structure.sentence = letters.count
        structure.isLabelled = isLabelled(index, before: before, line: line)
        structure.isTown = own.contains {
            DateSurroundings.townMarks.contains(page.tokens[$0].folded) && $0 < span.lowerBound
        }
        structure.isWrapped = page.tokens[line.tokens.lowerBound].text.first?.isLowercase ?? false
        if let last = before.last {
            let word = page.tokens[last]
            structure.isLed = word.mark == nil && DateSurroundings.leads.contains(word.folded)
        }
        let printed = raw[line.source].words
        if printed.indices.contains(mentions[index].word) {
            structure.isBracketed = printed[mentions[index].word].text.hasPrefix("(")
        }
        structure.isInDateColumn = isInDateColumn(index)
        structure.hasTime = hasTime(after: index, words: printed)
        // «приказ от 07.01.2026 считать утратившим силу» names another.
        let named = letters.filter { page.tokens[$0].isCapitalised }
        structure.namesPaper = named.contains { token in
            DateSurroundings.papers.contains { page.tokens[token].folded.codes.starts(with: $0.codes) }
        } || line.tokens.filter { page.tokens[$0].isCapitalised }.contains { token in
            titles.contains { title in
                let noun = page.tokens[page.lines[title].tokens.lowerBound].folded
                return noun.count >= 5 && page.tokens[token].folded.codes.starts(with: noun.codes.prefix(5))
            }
        } && !titles.contains(mentions[index].line)
        return structure
    }

    /// «Дата направления» on a paper of no known type that is titled «НАПРАВЛЕНИЕ»: the label names the paper itself.
    func isNamedAfterTitle(_ index: Int) -> Bool {
        guard kinds.isEmpty || kinds.contains(.other) else { return false }
        let first = page.tokens[spans[index].lowerBound]
        let label = page.lines[first.line].tokens.filter { $0 < spans[index].lowerBound }
        guard label.count <= 5, label.contains(where: isPlainLabel) else { return false }
        return titles.contains { line in
            let noun = page.tokens[page.lines[line].tokens.lowerBound].folded
            let stem = noun.codes.prefix(max(5, noun.count - 2))
            return noun.count >= 5 && label.contains { page.tokens[$0].folded.codes.starts(with: stem) }
        }
    }

    private func isLabelled(_ index: Int, before: [Int], line: ReadingLine) -> Bool {
        let span = spans[index]
        // Nothing but the year's mark, a number or a time after it.
        let after = line.tokens.filter { $0 > span.upperBound && !isBeside($0, index) }
        guard after.allSatisfy({ isNeutral($0) || isInDate($0) }) else { return false }
        let first = page.tokens[line.tokens.lowerBound]
        guard first.isCapitalised else { return false }
        let words = before.filter { page.tokens[$0].folded.hasLetter }
        if words.isEmpty {
            // In the cell beside the label.
            let stretch = page.tokens[span.lowerBound].stretch
            return stretch > 0 && line.tokens.contains {
                page.tokens[$0].stretch == stretch - 1 && page.tokens[$0].folded.hasLetter
            }
        }
        return words.count <= 9
    }

    /// «14:05» or «14 ч.» right after the date.
    private func hasTime(after index: Int, words: [Word]) -> Bool {
        let next = mentions[index].lastWord + 1
        return words[min(next, words.count)..<min(next + 3, words.count)].contains { word in
            let parts = word.text.split(separator: ":")
            return parts.count >= 2 && parts.prefix(2).allSatisfy { $0.filter(\.isNumber).count == 2 }
        }
    }

    private static let papers = ["документ", "құжат"].map { FoldedWord($0) }

    private static let leads = Set(
        "с со по до на к ко за в во из при между".split(separator: " ").map { FoldedWord($0) })
}
