/// What answers requests. Every call is made on a loop thread, and none may block it.
///
/// A request goes through `admit`; if that accepts, through `handle` (or `refuse`, when the body did not arrive as it
/// should) and in the end through `finished`, exactly once.
public protocol HTTPResponder: AnyObject, Sendable {
    /// The head is complete and valid; nothing of the body has been read, nor has the client been told to send it.
    /// `head` may not be kept beyond the call. `loop` is the index of the calling loop.
    func admit(_ head: RequestHead, _ reply: inout InlineReply, loop: Int) -> Admission

    /// The body is there. Hands the work to a queue, now or at the next `turnHasEnded`; `exchange` is answered from any
    /// thread, once.
    func handle(_ request: consuming Request, _ exchange: Exchange, loop: Int)

    /// Called after one or more calls of `handle`, when the loop has seen to all that had come or after a few dozen of
    /// them: a responder that wakes another thread does it once for all of them.
    func turnHasEnded(loop: Int)

    /// The front refuses by itself: writes an answer in the service's error shape into `reply`. `head` is there if it
    /// could be read, `context` if `admit` had accepted. If no status is set, `refusal.status` is sent with no body.
    func refuse(
        _ refusal: Refusal, head: RequestHead?, context: (any ExchangeContext)?, _ reply: inout InlineReply, loop: Int)

    /// An exchange that `admit` had accepted has ended: one call for each, after `refuse` with a context as well. It
    /// comes right before the (last of the) answer is written, so that a client that has its answer finds it counted.
    func finished(_ context: any ExchangeContext, _ record: ExchangeRecord, loop: Int)
}

extension HTTPResponder {
    /// Nothing was kept back.
    public func turnHasEnded(loop: Int) {}
}

/// What became of an accepted request.
public struct ExchangeRecord: Sendable {
    /// The status sent; 499 when the client had gone before the answer.
    public var status: Int
    /// Bytes of the request's body that were read.
    public var bytesIn: Int
    /// Bytes of the answer, head and body.
    public var bytesOut: Int
    /// From the complete head to the complete answer, right before it is handed to the socket.
    public var durationNanoseconds: UInt64

    /// A record of these facts.
    public init(status: Int, bytesIn: Int, bytesOut: Int, durationNanoseconds: UInt64) {
        self.status = status
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.durationNanoseconds = durationNanoseconds
    }
}
