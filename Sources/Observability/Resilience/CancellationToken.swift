private import Synchronization

/// Tells running work that nobody wants its result any more. Thread-safe; cancelled at most once.
///
/// Work that can be stopped from outside (a child process, a transfer) registers a handler; polling work asks
/// `isCancelled`. Handlers run on the cancelling thread and must be short.
public final class CancellationToken: Sendable {
    private struct State {
        var reason: Reason?
        var nextID = 0
        var handlers: [Int: @Sendable (Reason) -> Void] = [:]
    }

    /// Why the work was stopped.
    public enum Reason: Sendable, Equatable {
        /// The caller of a synchronous run went away.
        case clientGone
        /// Somebody asked for it by the API.
        case requested
        /// The service stops; the work may be handed back to the queue.
        case shutdown
        /// Its deadline passed while it ran.
        case deadline
    }

    private let state = Mutex(State())

    /// A token that nobody has cancelled.
    public init() {}

    /// The reason if it was cancelled.
    public var reason: Reason? { state.withLock { $0.reason } }

    /// Whether it was cancelled.
    public var isCancelled: Bool { reason != nil }

    /// Cancels and runs the handlers; does nothing if it had been cancelled.
    public func cancel(_ reason: Reason) {
        let handlers = state.withLock { state -> [@Sendable (Reason) -> Void] in
            guard state.reason == nil else { return [] }
            state.reason = reason
            defer { state.handlers = [:] }
            return Array(state.handlers.values)
        }
        for handler in handlers { handler(reason) }
    }

    /// Runs `body`; `handler` is called if the token is cancelled meanwhile, at once if it already was.
    public func whileCancellable<Result>(
        onCancel handler: @escaping @Sendable (Reason) -> Void, _ body: () throws -> Result
    ) rethrows -> Result {
        let id = register(handler)
        defer { if let id { state.withLock { _ = $0.handlers.removeValue(forKey: id) } } }
        return try body()
    }

    private func register(_ handler: @escaping @Sendable (Reason) -> Void) -> Int? {
        let (id, already) = state.withLock { state -> (Int?, Reason?) in
            if let reason = state.reason { return (nil, reason) }
            state.nextID += 1
            state.handlers[state.nextID] = handler
            return (state.nextID, nil)
        }
        if let already { handler(already) }
        return id
    }
}
