/// Decides how many elements a batch should wait for, as a pure value.
///
/// On a disk whose flush is shorter than the time between two submissions, flushing at once would make batches of one
/// or two under any load. So a batch may wait, for at most `waitLimit`, until as many elements have come as the load
/// has shown to bring. The expectation doubles while it is met, falls to what came when it is not, and then stays for a
/// while; after a pause it is one again. An element that comes alone therefore never waits.
struct BatchPacer: Sendable {
    /// Elements that a batch waits for.
    private(set) var expected = 1
    private var roundsToHold = 0
    private var lastFlush: ContinuousClock.Instant?

    /// Longest wait of a batch, and the pause after which nothing is expected.
    static let waitLimit = Duration.milliseconds(10)
    /// Longest wait for elements that were announced.
    static let announcedWaitLimit = Duration.milliseconds(50)
    /// A batch of so many waits for nobody.
    static let expectedLimit = 64
    private static let holdRounds = 50

    /// Whether a batch of that size should be flushed now.
    mutating func isDue(_ count: Int, at now: ContinuousClock.Instant) -> Bool {
        if let lastFlush, lastFlush.duration(to: now) > BatchPacer.waitLimit { expected = 1 }
        return count >= expected
    }

    /// A batch has been flushed; `waitedInVain` says that it did not reach what was expected.
    mutating func flushed(_ count: Int, waitedInVain: Bool, at now: ContinuousClock.Instant) {
        lastFlush = now
        roundsToHold = max(0, roundsToHold - 1)
        if waitedInVain {
            expected = max(1, count)
            roundsToHold = BatchPacer.holdRounds
        } else if count == 1 {
            expected = 1
        } else if roundsToHold == 0 {
            expected = min(BatchPacer.expectedLimit, max(expected, count * 2))
        }
    }
}
