/// A request to another service.
public struct HTTPClientRequest: Sendable {
    /// A part of a file, sent as content straight from the disk.
    public struct FilePart: Sendable, Hashable {
        /// The file, opened anew for each attempt.
        public var path: String
        /// Where the part begins.
        public var offset: Int
        /// How many bytes it has; a file that turns out shorter fails the request.
        public var count: Int

        /// A part of a file.
        public init(path: String, offset: Int = 0, count: Int) {
            self.path = path
            self.offset = offset
            self.count = count
        }
    }

    /// What a request is signed with: AWS Signature Version 4, made by libcurl.
    public struct Signature: Sendable, Hashable {
        /// The public half of the key.
        public var accessKey: String
        /// The secret half.
        public var secretKey: String
        /// `us-east-1` and the like.
        public var region: String
        /// `s3`.
        public var service: String

        /// A signature's parts.
        public init(accessKey: String, secretKey: String, region: String, service: String = "s3") {
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.region = region
            self.service = service
        }
    }

    /// The slowest transfer that is waited for: one that moves less than this in the time has stalled. Counts from the
    /// connection on, the other side's thinking included.
    public struct Floor: Sendable, Hashable {
        /// Bytes a second, on average over the time, both directions together.
        public var bytesPerSecond: Int
        /// Over how long; whole seconds.
        public var seconds: Int

        /// A floor.
        public init(bytesPerSecond: Int, seconds: Int) {
            self.bytesPerSecond = bytesPerSecond
            self.seconds = seconds
        }
    }

    /// The method, upper case.
    public var method: String
    /// An absolute `http` or `https` URL without user information.
    public var url: String
    /// Name and value of each field; `Host`, `Content-Length` and framing are libcurl's.
    public var fields: [(name: String, value: String)]
    /// The content; nil sends none, unless there is a `file`.
    public var body: [UInt8]?
    /// Content that is read while it is sent.
    public var file: FilePart?
    /// Signs the request.
    public var signature: Signature?
    /// Where it may go; `trusted` unless a caller of ours gave the URL.
    public var destination = DestinationPolicy.trusted
    /// Ends a transfer that is slower, as `HTTPClientError.timeout`.
    public var floor: Floor?
    /// How long everything may take, from the call on (waiting for a free thread included in the async form).
    public var timeout: Duration
    /// How long connecting may take, TLS included; never beyond `timeout`.
    public var connectTimeout: Duration
    /// What an answer's content may hold; a longer one is `HTTPClientError.tooLarge`.
    public var responseLimitBytes: Int

    /// Host and port of its URL, for spans; nil where the URL cannot be read.
    public var server: (address: String, port: Int)? {
        // What is wrong with the URL is told when it is sent.
        guard let target = try? RequestTarget(url: url) else { return nil }
        return (target.host, target.port)
    }

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
