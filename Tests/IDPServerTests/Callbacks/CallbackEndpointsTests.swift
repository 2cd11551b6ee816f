import Testing

@testable import IDPServer

@Suite struct CallbackEndpointsTests {
    private let name = "https://h.example"
    private let start = ContinuousClock.now
    private let ok = CallbackOutcome(kind: .delivered, word: "ok", httpStatus: 200)
    private let refused = CallbackOutcome(kind: .refused, word: "http_404", httpStatus: 404)
    private let away = CallbackOutcome(kind: .outage, word: "refused")

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    /// Sends one and lets it end in the same moment.
    private func attempt(
        _ endpoints: inout CallbackEndpoints, _ outcome: CallbackOutcome, _ seconds: Double
    ) -> CallbackEndpoints.Change? {
        endpoints.begin(name, at: at(seconds))
        return endpoints.end(name, outcome, at: at(seconds))
    }

    @Test func anEndpointGetsSoManyAtATimeAndNoMore() {
        var endpoints = CallbackEndpoints()
        for left in [4, 3, 2, 1] {
            #expect(endpoints.room(of: name, at: start) == .deliveries(left))
            endpoints.begin(name, at: start)
        }
        #expect(endpoints.room(of: name, at: start) == .none(until: nil))
        #expect(endpoints.room(of: "https://other.example", at: start) == .deliveries(4))
        #expect(endpoints.end(name, ok, at: start) == nil)
        #expect(endpoints.room(of: name, at: start) == .deliveries(1))
    }

    @Test func twoFailuresInARowPutItDownAndOneSuccessBringsItBack() {
        var endpoints = CallbackEndpoints()
        #expect(attempt(&endpoints, away, 0) == nil)
        #expect(endpoints.room(of: name, at: at(0)) == .deliveries(1))
        #expect(attempt(&endpoints, away, 5) == .wentDown)
        #expect(endpoints.downCount == 1)
        #expect(endpoints.room(of: name, at: at(5)) == .none(until: at(9)))
        #expect(endpoints.room(of: name, at: at(9)) == .probe)
        #expect(attempt(&endpoints, away, 9) == nil)
        #expect(endpoints.room(of: name, at: at(9)) == .none(until: at(13)))
        #expect(attempt(&endpoints, ok, 13) == .cameBack)
        #expect(endpoints.downCount == 0)
        #expect(endpoints.room(of: name, at: at(13)) == .deliveries(4))
    }

    @Test func aRefusalIsASignOfLife() {
        var endpoints = CallbackEndpoints()
        for second in 0..<20 { #expect(attempt(&endpoints, second % 2 == 0 ? away : refused, Double(second)) == nil) }
        #expect(endpoints.downCount == 0)
        _ = attempt(&endpoints, away, 20)
        #expect(attempt(&endpoints, away, 21) == .wentDown)
        #expect(attempt(&endpoints, refused, 26) == .cameBack)
    }

    /// A receiver that takes the connection and never answers would else hide its return behind the attempt's timeout.
    @Test func aProbeDoesNotWaitForTheOneBeforeIt() {
        var endpoints = CallbackEndpoints()
        _ = attempt(&endpoints, away, 0)
        _ = attempt(&endpoints, away, 0)
        for second in [4.0, 8, 12, 16] {
            #expect(endpoints.room(of: name, at: at(second)) == .probe)
            endpoints.begin(name, at: at(second))
        }
        #expect(endpoints.room(of: name, at: at(20)) == .none(until: nil))
        #expect(endpoints.end(name, ok, at: at(20)) == .cameBack)
        // What hangs still counts as one of those on their way.
        #expect(endpoints.room(of: name, at: at(20)) == .deliveries(1))
    }

    @Test func anOutageIsAskedAfterAtAPaceThatFollowsItsLength() {
        var endpoints = CallbackEndpoints()
        _ = attempt(&endpoints, away, 0)
        _ = attempt(&endpoints, away, 0)
        func next(after second: Double) -> Double? {
            _ = attempt(&endpoints, away, second)
            guard case .none(let until?) = endpoints.room(of: name, at: at(second)) else { return nil }
            return start.duration(to: until) / .seconds(1)
        }
        #expect(next(after: 30) == 34)
        #expect(next(after: 60) == 66)
        #expect(next(after: 1000) == 1100)
        #expect(next(after: 100_000) == 100_600)
    }

    @Test func aWishForQuietHoldsForTheWholeEndpoint() {
        var endpoints = CallbackEndpoints()
        let busy = CallbackOutcome(kind: .throttled, word: "http_429", httpStatus: 429, retryAfter: .seconds(30))
        #expect(attempt(&endpoints, busy, 0) == nil)
        #expect(endpoints.room(of: name, at: at(29)) == .none(until: at(30)))
        // And then one at a time, until one is taken.
        #expect(endpoints.room(of: name, at: at(30)) == .deliveries(1))
        _ = attempt(&endpoints, ok, 30)
        #expect(endpoints.room(of: name, at: at(30)) == .deliveries(4))
        let long = CallbackOutcome(kind: .outage, word: "http_503", httpStatus: 503, retryAfter: .seconds(1_000_000))
        _ = attempt(&endpoints, long, 31)
        #expect(endpoints.room(of: name, at: at(32)) == .none(until: at(31 + 3600)))
    }

    @Test func whatAnEarlierProcessLeftIsAskedByOneFirst() {
        var endpoints = CallbackEndpoints()
        endpoints.suspect([name], at: start)
        #expect(endpoints.room(of: name, at: start) == .probe)
        #expect(attempt(&endpoints, ok, 0) == .cameBack)
        #expect(endpoints.room(of: name, at: start) == .deliveries(4))
    }

    @Test func whoIsNotWaitedForIsForgotten() {
        var endpoints = CallbackEndpoints()
        _ = attempt(&endpoints, away, 0)
        _ = attempt(&endpoints, away, 0)
        endpoints.keep([name])
        #expect(endpoints.downCount == 1)
        endpoints.keep([])
        #expect(endpoints.downCount == 0)
    }
}
