/// One accepted request, from its head to its answer. Used on the loop's thread only.
final class Inflight {
    let id: UInt64
    let context: any ExchangeContext
    let head: HeadCopy
    /// When the head was complete.
    let startedAt = MonotonicClock.nanoseconds
    /// The body while it is being read.
    var body: BodyRead?
    /// Set once the responder has the request.
    var core: ExchangeCore?
    /// Set while a streamed answer is being sent.
    var stream: BodyStream?
    var bytesIn = 0
    var bytesOut = 0
    var status = 0

    init(id: UInt64, context: any ExchangeContext, head: HeadCopy) {
        self.id = id
        self.context = context
        self.head = head
    }
}

/// A body that is being read: how it is framed, where it goes, and since when.
final class BodyRead {
    var framer: BodyFramer
    let sink: any BodySink
    /// Milliseconds.
    let startedAt: UInt64
    /// The socket rests because the sink is behind, since then.
    var pausedAt: UInt64?
    /// Milliseconds of such rests: they are not the client's fault.
    var pausedFor: UInt64 = 0

    init(framer: BodyFramer, sink: any BodySink, startedAt: UInt64) {
        self.framer = framer
        self.sink = sink
        self.startedAt = startedAt
    }
}
