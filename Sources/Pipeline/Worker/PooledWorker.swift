internal import Synchronization

/// A worker with what the pool counts about it.
final class PooledWorker: Sendable {
    let process: DocumentWorker
    // Written by the one operation that holds the worker, read by others for statistics: no order is needed.
    private let counter = Atomic<Int>(0)
    // Written and read by whoever holds the worker; handing it on is a lock of the pool's.
    private let welcome = Atomic<Bool>(false)

    init(_ process: DocumentWorker) {
        self.process = process
    }

    /// Operations begun on it.
    var operations: Int { counter.load(ordering: .relaxed) }

    /// Whether it has said that it is ready.
    var isWelcome: Bool { welcome.load(ordering: .relaxed) }

    func countOperation() { counter.add(1, ordering: .relaxed) }
    func noteWelcome() { welcome.store(true, ordering: .relaxed) }
}
