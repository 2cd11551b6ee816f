internal import CLibevent
internal import Glibc

/// What the loop does between one wait for events and the next.
///
/// A turn begins with the first event and ends when all that came with it have been seen to. What its events hand to
/// other threads is handed over together at its end, and what these have posted meanwhile is taken then: under load a
/// request that changes threads costs no system call of its own.
extension EventLoop {
    /// So many requests are handed on together at most, before the turn is over: enough that waking a worker costs each
    /// of them little, and few enough that the first does not wait long for the last.
    private static let requestsPerHandover = 32

    /// Waits for events and sees to them until a `stop` message.
    func runTurns() {
        var mayWait = true
        while !isStopping {
            let flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY | (mayWait ? 0 : EVLOOP_NONBLOCK)
            guard event_base_loop(base, flags) == 0 else {
                front.log(.error, "a loop cannot wait for events: \(describe(errno: errno))")
                break
            }
            mayWait = endTurn()
        }
    }

    /// Called when all events of a turn have been seen to: hands on what they brought and takes what other threads have
    /// posted meanwhile, which thus costs them no wake-up. False if there is more: then the loop looks for events
    /// without waiting, so that nobody is kept from his turn by those who post.
    private func endTurn() -> Bool {
        handOn()
        if fallAsleep() { return true }
        takeMessages()
        handOn()
        return fallAsleep()
    }

    private func fallAsleep() -> Bool {
        guard inbox.fallAsleep() else { return false }
        isAwake = false
        return true
    }

    /// Notes that the responder got a request. A long turn is not waited out.
    func hasHandedOver() {
        untoldRequests += 1
        if untoldRequests >= Self.requestsPerHandover { handOn() }
    }

    private func handOn() {
        guard untoldRequests > 0 else { return }
        untoldRequests = 0
        front.responder.turnHasEnded(loop: index)
    }

    /// Called at the beginning of each event: what is posted from now on is taken at the end of the turn.
    @inline(__always)
    func isAtWork() {
        guard !isAwake else { return }
        isAwake = true
        inbox.ownerIsAwake()
    }

    // MARK: Messages of other threads

    /// Called when another thread has written to the inbox's eventfd.
    func wakeUp() {
        isAtWork()
        inbox.acknowledge()
        now = MonotonicClock.milliseconds
        takeMessages()
    }

    /// Takes what the loop has posted to itself while it was in a callback. Called at the end of each.
    @inline(__always)
    func takeOwnMessages() {
        if inbox.isWaitingForOwner { takeMessages() }
    }

    private func takeMessages() {
        // Another call while this one performs would find no memory to reuse, and that is all.
        var batch = messages
        messages = []
        repeat {
            inbox.takeAll(leaving: &batch)
            for message in batch { perform(message) }
            batch.removeAll(keepingCapacity: true)
        } while inbox.isWaitingForOwner
        messages = batch
    }

    private func perform(_ message: LoopInbox.Message) {
        switch message {
        case .replied(let slot, let exchange, let response):
            connection(slot, exchange)?.answer(response)
        case .dropped(let slot, let exchange):
            connection(slot, exchange)?.exchangeWasDropped()
        case .sinkAdvanced(let slot, let exchange):
            connection(slot, exchange)?.sinkAdvanced()
        case .streamAdvanced(let slot, let exchange):
            connection(slot, exchange)?.streamAdvanced()
        case .drain(let deadline):
            beginDrain(deadline: deadline)
        case .stop:
            isStopping = true
        }
    }

    /// The connection in `slot` if it still has that exchange open: else the message came too late.
    private func connection(_ slot: Int, _ exchange: UInt64) -> Connection? {
        guard slot < connections.count, let connection = connections[slot], connection.inflight?.id == exchange else {
            return nil
        }
        return connection
    }
}
