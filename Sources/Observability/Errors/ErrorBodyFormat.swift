/// The two shapes of an error body.
public enum ErrorBodyFormat: Sendable, CaseIterable {
    /// `{"detail":{…}}` as `application/json`: the default.
    case detail
    /// RFC 9457, `application/problem+json`.
    case problem

    /// The value of `Content-Type`.
    public var contentType: String {
        switch self {
        case .detail: "application/json"
        case .problem: "application/problem+json"
        }
    }

    /// The shape that the value of an `Accept` field asks for: RFC 9457 where `application/problem+json` is named and
    /// not liked less than `application/json`, else the default.
    public static func negotiated(accept: String?) -> ErrorBodyFormat {
        guard let accept, accept.contains("problem") || accept.contains("PROBLEM") else { return .detail }
        let types = AcceptedMediaTypes(accept)
        guard let problem = types.weight(named: "application/problem+json"), problem > 0 else { return .detail }
        return problem >= types.weight(named: "application/json") ?? 0 ? .problem : .detail
    }
}
