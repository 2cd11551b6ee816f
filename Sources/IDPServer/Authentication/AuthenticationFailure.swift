internal import Observability

/// Why nobody knows who is calling.
enum AuthenticationFailure: String, Error, CaseIterable, Sendable {
    /// Neither key, token nor certificate came.
    case missing
    /// It is none of those that are good here, or not even well-formed.
    case unknown
    /// It was good once.
    case expired
    /// It will be good.
    case early
    /// A token for somebody or something else: issuer, audience, type.
    case foreign
    /// A token that no key of the issuer has signed.
    case forged
    /// The issuer's keys are not at hand.
    case unavailable

    /// As the caller is told. What exactly is wrong with a credential is for the log: whoever tries some out learns
    /// nothing (RFC 6750, section 3.1 asks for no more than `invalid_token`).
    var serviceError: ServiceError {
        switch self {
        case .missing:
            var error = ServiceError(
                .unauthorized, "Authentication required: send a key or token in Authorization: Bearer",
                cause: "no credential")
            error.answerFields = [Self.challenge()]
            return error
        case .expired, .unknown, .early, .foreign, .forged:
            var error = ServiceError(.unauthorized, "The credential is not valid", cause: "credential \(rawValue)")
            error.answerFields = [Self.challenge("error=\"invalid_token\"")]
            return error
        case .unavailable:
            return ServiceError(
                .dependencyUnavailable, "The keys that tokens are checked with are not at hand yet", retryAfter: 1,
                cause: "the issuer's keys are not at hand")
        }
    }

    /// A challenge (RFC 6750, section 3).
    static func challenge(_ more: String...) -> HTTPErrorAnswer.Field {
        .init(
            name: "WWW-Authenticate",
            value: "Bearer " + (["realm=\"idp-server\""] + more).joined(separator: ", "))
    }
}

extension ServiceError {
    /// The caller is known and may not do this.
    static func lacking(_ scope: Scope, _ caller: Caller) -> ServiceError {
        var error = ServiceError(
            .forbidden, "The scope \(scope.rawValue) is needed", cause: "\(caller.name) lacks \(scope.rawValue)")
        error.answerFields = [
            AuthenticationFailure.challenge("error=\"insufficient_scope\"", "scope=\"\(scope.rawValue)\"")
        ]
        return error
    }
}
