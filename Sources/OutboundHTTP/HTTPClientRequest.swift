/// A request to another service.
public struct HTTPClientRequest: Sendable {
    /// The method, upper case.
    public var method: String
    /// An absolute `http` or `https` URL without user information.
    public var url: String
    /// Name and value of each field; `Host`, `Content-Length` and framing are libcurl's.
    public var fields: [(name: String, value: String)]
    /// The content; nil sends none.
    public var body: [UInt8]?
    /// How long everything may take, from the call on (waiting for a free thread included in the async form).
    public var timeout: Duration
    /// How long connecting may take, TLS included; never beyond `timeout`.
    public var connectTimeout: Duration
    /// What an answer's content may hold; a longer one is `HTTPClientError.tooLarge`.
    public var responseLimitBytes: Int

    /// A request with limits: 30 s in all, 5 s to connect, 8 MiB of answer.
    public init(
        method: String = "GET", url: String, fields: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(5), responseLimitBytes: Int = 8 << 20
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.responseLimitBytes = responseLimitBytes
    }
}
