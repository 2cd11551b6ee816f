import Dependencies
import Observability
import OutboundHTTP

/// What came of one attempt to deliver a callback.
struct CallbackOutcome: Sendable, Equatable {
    /// What it means for the callback and for its endpoint.
    enum Kind: Sendable, Equatable {
        /// 2xx.
        case delivered
        /// 410: the receiver wants no more.
        case gone
        /// The endpoint works and did not take it: a redirect, another 4xx.
        case refused
        /// The endpoint has too much to do: 408, 425, 429.
        case throttled
        /// The endpoint does not work: no answer, no answer of HTTP, 5xx.
        case outage
        /// It can never go there: an address that is not allowed, a URL that cannot be asked.
        case impossible
        /// This process stops; nothing is known.
        case brokenOff
    }

    var kind: Kind
    /// A stable word for logs and the delivery log.
    var word: String
    /// Nil without an answer.
    var httpStatus: Int?
    /// When the receiver wants to be asked again.
    var retryAfter: Duration?

    /// What a receiver's answer means.
    init(_ response: HTTPClientResponse, at moment: Timestamp) {
        let kind: Kind =
            switch response.status {
            case 200..<300: .delivered
            case 410: .gone
            case 408, 425, 429: .throttled
            case 500...: .outage
            default: .refused
            }
        self.init(
            kind: kind, word: kind == .delivered ? "ok" : "http_\(response.status)", httpStatus: response.status,
            retryAfter: response.field("Retry-After").flatMap { RetryAfter.wait($0, at: moment) })
    }

    /// What it means that there was no answer.
    init(_ error: any Error, at moment: Timestamp) {
        switch error {
        case HTTPDependencyError.status(let response, _): self.init(response, at: moment)
        case HTTPDependencyError.transport(let error, _):
            switch error {
            case .blocked, .invalidRequest: self.init(kind: .impossible, word: error.outcome)
            // A certificate can be renewed, a wrong program be replaced: nothing here is for ever.
            default: self.init(kind: .outage, word: error.outcome)
            }
        case is WorkCancelled: self.init(kind: .brokenOff, word: "broken_off")
        // Nothing was sent; at once again would be a circle.
        case is DependencyRefusal: self.init(kind: .throttled, word: "not_sent", retryAfter: .seconds(1))
        case is DeadlineExceeded: self.init(kind: .outage, word: "timeout")
        default: self.init(kind: .outage, word: "failed")
        }
    }

    init(kind: Kind, word: String, httpStatus: Int? = nil, retryAfter: Duration? = nil) {
        self.kind = kind
        self.word = word
        self.httpStatus = httpStatus
        self.retryAfter = retryAfter
    }
}
