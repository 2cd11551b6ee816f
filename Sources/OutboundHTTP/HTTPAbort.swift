private import Synchronization

/// Ends a running request from another thread, at once. One per request.
public final class HTTPAbort: Sendable {
    private struct State {
        var isAborted = false
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// An abort that nobody has asked for yet.
    public init() {}

    /// Ends the request; one that has not begun will not begin.
    public func abort() {
        // The waking happens under the lock: after `unregister` the transfer may be gone.
        state.withLock { state in
            state.isAborted = true
            state.wake?()
        }
    }

    /// Whether somebody asked for it.
    public var isAborted: Bool { state.withLock { $0.isAborted } }

    /// Sets what wakes the transfer; called under the lock by `abort`.
    func register(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// After this nobody wakes the transfer any more.
    func unregister() {
        state.withLock { $0.wake = nil }
    }
}
