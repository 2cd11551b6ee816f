internal import CLibevent
internal import Glibc
internal import Synchronization

/// The only way for other threads to reach a loop: a queue and an eventfd, which is written only when the loop sleeps,
/// by the first who finds it so: a burst of messages costs one wake-up, and none while the loop is at work, for it
/// looks here before it sleeps.
///
/// It outlives its loop, since exchanges and spool files keep it; messages to a loop that has ended are dropped.
final class LoopInbox: Sendable {
    enum Message: Sendable {
        /// The answer of an exchange.
        case replied(slot: Int, exchange: UInt64, Response)
        /// An exchange was let go without an answer.
        case dropped(slot: Int, exchange: UInt64)
        /// A body sink may have room again, or be done.
        case sinkAdvanced(slot: Int, exchange: UInt64)
        /// A streamed answer has more to send.
        case streamAdvanced(slot: Int, exchange: UInt64)
        /// Take no more work; at `deadline` (monotonic milliseconds) end what is open.
        case drain(deadline: UInt64)
        case stop
    }

    private struct State {
        var messages: [Message] = []
        var isClosed = false
        /// The loop waits for events, or is about to, and nobody has woken it.
        var isOwnerAsleep = true
    }

    /// The eventfd that the loop waits on. Closed with the inbox.
    let descriptor: Int32
    private let state = Mutex(State())
    /// The loop's thread, 0 before it runs.
    private let owner = Atomic<UInt>(0)
    /// The loop posted to itself: it looks at the end of the callback that it is in, and needs no wake-up.
    private let hasOwnMessages = Atomic<Bool>(false)

    /// Throws `resourceExhausted` without a descriptor.
    init() throws(HTTPServerError) {
        descriptor = idp_eventfd()
        guard descriptor >= 0 else { throw .resourceExhausted(call: "eventfd", code: errno) }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Makes the calling thread the loop's.
    func adoptThread() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
    }

    /// Whether the loop has posted to itself since it last took its messages. Called by the loop.
    var isWaitingForOwner: Bool { hasOwnMessages.load(ordering: .relaxed) }

    /// Sends a message, from any thread.
    func post(_ message: Message) {
        if owner.load(ordering: .relaxed) == UInt(pthread_self()) {
            state.withLock { if !$0.isClosed { $0.messages.append(message) } }
            return hasOwnMessages.store(true, ordering: .relaxed)
        }
        let mustWake = state.withLock { state in
            guard !state.isClosed else { return false }
            state.messages.append(message)
            defer { state.isOwnerAsleep = false }
            return state.isOwnerAsleep
        }
        guard mustWake else { return }
        var one: UInt64 = 1
        // It fails only when the counter is full, and then the loop is awake.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Resets the eventfd. Called by the loop when it was woken, before it takes the messages.
    func acknowledge() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }

    /// Says that the loop is at work: until `fallAsleep` nobody wakes it. Called by the loop.
    func ownerIsAwake() {
        state.withLock { $0.isOwnerAsleep = false }
    }

    /// Says that the loop waits for events from now on; false, and nothing said, if there are messages. Called by the
    /// loop right before it waits.
    func fallAsleep() -> Bool {
        state.withLock { state in
            guard state.messages.isEmpty else { return false }
            state.isOwnerAsleep = true
            return true
        }
    }

    /// Takes all messages and leaves `memory`, which is empty, for the next ones. Called by the loop.
    func takeAll(leaving memory: inout [Message]) {
        hasOwnMessages.store(false, ordering: .relaxed)
        state.withLock { swap(&$0.messages, &memory) }
    }

    /// Drops all messages, now and later. Called by the loop when it ends.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.messages = []
        }
    }
}
