internal import EventHTTP
internal import Observability

/// One line a request, written off the loop: ids, client's address (`unix` on a Unix-domain socket), route, status,
/// sizes, time. No path, no query, no name.
///
/// The line is built in a buffer of the loop's own; the sink takes a copy and writes it on its queue.
struct AccessLog: Sendable {
    let sink: LogSink
    /// Whether lines are wanted at the log's level.
    let isOn: Bool
    /// Milliseconds since 1970.
    let now: @Sendable () -> UInt64

    /// An accepted request that has ended.
    func write(_ context: RequestContext, _ record: ExchangeRecord, _ state: LoopState) {
        guard isOn else { return }
        write(context, record, &state.line, state.lane)
    }

    private func write(_ context: RequestContext, _ record: ExchangeRecord, _ line: inout LogLine, _ lane: Lane) {
        let error = context.error
        begin(&line, status: record.status)
        line.field("request_id", context.requestID)
        if let runID = context.runID { line.field("run_id", runID.description) }
        if let trace = context.trace { line.trace(trace) }
        context.peer.withHostBytes { line.field("client_address", bytes: $0) }
        if let caller = context.caller { line.field("caller", caller.name) }
        end(context.endpoint, record, &line)
        if let error {
            line.field("code", error.code.rawValue)
            if let cause = error.cause { line.field("cause", cause) }
        }
        line.end(to: sink, lane: lane)
    }

    /// A queued endpoint's request that was answered on the loop; its id is the state's last. `bytes_out` counts the
    /// body alone.
    func write(
        _ endpoint: Endpoint, _ head: RequestHead, _ runID: RunID, _ caller: Caller?, _ trace: TraceContext?,
        _ record: ExchangeRecord, _ state: LoopState
    ) {
        guard isOn else { return }
        write(endpoint, head, runID, caller, trace, record, requestID: state.lastRequestID, &state.line, state.lane)
    }

    private func write(
        _ endpoint: Endpoint, _ head: RequestHead, _ runID: RunID, _ caller: Caller?, _ trace: TraceContext?,
        _ record: ExchangeRecord, requestID: UnsafeRawBufferPointer, _ line: inout LogLine, _ lane: Lane
    ) {
        begin(&line, status: record.status)
        line.field("request_id", bytes: requestID)
        withUnsafeTemporaryAllocation(byteCount: RunID.textLength, alignment: 8) { text in
            runID.write(to: text)
            line.field("run_id", bytes: UnsafeRawBufferPointer(text))
        }
        if let trace { line.trace(trace) }
        head.peerAddress.withHostBytes { line.field("client_address", bytes: $0) }
        if let caller { line.field("caller", caller.name) }
        end(endpoint, record, &line)
        line.end(to: sink, lane: lane)
    }

    /// What every accepted request's line has after its ids.
    private func end(_ endpoint: Endpoint, _ record: ExchangeRecord, _ line: inout LogLine) {
        line.members(endpoint.accessMembers)
        line.field("status", record.status)
        line.field("duration_ms", millisecondsOf: record.durationNanoseconds)
        line.field("bytes_in", record.bytesIn)
        line.field("bytes_out", record.bytesOut)
    }

    /// A request that was refused at its head.
    func write(
        _ metrics: EndpointMetrics, _ error: ServiceError, requestID: String, peer: PeerAddress?, nanoseconds: UInt64,
        _ state: LoopState
    ) {
        guard isOn else { return }
        begin(&state.line, status: error.code.httpStatus)
        state.line.field("request_id", requestID)
        if let peer { state.line.field("client_address", peer.host) }
        state.line.field("method", metrics.method)
        state.line.field("route", metrics.endpoint)
        state.line.field("status", error.code.httpStatus)
        state.line.field("duration_ms", millisecondsOf: nanoseconds)
        state.line.field("code", error.code.rawValue)
        if let cause = error.cause { state.line.field("cause", cause) }
        state.line.end(to: sink, lane: state.lane)
    }

    private func begin(_ line: inout LogLine, status: Int) {
        line.begin(
            level: status >= 500 ? "error" : "info", logger: "idp.access", message: "request", unixMilliseconds: now())
    }
}
