import Observability

/// A stored trace context as the text of `traceparent` (W3C Trace Context, version 00).
enum TraceText {
    static func parent(_ trace: TraceContext) -> String {
        "00-\(traceID(trace))-\(hex(trace.spanID, 16))-\(hex(UInt64(trace.flags & 1), 2))"
    }

    static func traceID(_ trace: TraceContext) -> String {
        hex(trace.traceIDHigh, 16) + hex(trace.traceIDLow, 16)
    }

    static func context(_ parent: String, state: String) -> TraceContext? {
        let parts = parent.split(separator: "-")
        guard parts.count == 4, parts[1].count == 32, let high = UInt64(parts[1].prefix(16), radix: 16),
            let low = UInt64(parts[1].suffix(16), radix: 16), let span = UInt64(parts[2], radix: 16),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        return TraceContext(traceIDHigh: high, traceIDLow: low, spanID: span, flags: flags, state: state)
    }

    private static func hex(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
