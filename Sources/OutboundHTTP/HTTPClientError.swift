/// Why there is no answer.
public enum HTTPClientError: Error, Sendable, Equatable {
    /// The URL is not an absolute http or https URL, or a field or the method cannot be sent.
    case invalidRequest(String)
    /// The request's `DestinationPolicy` does not permit an address that the URL leads to.
    case blocked
    /// The host's name has no address.
    case unresolved
    /// Nobody listens.
    case refused
    /// The host cannot be reached.
    case unreachable(String)
    /// The time ran out while connecting.
    case connectTimeout
    /// The time ran out after connecting.
    case timeout
    /// The connection broke before the answer was whole.
    case reset
    /// The other side's certificate or handshake is not right.
    case tls(String)
    /// The answer is longer than the request allows.
    case tooLarge(limitBytes: Int)
    /// What came is not HTTP.
    case malformedAnswer(String)
    /// `HTTPAbort.abort()` or the cancellation of the task.
    case aborted
    /// What takes the answer, or gives the request's content, failed on this side.
    case localFailure(String)
    /// Anything else libcurl says.
    case failed(String)

    /// Whether an idempotent request may be sent again.
    public var isRetryable: Bool {
        switch self {
        case .unresolved, .refused, .unreachable, .connectTimeout, .timeout, .reset, .failed: true
        case .invalidRequest, .blocked, .tls, .tooLarge, .malformedAnswer, .aborted, .localFailure: false
        }
    }

    /// A stable word for a metric's label.
    public var outcome: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .blocked: "blocked"
        case .unresolved: "unresolved"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .connectTimeout: "connect_timeout"
        case .timeout: "timeout"
        case .reset: "reset"
        case .tls: "tls"
        case .tooLarge: "too_large"
        case .malformedAnswer: "malformed_answer"
        case .aborted: "aborted"
        case .localFailure: "local_failure"
        case .failed: "failed"
        }
    }
}
