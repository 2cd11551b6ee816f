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

extension ReplyState {
    /// Collects status and fields of `response`, without its body. A field name has to be a token: a name is the
    /// program's own, so another one is a programming error.
    mutating func collect(_ response: Response) {
        status = response.status
        closes = response.closes
        for (name, value) in response.fields {
            var name = name
            let isOurs = name.withUTF8 { bytes in
                let raw = UnsafeRawBufferPointer(bytes)
                precondition(!raw.isEmpty && raw.allSatisfy(ByteClass.isToken), "A field's name is a token.")
                let isOurs = ["content-length", "date", "connection", "transfer-encoding"].contains {
                    (own: StaticString) in raw.equalsIgnoringCase(own)
                }
                if !isOurs { fields.append(raw) }
                return isOurs
            }
            guard !isOurs else { continue }
            fields.append(": ")
            var value = value
            value.withUTF8 { fields.appendFieldValue(UnsafeRawBufferPointer($0)) }
            fields.append("\r\n")
        }
    }

    /// Runs `body` with each field as C strings, valid during the call. The lines are cut up in place, so they cannot
    /// be read as lines after.
    mutating func forEachField(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void) {
        var start = 0
        while start < fields.count {
            let base = fields.base
            var colon = start
            while base[colon] != UInt8(ascii: ":") { colon += 1 }
            var end = colon
            // A value holds no CR: `appendFieldValue` saw to that.
            while base[end] != 13 { end += 1 }
            base[colon] = 0
            base[end] = 0
            let text = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
            body(text + start, text + colon + 2)
            start = end + 2
        }
    }
}
