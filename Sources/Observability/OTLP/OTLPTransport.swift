/// Carries OTLP requests over HTTP; filled from above, since this target knows no socket. Called on the batch
/// processor's queue; may block until the request's deadline.
public protocol OTLPTransport: Sendable {
    /// Posts a request and gives the answer, whatever its status.
    ///
    /// - Throws: if there is no answer (refused, reset, timed out); such a request may be sent again.
    func post(_ request: OTLPRequest) throws -> OTLPResponse
}

/// One POST to a collector.
public struct OTLPRequest: Sendable {
    /// The whole URL, path included.
    public let url: String
    /// Name and value of each field, `Content-Type` among them.
    public let fields: [(name: String, value: String)]
    /// The body, compressed if a field says so.
    public let body: [UInt8]
    /// When the answer must be there.
    public let deadline: Deadline
}

/// A collector's answer.
public struct OTLPResponse: Sendable {
    /// The status code.
    public let status: Int
    /// `Retry-After` in seconds, if it was a number.
    public let retryAfter: Int?
    /// The body, capped by the transport.
    public let body: [UInt8]

    /// An answer.
    public init(status: Int, retryAfter: Int? = nil, body: [UInt8] = []) {
        self.status = status
        self.retryAfter = retryAfter
        self.body = body
    }
}
