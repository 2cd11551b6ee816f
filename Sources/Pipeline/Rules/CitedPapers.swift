/// Tells where a page speaks of other papers instead of being one: a list of documents, or a paper named on the way
/// («открыт листок нетрудоспособности», «направляем справку об инвалидности»).
struct CitedPapers {
    /// The lines of a list whose entries are papers: «1. Больничный лист», «- справка об инвалидности».
    let listed: Set<Int>
    private let page: PageReading
    /// The nouns of known kinds of paper on the page, by token.
    private let nouns: [Int: PaperKind]

    init(page: PageReading) {
        self.page = page
        var nouns: [Int: PaperKind] = [:]
        for (index, token) in page.tokens.enumerated() where token.folded.count > 3 {
            if let kind = CitedPapers.kind(of: token.text.lowercased()) { nouns[index] = kind }
        }
        self.nouns = nouns
        listed = CitedPapers.list(of: page, nouns: nouns)
    }

    /// The kind of paper that a word means, in any case form.
    private static func kind(of word: String) -> PaperKind? {
        guard let initial = word.unicodeScalars.first, initials.contains(initial),
            let found = stems.first(where: { word.hasPrefix($0.stem) })?.kind
        else { return nil }
        return word.hasPrefix("приказыв") || word.hasPrefix("приказат") ? nil : found
    }

    private static let initials = Set("прбсалзвэүуихқ".unicodeScalars)

    private static let stems: [(stem: String, kind: PaperKind)] = [
        ("приказ", .order), ("распоряжени", .order), ("бұйрық", .order), ("бұйрығ", .order), ("справк", .certificate),
        ("анықтама", .certificate), ("лист", .sheet), ("парағ", .sheet), ("парақ", .sheet), ("больничн", .sheet),
        ("заключени", .conclusion), ("қорытынды", .conclusion), ("выписк", .excerpt), ("эпикриз", .excerpt),
        ("үзінді", .excerpt), ("уведомлени", .notice), ("извещени", .notice), ("хабарлама", .notice),
    ]

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
        if isCircumstance(match) { return true }
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

    /// «на период отпуска …»: when something else holds.
    private func isCircumstance(_ match: PhraseMatcher.Match) -> Bool {
        word(match.first).hasPrefix("отпуск") && ["период", "время", "периода"].contains(word(match.first - 1))
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
        let offers = page.lines.indices.filter { offersChoice($0, of: page, nouns: nouns) }
        var listed = Set(entries.count >= 2 ? entries + offers : offers)
        for entry in listed where page.lines.indices.contains(entry + 1) {
            let next = page.lines[entry + 1].text
            if next.first?.isLowercase ?? false { listed.insert(entry + 1) }
        }
        return listed
    }

    /// Names several kinds of paper one after another: «больничный лист, справку … либо выписку …».
    private static func offersChoice(_ index: Int, of page: PageReading, nouns: [Int: PaperKind]) -> Bool {
        let line = page.lines[index]
        let kinds = Set(line.tokens.compactMap { nouns[$0] })
        guard kinds.count >= 2, line.upperShare < 0.6 else { return false }
        let joins = line.tokens.contains { ["или", "либо", "немесе"].contains(page.tokens[$0].text.lowercased()) }
        return joins || kinds.count >= 4
    }

    /// Begins with a dash, a bullet, or a number or letter with a point or a bracket.
    private static func isEntry(_ text: String) -> Bool {
        let head = text.drop { $0.isWhitespace }
        guard let first = head.first else { return false }
        if "-–—•·*▪●☐☑□■◦✓".contains(first) { return true }
        let number = head.prefix { $0.isNumber }
        let rest = number.isEmpty ? head.dropFirst(first.isLetter ? 1 : 0) : head.dropFirst(number.count)
        guard number.count <= 2, rest.count < head.count, let mark = rest.first else { return false }
        // The first column of a table.
        if !number.isEmpty, mark.isWhitespace { return true }
        return mark == ")" || (mark == "." && !(rest.dropFirst().first?.isNumber ?? false))
    }
}
