/// The request methods that the gate lets through (RFC 9110 §9, RFC 5789). TRACE, CONNECT, QUERY and unknown methods
/// are refused before a responder is asked.
public enum HTTPMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, patch, options

    /// The method's token as it stands on the wire; methods are case-sensitive.
    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        }
    }
}
