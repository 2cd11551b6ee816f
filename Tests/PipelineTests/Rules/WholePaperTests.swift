import Testing

@testable import Pipeline

/// Whole papers in the wording of clinics, employers and state bodies, with the type and the date that a clerk reads
/// off them. None of them is a sample that the rules were made from.
struct WholePaperTests {
    static let rules = DocumentRules(person: { _, _ in nil }, match: { _, _ in (true, "") })
    static let today = CalendarDate(iso: "2026-11-23") ?? CalendarDate(daysSinceEpoch: 0)

    @Test(arguments: papers())
    func readsTypeAndDate(_ paper: Paper) {
        let text = PrintedPage.document(paper.text)
        let found = WholePaperTests.rules.classify(text)
        let extraction = WholePaperTests.rules.extract(text, found, today: WholePaperTests.today)
        #expect(extraction.docType?.value.key ?? "-" == paper.type, "\(paper.reason)")
        #expect(extraction.docDate?.value.description ?? "-" == paper.date, "\(paper.reason)")
        #expect(extraction.singleDocType.value, "\(paper.reason)")
    }

    struct Paper: Sendable, CustomTestStringConvertible {
        var type: String
        var date: String
        var reason: String
        var text: String
        var testDescription: String { reason }
    }

    /// Papers part at lines of `### type | date | reason`.
    static func papers() -> [Paper] {
        var found: [Paper] = []
        for line in PaperTexts.all.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("### ") {
                let cells = line.dropFirst(4).split(separator: "|").map { $0.trimmingSpaces() }
                found.append(Paper(type: cells[0], date: cells[1], reason: cells[2], text: ""))
            } else if !found.isEmpty {
                found[found.count - 1].text += line + "\n"
            }
        }
        return found
    }
}
