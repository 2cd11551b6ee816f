import Pipeline
import Testing

@testable import IDPServer

struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (1_645_557_742_007, "2022-02-22T19:22:22.007Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
    ])
    func isWrittenAsRFC3339(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    /// The bank's day begins five hours before Greenwich's.
    @Test func knowsTheDayInTheEast() {
        let evening = Timestamp(milliseconds: 1_645_557_742_000)
        #expect(evening.day().description == "2022-02-22")
        #expect(evening.day(hoursEast: 5).description == "2022-02-23")
    }
}
