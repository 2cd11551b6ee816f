/// What an `InlineReply` collects. Lives in memory of its own, made once per loop and reused for every answer.
struct ReplyState {
    var status = 0
    var closes = false
    /// Field lines, each ended by CRLF.
    var fields: ByteBuffer
    var body: ByteBuffer

    /// The status, 200 if none was set.
    var statusOrDefault: Int { status == 0 ? 200 : status }

    /// Makes an empty state; the caller owns it and calls `free`.
    static func make() -> UnsafeMutablePointer<ReplyState> {
        let state = UnsafeMutablePointer<ReplyState>.allocate(capacity: 1)
        state.initialize(to: ReplyState(fields: ByteBuffer(capacity: 1 << 10), body: ByteBuffer(capacity: 4 << 10)))
        return state
    }

    /// Frees a state of `make`.
    static func free(_ state: UnsafeMutablePointer<ReplyState>) {
        state.pointee.fields.free()
        state.pointee.body.free()
        state.deallocate()
    }

    /// Throws away what was collected.
    mutating func reset() {
        status = 0
        closes = false
        fields.clear()
        body.clear()
    }
}
