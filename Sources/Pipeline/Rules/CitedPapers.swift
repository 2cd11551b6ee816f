/// Tells where a page speaks of other papers instead of being one: a list of documents, or a paper named on the way
/// («открыт листок нетрудоспособности», «направляем справку об инвалидности»).
struct CitedPapers {
    /// The lines of a list whose entries are papers: «1. Больничный лист», «- справка об инвалидности».
    let listed: Set<Int>
    private let page: PageReading
    /// The nouns of known kinds of paper on the page, by token.
    private let nouns: [Int: PaperKind]

    init(page: PageReading, matcher: PhraseMatcher, rules: TypeRules) {
        self.page = page
        var nouns: [Int: PaperKind] = [:]
        for (kind, phrase) in rules.kinds where kind != .other {
            for match in matcher.matches(of: phrase) { nouns[match.first] = kind }
        }
        self.nouns = nouns
        listed = CitedPapers.list(of: page, nouns: nouns)
    }

    /// Whether a wording names another paper: its noun stands beside it in small letters, with no «настоящий» before.
    ///
    /// An order is left out: a certificate says by it what happened («согласно приказу о расторжении …»).
    func names(_ match: PhraseMatcher.Match) -> Bool {
        let first = match.first
        let last = max(match.first, match.last)
        if (first...last).contains(where: isCited) { return true }
        for index in (max(0, first - 6)..<first).reversed() {
            if isCited(index) { return first - index <= 2 || opensSubject(index + 1) }
            if CitedPapers.endsClause(page.tokens[index].mark) { break }
        }
        for index in last + 1..<max(last + 1, min(last + 5, page.tokens.count)) {
            if isCited(index) { return index - last <= 2 || isAbout(index - 1) }
            if CitedPapers.endsClause(page.tokens[index - 1].mark) { break }
        }
        return false
    }

    private func isCited(_ index: Int) -> Bool {
        guard let kind = nouns[index], kind != .order, page.tokens[index].text.first?.isLowercase ?? false else {
            return false
        }
        return !page.tokens[max(0, index - 2)..<index].contains { word in
            let text = word.text.lowercased()
            return CitedPapers.own.contains { text.hasPrefix($0) }
        }
    }

    private func opensSubject(_ index: Int) -> Bool { ["о", "об", "из", "на"].contains(word(index)) }

    private func isAbout(_ index: Int) -> Bool { ["туралы", "жөнінде", "бойынша"].contains(word(index)) }

    private func word(_ index: Int) -> String {
        page.tokens.indices.contains(index) ? page.tokens[index].text.lowercased() : ""
    }

    private static func endsClause(_ mark: Character?) -> Bool { mark.map { ".;,:".contains($0) } ?? false }

    /// How a paper begins to speak of itself.
    private static let own = ["настоящ", "осы", "данн", "бұл"]

    private static func list(of page: PageReading, nouns: [Int: PaperKind]) -> Set<Int> {
        let entries = page.lines.indices.filter { index in
            let line = page.lines[index]
            guard isEntry(line.text) else { return false }
            let words = line.tokens.filter { page.tokens[$0].folded.hasLetter && page.tokens[$0].folded.count > 1 }
            return words.prefix(2).contains { nouns[$0] != nil } || words.suffix(1).contains { nouns[$0] != nil }
        }
        guard entries.count >= 2 else { return [] }
        var listed = Set(entries)
        for entry in entries where page.lines.indices.contains(entry + 1) {
            let next = page.lines[entry + 1].text
            if next.first?.isLowercase ?? false { listed.insert(entry + 1) }
        }
        return listed
    }

    /// Begins with a dash, a bullet, or a number or letter with a point or a bracket.
    private static func isEntry(_ text: String) -> Bool {
        let head = text.drop { $0.isWhitespace }
        guard let first = head.first else { return false }
        if "-–—•·*▪●".contains(first) { return true }
        let number = head.prefix { $0.isNumber }
        let rest = number.isEmpty ? head.dropFirst(first.isLetter ? 1 : 0) : head.dropFirst(number.count)
        guard number.count <= 2, rest.count < head.count, let mark = rest.first else { return false }
        // The first column of a table.
        if !number.isEmpty, mark.isWhitespace { return true }
        return mark == ")" || (mark == "." && !(rest.dropFirst().first?.isNumber ?? false))
    }
}
