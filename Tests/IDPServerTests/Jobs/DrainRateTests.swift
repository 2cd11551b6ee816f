import Testing

@testable import IDPServer

struct DrainRateTests {
    private let start = ContinuousClock.now

    @Test func takesTheFallbackWithoutAMeasure() {
        #expect(DrainRate().seconds(for: 100, at: start, limit: 60, fallback: 7) == 7)
    }

    @Test func followsTheMeasuredEnds() {
        var rate = DrainRate()
        for second in 0...100 { rate.recordEnd(at: start + .milliseconds(500 * second)) }
        let now = start + .seconds(50)
        #expect(rate.seconds(for: 10, at: now, limit: 60, fallback: 1) == 5)
        #expect(rate.seconds(for: 1, at: now, limit: 60, fallback: 1) == 1)
        #expect(rate.seconds(for: 1000, at: now, limit: 60, fallback: 1) == 60)
    }

    /// A queue that got stuck must not promise its old speed.
    @Test func fallsWhileNothingEnds() throws {
        var rate = DrainRate()
        for second in 0...10 { rate.recordEnd(at: start + .seconds(second)) }
        let then = try #require(rate.perSecond(at: start + .seconds(10)))
        let later = try #require(rate.perSecond(at: start + .seconds(1000)))
        #expect(then == 1)
        #expect(later < 0.02)
    }
}
