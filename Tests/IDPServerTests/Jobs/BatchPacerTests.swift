import Testing

@testable import IDPServer

struct BatchPacerTests {
    private let start = ContinuousClock.now

    private func isDue(_ pacer: BatchPacer, _ count: Int, after duration: Duration = .zero) -> Bool {
        var pacer = pacer
        return pacer.isDue(count, at: start + duration)
    }

    @Test func neverLetsALoneElementWait() {
        var pacer = BatchPacer()
        for round in 0..<100 {
            #expect(isDue(pacer, 1, after: .milliseconds(round)))
            pacer.flushed(1, waitedInVain: false, at: start + .milliseconds(round))
        }
    }

    @Test func growsWhileItsExpectationIsMet() {
        var pacer = BatchPacer()
        var sizes: [Int] = []
        for _ in 0..<6 {
            pacer.flushed(max(2, pacer.expected), waitedInVain: false, at: start)
            sizes.append(pacer.expected)
        }
        #expect(sizes == [4, 8, 16, 32, 64, 64])
        #expect(!isDue(pacer, 63))
        #expect(isDue(pacer, 64))
    }

    @Test func fallsToWhatCameAndStaysThereForAWhile() {
        var pacer = BatchPacer()
        pacer.flushed(20, waitedInVain: false, at: start)
        pacer.flushed(16, waitedInVain: true, at: start)
        for _ in 0..<8 {
            #expect(pacer.expected == 16)
            pacer.flushed(16, waitedInVain: false, at: start)
        }
        #expect(pacer.expected == 16)
        pacer.flushed(16, waitedInVain: false, at: start)
        #expect(pacer.expected == 32)
    }

    /// With sixteen clients every try for more is in vain: it must become rare.
    @Test func triesLessAndLessOftenInVain() {
        var pacer = BatchPacer()
        var inVain = 0
        for _ in 0..<2000 {
            let isInVain = pacer.expected > 16
            inVain += isInVain ? 1 : 0
            pacer.flushed(16, waitedInVain: isInVain, at: start)
        }
        #expect(inVain <= 14)
    }

    @Test func expectsNothingAfterAPause() {
        var pacer = BatchPacer()
        pacer.flushed(20, waitedInVain: false, at: start)
        #expect(!isDue(pacer, 1, after: .milliseconds(5)))
        #expect(isDue(pacer, 1, after: .milliseconds(26)))
    }
}
