/// Dates in rows that stand under each other.
extension DateSurroundings {
    /// «Начало: 15.09.2026» over «Завершение: 15.11.2026»: the row under a period's first day, a label and a later day.
    func endsPeriod(_ index: Int) -> Bool {
        guard index > 0, mentions[index - 1].lastLine == mentions[index].line - 1,
            mentions[index - 1].date < mentions[index].date, isRow(index), isRow(index - 1)
        else { return false }
        return role(of: index - 1) == .periodStart
    }

    /// A label of three words at most and a day.
    private func isRow(_ index: Int) -> Bool {
        let line = page.lines[mentions[index].line].tokens
        let label = line.filter { $0 < spans[index].lowerBound && page.tokens[$0].folded.hasLetter }
        return (1...3).contains(label.count) && page.tokens[label[0]].isCapitalised
            && line.allSatisfy { $0 <= spans[index].upperBound || isNeutral($0) }
            && mentions.indices.allSatisfy { $0 == index || mentions[$0].line != mentions[index].line }
    }
}
