internal import EventHTTP
internal import Observability

/// What the router keeps per event loop: the metric lane that only this loop writes, the source of
/// request ids and the buffer of access lines.
///
/// `@unchecked Sendable`: made before the front starts, then touched by its own loop's thread only.
final class LoopState: @unchecked Sendable {
    /// The lane that this loop alone writes.
    let lane: Lane
    /// Accepted requests of the loop's turn, on their way to the request queue.
    var handover: [Call] = []
    /// The access line in the making.
    var line = LogLine()
    private var ids = RequestIDSource()
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: RequestID.lengthMax, alignment: 8)
    private var requestIDLength = 0

    init(lane: Lane) {
        self.lane = lane
    }

    deinit { scratch.deallocate() }

    /// The id that `writeRequestID` wrote last; valid until it writes the next.
    var lastRequestID: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: scratch[..<requestIDLength]) }

    /// Writes the caller's own id if it can be taken over, else a new one, without allocating.
    func writeRequestID(of head: RequestHead, into reply: inout InlineReply) {
        if let own = head.field(.requestID), RequestID.isAcceptable(own) {
            scratch.copyMemory(from: own)
            requestIDLength = own.count
        } else {
            ids.next(into: scratch)
            requestIDLength = RequestIDSource.length
        }
        reply.field("X-Request-ID", lastRequestID)
    }

    /// The same as a string, for what outlives the call.
    func requestID(of head: RequestHead?) -> String {
        if let own = head?.field(.requestID), RequestID.isAcceptable(own) {
            return String(decoding: own, as: UTF8.self)
        }
        return ids.next()
    }
}
