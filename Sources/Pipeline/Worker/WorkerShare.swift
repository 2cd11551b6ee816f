/// Whose wait for a document worker ends next when callers of both classes wait, as a pure value.
///
/// Somebody who waits for a verdict goes ahead of jobs, but not for ever: under a steady stream of interactive work a
/// job would stand still until its deadline. So every `batchEvery`-th worker that comes free while jobs wait is theirs.
struct WorkerShare: Sendable {
    /// One in so many.
    static let batchEvery = 5
    private var passedOver = 0

    /// Whether a batch caller is served next; at least one of the two must wait.
    mutating func servesBatch(interactiveWaits: Bool, batchWaits: Bool) -> Bool {
        guard interactiveWaits, batchWaits else {
            passedOver = 0
            return batchWaits
        }
        passedOver = (passedOver + 1) % WorkerShare.batchEvery
        return passedOver == 0
    }
}
