internal import Synchronization

/// One accepted request that waits for its answer: answered exactly once, from any thread.
///
/// The last reference that goes without an answer lets the front answer 500 (`Refusal.unanswered`).
public final class Exchange: Sendable {
    private let core: ExchangeCore

    init(core: ExchangeCore) {
        self.core = core
    }

    /// An exchange without a connection: `onReply` gets the answer, nil if it was dropped unanswered. For tests of
    /// responders.
    public convenience init(detached id: UInt64, onReply: @escaping @Sendable (Response?) -> Void) {
        self.init(core: ExchangeCore(id: id, to: .detached(onReply)))
    }

    deinit {
        core.drop()
    }

    /// A number that no other exchange of this server has.
    public var id: UInt64 { core.id }

    /// Answers the request. If the client has gone, the answer is thrown away. A second call is a programming error
    /// and stops the process.
    public func reply(_ response: consuming Response) {
        core.reply(response)
    }

    /// Runs `handler` once, on the loop's thread, when the client has gone or nobody waits for the answer any more; at
    /// once, on the calling thread, if that is so already. It may not block. After the answer it is never run.
    public func onClientGone(_ handler: @escaping @Sendable () -> Void) {
        core.onClientGone(handler)
    }

    /// Whether nobody waits for the answer any more.
    public var isClientGone: Bool { core.isClientGone }
}

/// What the loop and the `Exchange` share.
final class ExchangeCore: Sendable {
    /// Who gets the answer: an enum and not a closure, which would be one more allocation a request.
    enum Destination: Sendable {
        case loop(LoopInbox, slot: Int)
        /// Gets nil for an exchange that was dropped.
        case detached(@Sendable (Response?) -> Void)
    }

    private struct State {
        var isAnswered = false
        var isClientGone = false
        var handlers: [@Sendable () -> Void] = []
    }

    let id: UInt64
    private let state = Mutex(State())
    private let destination: Destination

    init(id: UInt64, to destination: Destination) {
        self.id = id
        self.destination = destination
    }

    var isClientGone: Bool { state.withLock { $0.isClientGone } }

    func reply(_ response: consuming Response) {
        claim(orFail: "An exchange is answered once; this is the second answer.")
        switch destination {
        case .loop(let inbox, let slot): inbox.post(.replied(slot: slot, exchange: id, response))
        case .detached(let onReply): onReply(response)
        }
    }

    /// The exchange object has gone; without an answer that is a fault of the handler.
    func drop() {
        let wasAnswered = state.withLock { state in
            state.handlers.removeAll()
            defer { state.isAnswered = true }
            return state.isAnswered
        }
        guard !wasAnswered else { return }
        switch destination {
        case .loop(let inbox, let slot): inbox.post(.dropped(slot: slot, exchange: id))
        case .detached(let onReply): onReply(nil)
        }
    }

    func onClientGone(_ handler: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            if !state.isClientGone && !state.isAnswered { state.handlers.append(handler) }
            return state.isClientGone && !state.isAnswered
        }
        if isGone { handler() }
    }

    /// Runs the handlers, once. Called on the loop's thread.
    func clientHasGone() {
        let handlers = state.withLock { state in
            defer { state.handlers.removeAll() }
            state.isClientGone = true
            return state.isAnswered ? [] : state.handlers
        }
        for handler in handlers { handler() }
    }

    private func claim(orFail message: String) {
        let wasAnswered = state.withLock { state in
            defer { state.isAnswered = true }
            state.handlers.removeAll()
            return state.isAnswered
        }
        precondition(!wasAnswered, message)
    }
}
