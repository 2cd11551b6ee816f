/// The identity of a span as W3C Trace Context carries it (`traceparent`, `tracestate`; Recommendation of 2021-11-23).
public struct TraceContext: Sendable, Hashable {
    /// The trace id's high 64 bits; never zero together with the low ones.
    public var traceIDHigh: UInt64
    /// The low 64 bits.
    public var traceIDLow: UInt64
    /// Span id; never zero.
    public var spanID: UInt64
    /// Bit 0: sampled.
    public var flags: UInt8
    /// The vendors' list, carried on unchanged; empty when there is none.
    public var state: String

    /// A context of these parts.
    public init(traceIDHigh: UInt64, traceIDLow: UInt64, spanID: UInt64, flags: UInt8, state: String = "") {
        self.traceIDHigh = traceIDHigh
        self.traceIDLow = traceIDLow
        self.spanID = spanID
        self.flags = flags
        self.state = state
    }

    /// Whether the trace is recorded, as its beginning decided.
    public var isSampled: Bool { flags & 1 == 1 }
}
