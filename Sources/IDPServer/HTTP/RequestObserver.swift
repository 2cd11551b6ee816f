internal import EventHTTP
internal import Observability

/// The observation around each handler: times it, counts it by (endpoint, method, status), maps its error to the log,
/// ends its span, writes its access line. All calls are made on the loop that answers.
struct RequestObserver: Sendable {
    let tracing: TracingSystem
    let accessLog: AccessLog

    /// Starts the observation of an accepted request: its id, its trace context, its server span.
    func begin(_ endpoint: Endpoint, _ head: RequestHead, _ state: LoopState) -> RequestContext {
        let caller = head.field(.traceparent).flatMap {
            TraceContext(traceparent: $0, tracestate: head.field(.tracestate))
        }
        let start =
            endpoint.isProbe
            ? nil
            : tracing.begin(
                endpoint.spanName, kind: .server, parent: caller,
                attributes: [
                    .init("http.request.method", "\(endpoint.method.name)"),
                    .init("http.route", endpoint.template.text),
                    .init("url.path", String(decoding: head.path, as: UTF8.self)),
                    .init("client.address", head.peerAddress.host),
                    .init("url.scheme", head.isTLS ? "https" : "http"), .init("network.protocol.version", "1.1"),
                ])
        return RequestContext(
            endpoint: endpoint, requestID: state.requestID(of: head), trace: start?.context ?? caller,
            span: start?.span,
            errorFormat: .negotiated(accept: head.field(.accept).map { String(decoding: $0, as: UTF8.self) }),
            path: String(decoding: head.path, as: UTF8.self), peer: head.peerAddress)
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
    }
}
