/// Lines of number and day, as an office writes them over its papers.
extension PageReading {
    /// Whether one of the lines right under the first is such a line.
    var hasIssueLineInHead: Bool { lines.indices.prefix(6).dropFirst().contains(where: isIssueLine) }

    /// Whether a line holds a year, and no more words than a number, a month and a town have.
    func isIssueLine(_ index: Int) -> Bool {
        let words = tokens[lines[index].tokens]
        let hasYear = words.contains { $0.text.count == 4 && ($0.text.hasPrefix("202") || $0.text.hasPrefix("203")) }
        return hasYear && words.count { $0.folded.hasLetter && $0.folded.count > 2 } <= 2
    }
}
