public import Tracing

/// The swift-distributed-tracing back end: spans that libraries begin through the facade come out with ours, and
/// `withSpan` inside a request finds the request's span. Given to `InstrumentationSystem.bootstrap` once, at start.
public struct TracingBackend: Tracer {
    private let system: TracingSystem

    /// A back end onto `system`.
    public init(_ system: TracingSystem) {
        self.system = system
    }

    /// Begins a span: a child of the context's span, or the root of a new trace.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> TracingBackendSpan {
        var context = context()
        let kind = RecordedSpan.Kind(kind)
        let start = instant().nanosecondsSinceEpoch
        var span: RecordedSpan?
        if let parent = context.traceContext, !context.isRemote {
            span = system.startSpan(operationName, kind: kind, parent: parent, startUnixNanoseconds: start)
            if let span { context.traceContext = span.context }
        } else if let started = system.begin(
            operationName, kind: kind, parent: context.traceContext, startUnixNanoseconds: start)
        {
            span = started.span
            context.traceContext = started.context
        }
        return TracingBackendSpan(name: operationName, context: context, recorded: span)
    }

    /// The facade's older entry point.
    @available(*, deprecated, message: "prefer withSpan")
    public func startAnySpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> any Tracing.Span {
        startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID,
            line: line)
    }

    /// Asks for what has ended to be sent, and waits for it at most five seconds.
    @available(*, deprecated)
    public func forceFlush() {
        system.flush(by: .after(.seconds(5)))
    }

    /// Reads `traceparent` and `tracestate`.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier) else { return }
        let state = extractor.extract(key: "tracestate", from: carrier)
        guard let remote = TraceContext(traceparent: parent, tracestate: state) else { return }
        context[RemoteTraceContextKey.self] = remote
    }

    /// Writes `traceparent` and `tracestate`.
    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let own = context.traceContext else { return }
        injector.inject(own.traceparent, forKey: "traceparent", into: &carrier)
        if !own.state.isEmpty { injector.inject(own.state, forKey: "tracestate", into: &carrier) }
    }
}

private enum TraceContextKey: InstrumentationContextKey {
    typealias Value = TraceContext
}

/// A context that came from outside and has no span here yet.
private enum RemoteTraceContextKey: InstrumentationContextKey {
    typealias Value = TraceContext
}

extension InstrumentationContext {
    /// The trace context that the facade carries from task to task: the current span's, else the caller's.
    public var traceContext: TraceContext? {
        get { self[TraceContextKey.self] ?? self[RemoteTraceContextKey.self] }
        set {
            self[TraceContextKey.self] = newValue
            self[RemoteTraceContextKey.self] = nil
        }
    }

    /// Whether the context is a caller's, so that the sampler has still to decide.
    fileprivate var isRemote: Bool { self[TraceContextKey.self] == nil }
}

/// A span of the facade; records nothing where tracing is off or the trace is not sampled.
public struct TracingBackendSpan: Tracing.Span {
    private let name: String
    /// The context to hand on.
    public let context: InstrumentationContext
    private let recorded: RecordedSpan?

    /// A span of `context`; `recorded` is nil where nothing is recorded.
    init(name: String, context: InstrumentationContext, recorded: RecordedSpan?) {
        self.name = name
        self.context = context
        self.recorded = recorded
    }

    /// The span's name.
    public var operationName: String {
        get { recorded?.name ?? name }
        nonmutating set { recorded?.name = newValue }
    }

    /// Whether it is recorded and has not ended.
    public var isRecording: Bool { recorded?.isRecording ?? false }

    /// The attributes; setting merges into what is there.
    public var attributes: SpanAttributes {
        get { SpanAttributes(recorded?.attributes ?? []) }
        nonmutating set { for attribute in newValue.recordable { recorded?.set(attribute) } }
    }

    /// Sets how the work ended.
    public func setStatus(_ status: SpanStatus) {
        switch status.code {
        case .ok: recorded?.setStatus(.ok)
        case .error: recorded?.setStatus(.error(status.message))
        }
    }

    /// Notes a moment.
    public func addEvent(_ event: SpanEvent) {
        recorded?.addEvent(
            event.name, attributes: event.attributes.recordable, unixNanoseconds: event.nanosecondsSinceEpoch)
    }

    /// Notes an error's type; its text may hold what must not leave the process.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        let type = RecordedSpan.Attribute("exception.type", String(reflecting: Swift.type(of: error)))
        recorded?.addEvent(
            "exception", attributes: [type] + attributes.recordable,
            unixNanoseconds: instant().nanosecondsSinceEpoch)
    }

    /// Adds a link, if the other context has a trace.
    public func addLink(_ link: SpanLink) {
        guard let other = link.context.traceContext else { return }
        recorded?.addLink(.init(other, attributes: link.attributes.recordable))
    }

    /// Ends the span.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        recorded?.end(unixNanoseconds: instant().nanosecondsSinceEpoch)
    }
}

extension RecordedSpan.Kind {
    /// The kind that the facade means.
    fileprivate init(_ kind: SpanKind) {
        self =
            switch kind {
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            case .internal: .internal
            }
    }
}

extension SpanAttributes {
    /// The facade's attributes from recorded ones.
    fileprivate init(_ attributes: [RecordedSpan.Attribute]) {
        self.init([:])
        for attribute in attributes {
            let value: SpanAttribute =
                switch attribute.value {
                case .string(let text): .string(text)
                case .int(let number): .int64(number)
                case .double(let number): .double(number)
                case .bool(let truth): .bool(truth)
                case .strings(let texts): .stringArray(texts)
                }
            set(attribute.key, value: value)
        }
    }

    /// As recorded ones, in the order of their keys.
    fileprivate var recordable: [RecordedSpan.Attribute] {
        var list: [RecordedSpan.Attribute] = []
        forEach { key, value in list.append(.init(key, RecordedSpan.Value(value))) }
        return list.sorted { $0.key < $1.key }
    }
}

extension RecordedSpan.Value {
    /// The facade asks for a default in switches over its attribute: it may grow.
    fileprivate init(_ attribute: SpanAttribute) {
        self =
            switch attribute {
            case .string(let text): .string(text)
            case .int32(let number): .int(Int64(number))
            case .int64(let number): .int(number)
            case .double(let number): .double(number)
            case .bool(let truth): .bool(truth)
            case .stringArray(let texts): .strings(texts)
            case .int32Array(let list): .strings(list.map { String($0) })
            case .int64Array(let list): .strings(list.map { String($0) })
            case .doubleArray(let list): .strings(list.map { String($0) })
            case .boolArray(let list): .strings(list.map { String($0) })
            case .stringConvertible(let value): .string("\(value)")
            case .stringConvertibleArray(let list): .strings(list.map { "\($0)" })
            default: .string("\(attribute)")
            }
    }
}
