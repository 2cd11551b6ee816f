internal import Synchronization

/// What one document has of the pool at the moment, and what it has cost.
final class DocumentShare: Sendable {
    // Read and written under the pool's lock; atomic because the compiler cannot know that.
    private let workers = Atomic<Int>(0)
    // Counted by the threads that read the document's pages: each sees its own count in full.
    private let losses = Atomic<Int>(0)

    /// Workers that read its pages now.
    var busy: Int { workers.load(ordering: .relaxed) }

    /// It got a worker, or gave one back.
    func take() { workers.add(1, ordering: .relaxed) }
    func giveBack() { workers.subtract(1, ordering: .relaxed) }

    /// It has cost a worker; how many now.
    func countLoss() -> Int { losses.add(1, ordering: .relaxed).newValue }
}
