import Testing

@testable import IDPServer

struct PeerWatchTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    private func beats(_ counts: [String: Int64]) -> [PeerWatch.Beat] {
        counts.map { PeerWatch.Beat(node: $0.key, count: $0.value) }
    }

    @Test func takesANodeForGoneAfterALeaseOfSilence() {
        var watch = PeerWatch(own: "a", lease: .seconds(10))
        #expect(watch.observe(beats(["a": 1, "b": 7, "c": 1]), at: at(0)).isEmpty)
        #expect(watch.observe(beats(["a": 1, "b": 7, "c": 2]), at: at(9)).isEmpty)
        #expect(watch.observe(beats(["a": 1, "b": 7, "c": 3]), at: at(10)) == beats(["b": 7]))
        // It lives after all.
        #expect(watch.observe(beats(["a": 1, "b": 8, "c": 4]), at: at(11)).isEmpty)
        #expect(watch.observe(beats(["a": 1, "b": 8, "c": 5]), at: at(20)).isEmpty)
    }

    @Test func countsNoTimeInWhichItCouldNotLook() {
        var watch = PeerWatch(own: "a", lease: .seconds(10))
        #expect(watch.observe(beats(["b": 7]), at: at(0)).isEmpty)
        watch.reset()
        #expect(watch.observe(beats(["b": 7]), at: at(60)).isEmpty)
        #expect(watch.observe(beats(["b": 7]), at: at(70)) == beats(["b": 7]))
    }
}
