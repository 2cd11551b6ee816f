import Testing

@testable import Pipeline

/// When a person should look at a run.
struct ReviewTests {
    private static func extraction(type: Double?, fio: Double?, date: Double?) -> Extraction {
        func finding<Value>(_ value: Value, _ confidence: Double) -> Finding<Value> {
            Finding(value: value, confidence: confidence, page: 1, words: "", source: "test")
        }
        return Extraction(
            docType: type.map { finding(DocumentType(key: "x", name: "X", days: 40), $0) },
            singleDocType: finding(true, 0.97),
            fio: fio.map { finding(PersonName(surname: "Ахметов", given: "Данияр"), $0) },
            docDate: date.map { finding(CalendarDate(daysSinceEpoch: 20_000), $0) })
    }

    @Test func theLeastSureFieldDecides() {
        let found = ReviewTests.extraction(type: 0.9, fio: 0.42, date: 0.8)
        let review = Review(of: found, below: 0.5)
        #expect(review.isNeeded)
        #expect(abs(review.confidence - 0.9 * 0.97 * 0.42 * 0.8) < 1e-9, "a positive verdict rests on all of them")
        #expect(review.why.contains("fio"))
        #expect(review.why.contains("42 %"))
        #expect(!Review(of: found, below: review.confidence).isNeeded, "at the threshold it is sure enough")
    }

    @Test func twoSoundReasonsNeedNoSecondLookForADoubtfulField() {
        let found = ReviewTests.extraction(type: nil, fio: 0.99, date: 0.5)
        let alone = Review(of: found, reasons: [.docDateTooOld], below: 0.8)
        let both = Review(of: found, reasons: [.docDateTooOld, .docTypeUnknown], below: 0.8)
        #expect(alone.isNeeded)
        #expect(!both.isNeeded)
        #expect(both.confidence > alone.confidence)
    }

    @Test func aPaperThatNamesTheApplicantElsewhereIsLookedAt() {
        let found = ReviewTests.extraction(type: 0.98, fio: 0.99, date: 0.98)
        #expect(!Review(of: found, reasons: [.fioMismatch], below: 0.8).isNeeded)
        let named = Review(of: found, reasons: [.fioMismatch], isApplicantNamed: true, below: 0.8)
        #expect(named.isNeeded)
        #expect(named.why.contains("fio"))
    }

    @Test(arguments: [
        ("Ахметова Сая Канатовна", true), ("Сая Канатовна Ахметова", true), ("АХМЕТОВА САЯ КАНАТОВНА", true),
        ("Ахметова Сая Маратовна", false), ("Ахметова Дана Канатовна", false), ("Ахметбекова Сая Канатовна", false),
        ("Ахметова", false), ("Ким Лада Олеговна", false),
    ])
    func findsASubmittedNameInAnyCase(_ fio: String, _ stands: Bool) {
        let text = PlainPapers.document(
            """
            СПРАВКА
            Дана Ивановой Анне Петровне, матери ребёнка, и подписана
            Ахметовой Саей Канатовной, врачом.
            """)
        #expect(NamePresence.stands(fio, in: text) == stands)
    }

    @Test func nothingFoundIsNoCertainty() {
        let found = ReviewTests.extraction(type: 0.95, fio: nil, date: 0.95)
        #expect(Review(of: found, below: 0.99).isNeeded)
        #expect(Review(of: found, below: 0.99).why.contains("none was found"))
        let missing = Review(of: found, reasons: [.fioMissing], below: 0.99)
        #expect(missing.isNeeded)
        #expect(missing.why.contains("fio: none was found"))
    }

    @Test func zeroNeverAsks() {
        #expect(!Review(of: ReviewTests.extraction(type: 0.01, fio: nil, date: nil), below: 0).isNeeded)
    }
}
