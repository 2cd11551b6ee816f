/// Decides how many elements a batch should wait for, as a pure value.
///
/// On a disk whose flush is shorter than the time between two submissions, flushing at once would make batches of one
/// or two under any load. So a batch may wait, for at most `waitLimit`, until as many elements have come as the load
/// has shown to bring. The expectation follows what comes and is doubled now and then to find out whether more would;
/// when it is disappointed it falls to what came, and the next try is put off twice as long as the last one, so that
/// waiting in vain costs little. After a pause nothing is expected: an element that comes alone never waits.
struct BatchPacer: Sendable {
    /// Elements that a batch waits for.
    private(set) var expected = 1
    private var isTrying = false
    private var roundsToHold = 0
    private var holdNext = BatchPacer.holdMin
    private var lastFlush: ContinuousClock.Instant?

    /// Longest wait of a batch, and the pause after which nothing is expected.
    static let waitLimit = Duration.milliseconds(25)
    /// Longest wait for elements that were announced. They come as fast as the disk makes their folders, which a flush
    /// holds up (ext4 makes no folder while its journal commits), so this is only for one that got stuck.
    static let announcedWaitLimit = Duration.seconds(1)
    /// A batch of so many waits for nobody.
    static let expectedLimit = 64
    private static let holdMin = 8
    private static let holdMax = 256

    /// Whether a batch of that size should be flushed now.
    mutating func isDue(_ count: Int, at now: ContinuousClock.Instant) -> Bool {
        if let lastFlush, lastFlush.duration(to: now) > BatchPacer.waitLimit { expected = 1 }
        return count >= expected
    }

    /// A batch has been flushed; `waitedInVain` says that it did not reach what was expected.
    mutating func flushed(_ count: Int, waitedInVain: Bool, at now: ContinuousClock.Instant) {
        lastFlush = now
        if waitedInVain, count < expected {
            expected = max(1, count)
            roundsToHold = holdNext
            holdNext = min(BatchPacer.holdMax, holdNext * 2)
            isTrying = false
        } else if count == 1 {
            expected = 1
        } else {
            if isTrying { holdNext = BatchPacer.holdMin }
            isTrying = roundsToHold == 0
            roundsToHold = max(0, roundsToHold - 1)
            expected = min(BatchPacer.expectedLimit, max(expected, count) * (isTrying ? 2 : 1))
        }
    }
}
