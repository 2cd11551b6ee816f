internal import Synchronization

/// A worker with what the pool counts about it.
final class PooledWorker: Sendable {
    let process: DocumentWorker
    // Written by the one operation that holds the worker, read by others for statistics: no order is needed.
    private let counter = Atomic<Int>(0)

    init(_ process: DocumentWorker) {
        self.process = process
    }

    /// Operations begun on it.
    var operations: Int { counter.load(ordering: .relaxed) }

    func countOperation() { counter.add(1, ordering: .relaxed) }
}
