internal import Synchronization

/// A body that is written bit by bit, from any thread, while it is being sent: chunked in HTTP/1.1, until the
/// connection closes in HTTP/1.0.
///
/// The writer pushes; `pendingBytes` says how far the client lags behind, and the write-stall limit ends a client that
/// takes nothing at all.
public final class BodyStream: Sendable {
    private struct State {
        var chunks: [[UInt8]] = []
        var pendingBytes = 0
        var isFinished = false
        var isClosed = false
        /// The loop has been told, and has not looked yet.
        var isWakePending = false
        /// Tells the loop that there is something to send; set when the answer reaches it.
        var wake: (@Sendable () -> Void)?
        var onClose: [@Sendable () -> Void] = []

        mutating func wakeUnlessPending() -> (@Sendable () -> Void)? {
            guard let wake, !isWakePending else { return nil }
            isWakePending = true
            return wake
        }
    }

    private let state = Mutex(State())

    /// A stream with nothing in it.
    public init() {}

    deinit {
        finish()
    }

    /// Bytes written that the loop has not taken yet.
    public var pendingBytes: Int { state.withLock { $0.pendingBytes } }

    /// Whether nobody reads any more: the client has gone, or the stream was finished and sent.
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Sends `bytes` after all that was written before. False if nobody reads any more.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        let (isOpen, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            precondition(!state.isFinished, "Nothing is written to a stream that was finished.")
            guard !state.isClosed else { return (false, nil) }
            guard !bytes.isEmpty else { return (true, nil) }
            state.chunks.append(bytes)
            state.pendingBytes += bytes.count
            return (true, state.wakeUnlessPending())
        }
        wake?()
        return isOpen
    }

    /// Ends the body. A stream that is let go without it is ended by that.
    public func finish() {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isFinished else { return nil }
            state.isFinished = true
            return state.wakeUnlessPending()
        }
        wake?()
    }

    /// Runs `handler` once, on the loop's thread, when nobody reads any more; at once if that is so already.
    public func onClose(_ handler: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.onClose.append(handler) }
            return state.isClosed
        }
        if isClosed { handler() }
    }

    /// The loop begins to send; `wake` is called after each write.
    func attach(wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// Whether there is something to send, or the end to say.
    var hasMore: Bool { state.withLock { !$0.chunks.isEmpty || $0.isFinished } }

    /// What is to be sent now, and whether that is the end.
    func take() -> (chunks: [[UInt8]], isFinished: Bool) {
        state.withLock { state in
            defer {
                state.chunks.removeAll()
                state.pendingBytes = 0
                state.isWakePending = false
            }
            return (state.chunks, state.isFinished)
        }
    }

    /// Nobody reads any more. Called on the loop's thread.
    func close() {
        let handlers = state.withLock { state in
            defer { state.onClose.removeAll() }
            state.isClosed = true
            state.wake = nil
            state.chunks.removeAll()
            state.pendingBytes = 0
            return state.onClose
        }
        for handler in handlers { handler() }
    }
}
