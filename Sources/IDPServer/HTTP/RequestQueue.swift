internal import Dispatch
internal import Observability
internal import Synchronization

/// Where queued handlers run: a few serial Dispatch queues that take turns. Handlers here check, read a row, move a
/// file; what takes a document's time has queues of its own.
///
/// Bounded: beyond `limit` waiting handlers, requests are refused with `SERVER_BUSY`.
final class RequestQueue: Sendable {
    /// Handlers that may wait or run in all; each holds a connection anyway, so this only caps what a burst may queue.
    static let limitDefault = 4096

    private let queues: [DispatchQueue]
    private let limit: Int
    private let turn = Atomic<Int>(0)
    private let inFlight = Atomic<Int>(0)

    init(width: Int, limit: Int = RequestQueue.limitDefault) {
        queues = (0..<max(1, width)).map { DispatchQueue(label: "idp.request.\($0)", qos: .userInitiated) }
        self.limit = limit
    }

    /// Handlers that wait or run.
    var depth: Int { inFlight.load(ordering: .relaxed) }

    /// Runs `work` on the next queue in turn. From any thread.
    ///
    /// - Throws: `SERVER_BUSY` at the limit.
    func submit(_ work: @escaping @Sendable () -> Void) throws(ServiceError) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= limit else {
            inFlight.subtract(1, ordering: .relaxed)
            throw ServiceError(.serverBusy, "Too many requests are waiting", retryAfter: 1)
        }
        let next = turn.add(1, ordering: .relaxed).newValue
        queues[Int(UInt(bitPattern: next) % UInt(queues.count))].async { [self] in
            work()
            inFlight.subtract(1, ordering: .relaxed)
        }
    }
}
