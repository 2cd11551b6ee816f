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
        #expect(review.confidence == 0.42)
        #expect(review.why.contains("fio"))
        #expect(review.why.contains("42 %"))
        #expect(!Review(of: found, below: 0.42).isNeeded, "at the threshold it is sure enough")
    }

    @Test func nothingFoundIsNoCertainty() {
        let found = ReviewTests.extraction(type: 0.95, fio: nil, date: 0.95)
        #expect(Review(of: found, below: 0.99).isNeeded)
        #expect(Review(of: found, below: 0.99).why.contains("none was found"))
        #expect(Review(of: found, below: 0.99).confidence == Review.confidenceOfAbsence)
    }

    @Test func zeroNeverAsks() {
        #expect(!Review(of: ReviewTests.extraction(type: 0.01, fio: nil, date: nil), below: 0).isNeeded)
    }
}
