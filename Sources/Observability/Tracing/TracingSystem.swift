/// Where spans begin. A disabled system gives no span, evaluates no attribute and allocates nothing.
///
/// The rule for callers: keep the `TraceContext` that `begin` gives and pass it down; ask `startSpan` for a child
/// where work is done, and pass the child's context on if there is one.
public final class TracingSystem: Sendable {
    /// What `begin` decided for a request or a job.
    public struct Start: Sendable {
        /// What to pass down and out: the new span's ids, with the sampler's decision in its flag.
        public let context: TraceContext
        /// The span, if the trace is sampled.
        public let span: RecordedSpan?
    }

    /// What an enabled system needs.
    public struct Parts: Sendable {
        /// Which traces are recorded.
        public var sampler: TraceSampler
        /// Where ended spans go.
        public var processor: BatchSpanProcessor
        /// Where ids come from.
        public var identifiers: IdentifierGenerator
        /// Nanoseconds since 1970.
        public var now: @Sendable () -> UInt64

        /// The parts.
        public init(
            sampler: TraceSampler, processor: BatchSpanProcessor, identifiers: IdentifierGenerator = .init(),
            now: @escaping @Sendable () -> UInt64
        ) {
            self.sampler = sampler
            self.processor = processor
            self.identifiers = identifiers
            self.now = now
        }
    }

    /// Whether spans are recorded at all.
    public let isEnabled: Bool
    private let parts: Parts?

    /// The system that does nothing.
    public static let disabled = TracingSystem(parts: nil)

    /// A system that records.
    public convenience init(_ parts: Parts) {
        self.init(parts: parts)
    }

    private init(parts: Parts?) {
        self.parts = parts
        isEnabled = parts != nil
    }

    /// Begins the outermost span of a request or a job in this process and decides whether its trace is sampled; nil
    /// when tracing is off. `parent` is the caller's context, if it sent one.
    @inlinable
    public func begin(
        _ name: @autoclosure () -> String, kind: RecordedSpan.Kind = .server, parent: TraceContext?,
        links: @autoclosure () -> [RecordedSpan.Link] = [],
        attributes: @autoclosure () -> [RecordedSpan.Attribute] = [], startUnixNanoseconds: UInt64? = nil
    ) -> Start? {
        // Inlined into the caller: tracing that is off costs one load and a branch.
        guard isEnabled else { return nil }
        return beginEnabled(name(), kind, parent, links(), attributes(), startUnixNanoseconds)
    }

    /// `begin` where tracing is on; names and attributes are evaluated only for sampled traces.
    @usableFromInline
    func beginEnabled(
        _ name: @autoclosure () -> String, _ kind: RecordedSpan.Kind, _ parent: TraceContext?,
        _ links: @autoclosure () -> [RecordedSpan.Link], _ attributes: @autoclosure () -> [RecordedSpan.Attribute],
        _ startUnixNanoseconds: UInt64?
    ) -> Start? {
        guard let parts else { return nil }
        var context = Self.childContext(of: parent, parts.identifiers)
        let isSampled = parts.sampler.samples(parent: parent, traceIDLow: context.traceIDLow)
        context.flags = isSampled ? 1 : 0
        guard isSampled else { return Start(context: context, span: nil) }
        let record = RecordedSpan.Record(
            context: context, parentSpanID: parent?.spanID, hasRemoteParent: parent != nil, name: name(), kind: kind,
            startUnixNanoseconds: startUnixNanoseconds ?? parts.now(), endUnixNanoseconds: 0,
            attributes: attributes(), events: [], links: links(), status: .unset)
        return Start(context: context, span: Self.span(record, parts))
    }

    /// Begins a span inside a trace of this process; nil when tracing is off, there is no parent or it is not sampled.
    @inlinable
    public func startSpan(
        _ name: @autoclosure () -> String, kind: RecordedSpan.Kind = .internal, parent: TraceContext?,
        links: @autoclosure () -> [RecordedSpan.Link] = [],
        attributes: @autoclosure () -> [RecordedSpan.Attribute] = [], startUnixNanoseconds: UInt64? = nil
    ) -> RecordedSpan? {
        guard isEnabled, let parent, parent.isSampled else { return nil }
        return startEnabled(name(), kind, parent, links(), attributes(), startUnixNanoseconds)
    }

    /// `startSpan` where it gives a span.
    @usableFromInline
    func startEnabled(
        _ name: String, _ kind: RecordedSpan.Kind, _ parent: TraceContext, _ links: [RecordedSpan.Link],
        _ attributes: [RecordedSpan.Attribute], _ startUnixNanoseconds: UInt64?
    ) -> RecordedSpan? {
        guard let parts else { return nil }
        let context = Self.childContext(of: parent, parts.identifiers)
        let record = RecordedSpan.Record(
            context: context, parentSpanID: parent.spanID, hasRemoteParent: false, name: name, kind: kind,
            startUnixNanoseconds: startUnixNanoseconds ?? parts.now(), endUnixNanoseconds: 0,
            attributes: attributes, events: [], links: links, status: .unset)
        return Self.span(record, parts)
    }

    /// Sends what has ended so far, waiting at most until `deadline`. False if it was not all sent.
    @discardableResult
    public func flush(by deadline: Deadline) -> Bool {
        parts?.processor.flush(by: deadline) ?? true
    }

    /// Sends what is left and takes no more spans. False if it was not all sent by the deadline.
    @discardableResult
    public func shutdown(by deadline: Deadline) -> Bool {
        parts?.processor.shutdown(by: deadline) ?? true
    }

    private static func childContext(of parent: TraceContext?, _ identifiers: IdentifierGenerator) -> TraceContext {
        let id = identifiers.next64()
        if let parent {
            return TraceContext(
                traceIDHigh: parent.traceIDHigh, traceIDLow: parent.traceIDLow, spanID: id, flags: parent.flags,
                state: parent.state)
        }
        let trace = identifiers.next128()
        return TraceContext(traceIDHigh: trace.high, traceIDLow: trace.low, spanID: id, flags: 0)
    }

    private static func span(_ record: RecordedSpan.Record, _ parts: Parts) -> RecordedSpan {
        let processor = parts.processor
        return RecordedSpan(record, now: parts.now) { processor.add($0) }
    }
}
