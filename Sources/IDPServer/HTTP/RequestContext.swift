internal import EventHTTP
internal import Observability
internal import Synchronization

/// What belongs to one queued request from its admission to its end. Inline requests have none.
///
/// Made on the loop, read on queues; what changes afterwards is under the mutex.
final class RequestContext: ExchangeContext {
    private struct State {
        var error: ServiceError?
        var runID: RunID?
    }

    let endpoint: Endpoint
    let requestID: String
    /// The caller's trace context if it sent a valid one, else the server span's, else nil.
    let trace: TraceContext?
    /// The server span; nil when tracing is off or the request is not sampled.
    let span: RecordedSpan?
    /// The other end of the connection.
    let peer: PeerAddress
    /// Who makes it; nil where nobody has to say so.
    let admitted: AdmittedCaller?
    /// Stops the request's own work when the client goes away.
    let cancellation = CancellationToken()
    private let state = Mutex(State())

    init(
        endpoint: Endpoint, requestID: String, trace: TraceContext?, span: RecordedSpan?, peer: PeerAddress,
        admitted: AdmittedCaller? = nil
    ) {
        self.admitted = admitted
        self.endpoint = endpoint
        self.requestID = requestID
        self.trace = trace
        self.span = span
        self.peer = peer
    }

    /// Who makes it; nil where nobody has to say so.
    var caller: Caller? { admitted?.caller }

    /// What the request was answered with, if it failed: for the log and the span.
    var error: ServiceError? {
        get { state.withLock { $0.error } }
        set { state.withLock { $0.error = newValue } }
    }

    /// The run that the request is about, once known.
    var runID: RunID? {
        get { state.withLock { $0.runID } }
        set { state.withLock { $0.runID = newValue } }
    }
}
