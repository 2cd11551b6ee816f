import Dispatch
import Synchronization

/// Gathers what arrives while the previous batch is being flushed, and flushes it as one batch.
///
/// There is no timer: an element that arrives alone is flushed at once, elements that arrive together share a flush.
/// Elements keep their order. `flush` runs on one serial queue.
final class GroupCommit<Element: Sendable>: Sendable {
    private struct State {
        var pending: [Element] = []
        var isFlushing = false
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let batchLimit: Int
    private let flush: @Sendable ([Element]) -> Void

    /// - Parameters:
    ///   - label: of the queue.
    ///   - batchLimit: most elements of a batch, so that a flood cannot make one transaction endless.
    init(label: String, batchLimit: Int = 1024, flush: @escaping @Sendable ([Element]) -> Void) {
        queue = DispatchQueue(label: label)
        self.batchLimit = batchLimit
        self.flush = flush
    }

    /// Puts an element into the next batch. Any thread; never blocks on a flush.
    func add(_ element: Element) {
        let mustStart = state.withLock { state in
            state.pending.append(element)
            defer { state.isFlushing = true }
            return !state.isFlushing
        }
        if mustStart { queue.async { self.run() } }
    }

    /// Waits until everything added before is flushed. Never call it from `flush`.
    func waitUntilFlushed() {
        queue.sync {}
    }

    private func run() {
        while true {
            let batch = state.withLock { state -> [Element] in
                let batch = Array(state.pending.prefix(batchLimit))
                state.pending.removeFirst(batch.count)
                if batch.isEmpty { state.isFlushing = false }
                return batch
            }
            if batch.isEmpty { return }
            flush(batch)
        }
    }
}
