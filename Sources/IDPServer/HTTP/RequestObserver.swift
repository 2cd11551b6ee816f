internal import EventHTTP
internal import Observability

/// The observation around each handler: times it, counts it by (endpoint, method, status), maps its error to the log,
/// ends its span, writes its access line. All calls are made on the loop that answers.
struct RequestObserver: Sendable {
    let tracing: TracingSystem
    let accessLog: AccessLog
    /// Nil where nobody has to say who he is.
    var auditLog: AuditLog?

    /// Starts the observation of an accepted request: its id, its trace context, its server span.
    func begin(
        _ endpoint: Endpoint, _ head: RequestHead, _ admitted: AdmittedCaller?, _ state: LoopState
    ) -> RequestContext {
        let caller = callersTrace(head)
        let start = endpoint.isProbe ? nil : beginSpan(endpoint, head, caller)
        return RequestContext(
            endpoint: endpoint, requestID: state.requestID(of: head), trace: start?.context ?? caller,
            span: start?.span, peer: head.peerAddress, admitted: admitted)
    }

    private func callersTrace(_ head: RequestHead) -> TraceContext? {
        head.field(.traceparent).flatMap { TraceContext(traceparent: $0, tracestate: head.field(.tracestate)) }
    }

    /// The path as a span may show it: as it came where it holds nothing but a run's id and numbers; else the template,
    /// for anything could stand there, a name too.
    private static func path(of head: RequestHead, _ template: RouteTemplate) -> String {
        guard template.hasVariable else { return template.text }
        let isNumber = template.variable(1, in: head.path)?.allSatisfy { (0x30...0x39).contains($0) } ?? true
        guard isNumber, let id = template.variable(in: head.path), RunID(ascii: id) != nil else { return template.text }
        return String(decoding: head.path, as: UTF8.self)
    }

    private func beginSpan(
        _ endpoint: Endpoint, _ head: RequestHead, _ caller: TraceContext?, startUnixNanoseconds: UInt64? = nil
    ) -> TracingSystem.Start? {
        tracing.begin(
            endpoint.spanName, kind: .server, parent: caller,
            attributes: [
                .init("http.request.method", "\(endpoint.method.name)"),
                .init("http.route", endpoint.template.text),
                .init("url.path", Self.path(of: head, endpoint.template)),
                .init("client.address", head.peerAddress.host),
                .init("url.scheme", head.isTLS ? "https" : "http"), .init("network.protocol.version", "1.1"),
            ], startUnixNanoseconds: startUnixNanoseconds)
    }

    /// Observes a queued endpoint's request that its shortcut has answered: everything that an accepted one gets.
    func shortcutAnswered(
        _ endpoint: Endpoint, _ head: RequestHead, _ runID: RunID, _ caller: Caller?, _ reply: inout InlineReply,
        since started: UInt64, _ state: LoopState
    ) {
        let trace = callersTrace(head)
        let elapsed = MonotonicClock.nanoseconds() &- started
        let start =
            tracing.isEnabled
            ? beginSpan(endpoint, head, trace, startUnixNanoseconds: WallClock.nanoseconds() &- elapsed) : nil
        let record = ExchangeRecord(
            status: reply.currentStatus, bytesIn: 0, bytesOut: reply.bodyBytes, durationNanoseconds: elapsed)
        endpoint.metrics.record(
            status: record.status, nanoseconds: elapsed, bytesIn: 0, bytesOut: record.bytesOut, lane: state.lane)
        if let span = start?.span {
            span.set("http.response.status_code", record.status)
            span.end()
        }
        accessLog.write(endpoint, head, runID, caller, start?.context ?? trace, record, state)
    }

    /// Ends it: one call for each accepted request.
    func end(_ context: RequestContext, _ record: ExchangeRecord, _ state: LoopState) {
        context.endpoint.metrics.record(
            status: record.status, nanoseconds: record.durationNanoseconds, bytesIn: record.bytesIn,
            bytesOut: record.bytesOut, lane: state.lane)
        if record.status == 499 { context.cancellation.cancel(.clientGone) }
        if let span = context.span {
            span.set("http.response.status_code", record.status)
            if record.status >= 500 {
                span.set("error.type", context.error?.code.rawValue ?? String(record.status))
                span.setStatus(.error(nil))
            }
            span.end()
        }
        auditLog?.write(context, record, state)
        guard !context.endpoint.isProbe else { return }
        accessLog.write(context, record, state)
    }

    /// Counts an inline answer.
    func inlineAnswered(_ metrics: EndpointMetrics, status: Int, since started: UInt64, _ state: LoopState) {
        metrics.record(
            status: status, nanoseconds: MonotonicClock.nanoseconds() &- started, bytesIn: 0, bytesOut: 0,
            lane: state.lane)
    }

    /// Counts an inline refusal, and logs it.
    func inlineRefused(
        _ metrics: EndpointMetrics, _ error: ServiceError, requestID: String, peer: PeerAddress?,
        since started: UInt64, _ state: LoopState
    ) {
        let elapsed = MonotonicClock.nanoseconds() &- started
        metrics.record(
            status: error.code.httpStatus, nanoseconds: elapsed, bytesIn: 0, bytesOut: 0, lane: state.lane)
        accessLog.write(metrics, error, requestID: requestID, peer: peer, nanoseconds: elapsed, state)
        auditLog?.write(refused: error, metrics, requestID: requestID, peer: peer, state)
    }
}
