extension TraceContext {
    /// Reads the fields of a request. Strict as the Recommendation asks: a `traceparent` that is not exactly right is
    /// no context at all; a bad `tracestate` is dropped and the context stays.
    ///
    /// - Parameters:
    ///   - traceparent: the value of the only such field; two fields are the caller's to refuse.
    ///   - tracestate: all such fields joined with commas; nil if there is none.
    public init?(traceparent: UnsafeRawBufferPointer, tracestate: UnsafeRawBufferPointer? = nil) {
        // version "-" trace-id "-" parent-id "-" trace-flags: 2, 32, 16 and 2 digits.
        guard traceparent.count >= 55, let version = Self.hex(traceparent, 0, 2), version != 0xff,
            traceparent[2] == dash, traceparent[35] == dash, traceparent[52] == dash,
            // Version 00 ends here; a later one may go on after another dash.
            version == 0 ? traceparent.count == 55 : traceparent.count == 55 || traceparent[55] == dash,
            let high = Self.hex(traceparent, 3, 16), let low = Self.hex(traceparent, 19, 16), high | low != 0,
            let span = Self.hex(traceparent, 36, 16), span != 0,
            let flags = Self.hex(traceparent, 53, 2)
        else { return nil }
        // Only the sampled bit is defined; the others must be sent on as zero.
        self.init(traceIDHigh: high, traceIDLow: low, spanID: span, flags: UInt8(flags) & 1)
        if let tracestate { state = TraceState.validated(tracestate) ?? "" }
    }

    /// Reads the fields of a request from text.
    public init?(traceparent: String, tracestate: String? = nil) {
        let parent = Array(traceparent.utf8)
        let state = tracestate.map { Array($0.utf8) }
        let context = parent.withUnsafeBytes { parent in
            guard let state else { return TraceContext(traceparent: parent) }
            return state.withUnsafeBytes { TraceContext(traceparent: parent, tracestate: $0) }
        }
        guard let context else { return nil }
        self = context
    }

    /// The value of `traceparent`, version 00, 55 characters.
    public var traceparent: String {
        var text: [UInt8] = []
        text.reserveCapacity(55)
        appendTraceparent(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the value of `traceparent`.
    public func appendTraceparent(to text: inout [UInt8]) {
        text.append(text: "00-")
        appendTraceID(to: &text)
        text.append(dash)
        HexText.append(spanID, to: &text)
        text.append(dash)
        HexText.append(flags & 1, to: &text)
    }

    /// Appends the 32 digits of the trace id.
    public func appendTraceID(to text: inout [UInt8]) {
        HexText.append(traceIDHigh, to: &text)
        HexText.append(traceIDLow, to: &text)
    }

    /// The 32 digits of the trace id.
    public var traceID: String {
        var text: [UInt8] = []
        appendTraceID(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The 16 digits of the span id.
    public var spanIDText: String {
        var text: [UInt8] = []
        HexText.append(spanID, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func hex(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ digits: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<(start + digits) {
            guard let digit = HexText.value(ofLowercase: bytes[index]) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}

private let dash = UInt8(ascii: "-")
