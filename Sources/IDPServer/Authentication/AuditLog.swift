internal import EventHTTP
internal import Observability

/// Who did what to which run: one line for each use of a route that changes something or shows something personal, and
/// for each refusal for want of a right. Written where authentication is on, whatever IDP_LOG_LEVEL says.
///
///     {"ts":…,"level":"notice","logger":"idp.audit","message":"audit","action":"cancel","caller":"loans",
///      "outcome":"done","status":202,"run_id":…,"request_id":…,"client_address":…}
///
/// Nothing of a document or an applicant is in them. Built in the loop's own buffer; the sink takes a copy and writes
/// it on its queue.
struct AuditLog: Sendable {
    let sink: LogSink
    /// Milliseconds since 1970.
    let now: @Sendable () -> UInt64

    /// An accepted request that has ended.
    func write(_ context: RequestContext, _ record: ExchangeRecord, _ state: LoopState) {
        guard let caller = context.caller, let action = context.endpoint.access.action else { return }
        begin(&state.line, action, outcome: record.status < 400 ? "done" : "failed", status: record.status)
        state.line.field("caller", caller.name)
        if let runID = context.runID { state.line.field("run_id", runID.description) }
        state.line.field("request_id", context.requestID)
        context.peer.withHostBytes { state.line.field("client_address", bytes: $0) }
        if let code = context.error?.code { state.line.field("code", code.rawValue) }
        state.line.end(to: sink, lane: state.lane)
    }

    /// A request that was refused at its head. Only refusals that are about the caller are written.
    func write(
        refused error: ServiceError, _ metrics: EndpointMetrics, requestID: String, peer: PeerAddress?,
        _ state: LoopState
    ) {
        guard [.unauthorized, .forbidden, .rateLimited].contains(error.code) else { return }
        begin(&state.line, "\(metrics.method) \(metrics.endpoint)", outcome: "refused", status: error.code.httpStatus)
        state.line.field("request_id", requestID)
        if let peer { state.line.field("client_address", peer.host) }
        state.line.field("code", error.code.rawValue)
        if let cause = error.cause { state.line.field("cause", cause) }
        state.line.end(to: sink, lane: state.lane)
    }

    private func begin(_ line: inout LogLine, _ action: String, outcome: String, status: Int) {
        line.begin(level: "notice", logger: "idp.audit", message: "audit", unixMilliseconds: now())
        line.field("action", action)
        line.field("outcome", outcome)
        line.field("status", status)
    }
}
