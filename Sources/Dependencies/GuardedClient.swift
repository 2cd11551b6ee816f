public import Observability
public import OutboundHTTP

/// An answer of a dependency that is a failure, or none at all.
public enum HTTPDependencyError: DependencyError, CategorizedError {
    /// No answer came.
    case transport(HTTPClientError, dependency: String)
    /// The other side failed or is overloaded: 408, 425, 429 or 5xx.
    case status(HTTPClientResponse, dependency: String)

    /// What an injected fault looks like.
    init(_ injected: FaultInjector.Failure, dependency: String) {
        switch injected {
        case .broken: self = .transport(.reset, dependency: dependency)
        case .hung: self = .transport(.timeout, dependency: dependency)
        }
    }

    /// 408, 425, 429 and 5xx may go away, but for what the other side does not know at all (501, 505).
    public var dependencyFailure: DependencyFailure {
        switch self {
        case .transport(let error, _):
            let kind: DependencyFailure.Kind =
                switch error {
                case .timeout, .connectTimeout: .timeout
                case .aborted: .cancelled
                default: error.isRetryable ? .transient : .permanent
                }
            return DependencyFailure(outcome: error.outcome, kind: kind)
        case .status(let response, _):
            let kind: DependencyFailure.Kind =
                switch response.status {
                case 429, 503: .overload
                case 408, 504: .timeout
                case 501, 505: .permanent
                default: .transient
                }
            return DependencyFailure(
                outcome: HTTPDependencyError.word(response.status), kind: kind,
                retryAfter: response.retryAfter.map { .seconds($0) })
        }
    }

    /// `DEPENDENCY_UNAVAILABLE`; who knows more about the dependency says it with a code of its own.
    public var serviceError: ServiceError {
        let failure = dependencyFailure
        let dependency =
            switch self {
            case .transport(_, let name), .status(_, let name): name
            }
        let seconds = failure.retryAfter.map { Int($0 / .seconds(1)) } ?? 5
        return ServiceError(
            .dependencyUnavailable, retryAfter: max(1, seconds), cause: "\(dependency): \(failure.outcome)")
    }

    /// What a status counts as: `ok` below 400, else `http_404` and so on, and one word for what no standard knows.
    static func word(_ status: Int) -> String {
        switch status {
        case ..<400: "ok"
        case 400..<600: "http_\(status)"
        default: "http_other"
        }
    }

    /// Whether an answer speaks against the dependency, not against what was asked.
    static func isFailure(_ status: Int) -> Bool { [408, 425, 429].contains(status) || status >= 500 }
}

/// HTTP calls of one dependency: the client with everything that stands between. Thread-safe; calls block.
public final class GuardedClient: Sendable {
    /// What stands between: breaker, limits, budget.
    public let dependency: Dependency
    private let client: HTTPClient

    /// Calls of `dependency` by `client`, which may serve others too.
    public init(_ client: HTTPClient, _ dependency: Dependency) {
        self.client = client
        self.dependency = dependency
    }

    /// Sends a request, again where that is allowed and helps, with the trace's context in it and the time that is left
    /// as its limit.
    ///
    /// - Parameter receiver: makes what takes the content of a 2xx answer, anew for each attempt.
    /// - Returns: an answer below 500 that is none of 408, 425 and 429, redirects among them.
    /// - Throws: `HTTPDependencyError`, or as `Dependency.call`.
    public func send(
        _ request: HTTPClientRequest, _ options: Dependency.Options,
        receiver: (() throws -> HTTPContentReceiver)? = nil
    ) throws -> HTTPClientResponse {
        var options = options
        options.attributes.append(.init("http.request.method", request.method))
        return try dependency.call(options, outcome: { HTTPDependencyError.word($0.status) }) { attempt in
            try self.attempt(request, options, attempt, receiver?())
        }
    }

    /// One attempt of a call that its caller makes by `dependency.call`, because it has more to judge than a status:
    /// what it throws after this, wrong data for one, counts as the attempt's failure.
    public func attempt(
        _ request: HTTPClientRequest, _ options: Dependency.Options, _ attempt: Dependency.Attempt,
        _ receiver: HTTPContentReceiver? = nil
    ) throws -> HTTPClientResponse {
        var request = request
        request.timeout = min(request.timeout, attempt.deadline.remaining)
        // A signature would cover these fields, which every hop on the way may change; who signs for S3 gets none.
        if let trace = attempt.trace, request.signature == nil {
            request.fields.append(("traceparent", trace.traceparent))
            if !trace.state.isEmpty { request.fields.append(("tracestate", trace.state)) }
        }
        // Neither path nor query: keys and tokens stand in them.
        if let span = attempt.span, let server = request.server {
            span.set("server.address", server.address)
            span.set("server.port", server.port)
        }
        let abort = HTTPAbort()
        func send() throws -> HTTPClientResponse {
            do throws(HTTPClientError) {
                return try client.send(request, abort: abort, receiver: receiver)
            } catch .aborted {
                throw WorkCancelled(reason: options.cancellation?.reason ?? .requested)
            } catch {
                throw HTTPDependencyError.transport(error, dependency: dependency.name)
            }
        }
        let response =
            if let token = options.cancellation {
                try token.whileCancellable(onCancel: { _ in abort.abort() }, send)
            } else {
                try send()
            }
        attempt.span?.set("http.response.status_code", response.status)
        guard !HTTPDependencyError.isFailure(response.status) else {
            throw HTTPDependencyError.status(response, dependency: dependency.name)
        }
        return response
    }
}
