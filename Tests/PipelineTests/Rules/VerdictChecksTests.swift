import Testing

@testable import Pipeline

struct VerdictChecksTests {
    private let today = CalendarDate(iso: "2026-11-23") ?? CalendarDate(daysSinceEpoch: 0)
    private let checks = VerdictChecks { submitted, found in
        (submitted == found.value.full, submitted == found.value.full ? "The names are the same." : "The names differ.")
    }

    private func extraction(
        days: Int? = 40, date: String? = "2026-11-01", name: String? = "Сапаров", single: Bool = true
    ) -> Extraction {
        Extraction(
            docType: days.map {
                Finding(
                    value: DocumentType(key: "x", name: "Справка", days: $0), confidence: 1, page: 1,
                    words: "СПРАВКА", source: "title")
            },
            singleDocType: Finding(value: single, confidence: 1, words: "A | B", source: "titles"),
            fio: name.map {
                Finding(value: PersonName(surname: $0, given: "Ерік"), confidence: 1, words: $0, source: "label")
            },
            docDate: date.flatMap { CalendarDate(iso: $0) }.map {
                Finding(value: $0, confidence: 1, page: 1, words: "", source: "date")
            })
    }

    @Test
    func passesAGoodPaper() {
        let (checked, reasons) = checks.check(extraction(), fio: "Сапаров Ерік", today: today)
        #expect(checked.verdict)
        #expect(reasons.isEmpty)
    }

    @Test(arguments: [
        (40, "2026-10-14", true), (40, "2026-10-13", false), (360, "2025-11-28", true), (360, "2025-11-27", false),
    ])
    func holdsTheLastDayOfAWindowInsideIt(_ row: (days: Int, date: String, passes: Bool)) {
        let (checked, reasons) = checks.check(
            extraction(days: row.days, date: row.date), fio: "Сапаров Ерік", today: today)
        #expect(checked.docDateValid.passed == row.passes)
        #expect(reasons == (row.passes ? [] : [.docDateTooOld]))
        #expect(checked.docDateValid.why.contains("\(row.days) days"))
    }

    @Test
    func countsAnUnknownTypeAgainstFortyDays() {
        let (checked, reasons) = checks.check(
            extraction(days: nil, date: "2026-10-13"), fio: "Сапаров Ерік", today: today)
        #expect(reasons == [.docDateTooOld, .docTypeUnknown])
        #expect(checked.docDateValid.why.contains("41 days old"))
    }

    @Test
    func givesEveryReasonIndependentlyAndInOrder() {
        let (_, reasons) = checks.check(
            extraction(days: nil, date: "2026-01-01", name: "Другой", single: false), fio: "Сапаров Ерік", today: today)
        #expect(reasons == [.docDateTooOld, .multipleDocuments, .fioMismatch, .docTypeUnknown])
    }

    @Test
    func saysWhatAnEmptyDocumentLacks() {
        let (checked, reasons) = checks.check(
            extraction(days: nil, date: nil, name: nil), fio: "Сапаров Ерік", today: today)
        #expect(reasons == [.docTypeUnknown, .docDateMissing, .fioMissing])
        #expect(!checked.fioMatch.passed && !checked.docTypeKnown.passed && !checked.docDateValid.passed)
        #expect(checked.singleDocType.passed)
    }

    @Test
    func letsALeaveStartAhead() {
        let (checked, _) = checks.check(
            extraction(days: 365, date: "2026-12-01"), fio: "Сапаров Ерік", today: today)
        #expect(checked.docDateValid.passed)
        #expect(checked.docDateValid.why.contains("starts in 8 days"))
    }
}
