/// A whole request, free of libevent: a value that may go to any thread.
public struct Request: Sendable {
    /// The head's fields, copied.
    public let fields: RequestFields
    /// The body as planned.
    public var body: Body
    /// The responder's own object for this request.
    public let context: any ExchangeContext

    /// The method.
    public var method: HTTPMethod { fields.head.view.method }
    /// The target up to `?`, percent-encoding untouched.
    public var path: String { withHead { $0.path.text } }
    /// The target after `?`, empty if there is none.
    public var query: String { withHead { $0.query.text } }
    /// The client's address.
    public var peerAddress: PeerAddress { fields.head.view.peerAddress }
    /// Whether the request came over TLS.
    public var isTLS: Bool { fields.head.view.isTLS }
    /// The certificate with which the client has proved who it is; nil if it has not.
    public var clientCertificate: ClientCertificate? { withHead { $0.clientCertificate } }

    /// Runs `body` with a view on the head, valid during the call.
    public func withHead<Result>(_ body: (RequestHead) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(fields.head) { try body(fields.head.view) }
    }
}

/// A request's fields, looked up case-insensitively. What is not UTF-8 in a value comes as U+FFFD.
public struct RequestFields: Sendable {
    let head: HeadCopy

    /// The value of a known field.
    public subscript(_ known: KnownField) -> String? {
        withExtendedLifetime(head) { head.view.field(known)?.text }
    }

    /// The value of the first field of this name.
    public subscript(_ name: StaticString) -> String? {
        withExtendedLifetime(head) { head.view.field(named: name)?.text }
    }

    /// Every field in the order it came.
    public var all: [(name: String, value: String)] {
        withExtendedLifetime(head) {
            let view = head.view
            return (0..<view.fieldCount).map { (view.fieldName(at: $0).text, view.fieldValue(at: $0).text) }
        }
    }
}
