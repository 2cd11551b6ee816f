import Testing

@testable import Pipeline

/// The issue date on papers whose words nobody listed: the papers of `PlainPapers`, read with half of the cues gone.
struct UnlistedDateWordTests {
    /// Where a date stands must make up for most of the words that are missing.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func readsMostDatesWithHalfOfTheCues(seed: UInt64) {
        let cues = UnlistedDateWordTests.cues(seed: seed)
        #expect(cues.count < DateCues.rows.count * 2 / 3)
        var rules = WholePaperTests.rules
        rules.dates.reader = DateReader(cues: cues)
        let papers = PlainPapers.all.filter { $0.dates != ["any"] }
        let wrong = papers.filter { paper in
            let text = PlainPapers.document(paper.text)
            let found = rules.extract(text, rules.classify(text), today: WholePaperTests.today)
            return !paper.dates.contains(found.docDate?.value.description ?? "-")
        }
        let share = 1 - Double(wrong.count) / Double(papers.count)
        #expect(share >= 0.9, "seed \(seed), \(share): \(wrong.map(\.reason))")
    }

    /// Prepositions are grammar: no paper does without them.
    private static let grammar: Set<String> = ["=с", "=со", "=по", "=до", "=дейін", "бастап", "дейін", "шейін"]

    /// The cues without about half of the words that tell a role; all cues of a word go together.
    private static func cues(seed: UInt64) -> [DateCues.Row] {
        DateCues.rows.filter { row in
            if grammar.contains(row.notation) { return true }
            var hash = 14_695_981_039_346_656_037 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
            for byte in word(of: row.notation).utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
            hash ^= hash >> 33
            hash = hash &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 33
            return hash % 2 == 0
        }
    }

    /// The stem that tells: «выда» of «дата_выдач*».
    private static func word(of notation: String) -> String {
        let words = notation.split { " _|".contains($0) }.map { $0.filter(\.isLetter) }
        let told = words.first { !["дата", "күні", "күн", "день", "от"].contains($0) } ?? words[0]
        return String(told.prefix(4))
    }
}
