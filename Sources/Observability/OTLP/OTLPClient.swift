internal import SwiftProtobuf

/// Posts OTLP requests in protobuf over HTTP (opentelemetry-proto 1.x, "OTLP/HTTP"), and tries again where OTLP allows
/// it. Blocks its caller: for a queue of an exporter's own.
public struct OTLPClient: Sendable {
    /// Why a request was not taken.
    public enum Failure: Error, Sendable, Equatable {
        /// The collector answered with this status.
        case status(Int, retryAfter: Int?)
        /// There was no answer; the text says why.
        case transport(String)
        /// The request could not be written as protobuf.
        case encoding(String)
    }

    /// Where and how to send.
    public struct Configuration: Sendable {
        /// The whole URL of the signal's endpoint.
        public var url: String
        /// Fields added to each request, such as an authorization.
        public var fields: [(name: String, value: String)] = []
        /// How long one request may take; retries end with the caller's deadline.
        public var timeout: Duration = .seconds(10)
        /// What the process is: `service.name` and so on.
        public var resource: [RecordedSpan.Attribute] = []
        /// Whether bodies are sent as gzip.
        public var usesGzip = false
        /// Tries in all; what is retryable is OTLP's business and set by the client.
        public var attempts = 5
        /// The waits between tries.
        public var backoff = Backoff(base: .seconds(1), cap: .seconds(5))

        /// A configuration for an endpoint.
        public init(url: String) {
            self.url = url
        }
    }

    let configuration: Configuration
    private let transport: any OTLPTransport
    private let environment: RetryEnvironment

    /// A client of the endpoint that the configuration names.
    public init(_ configuration: Configuration, transport: any OTLPTransport, environment: RetryEnvironment = .live) {
        self.configuration = configuration
        self.transport = transport
        self.environment = environment
    }

    /// Posts a message and gives the body of the answer.
    ///
    /// - Throws: the last try's `Failure`.
    func post(_ message: some Message, deadline: Deadline) throws -> [UInt8] {
        let body = try Self.encoded(message)
        var fields = [(name: "Content-Type", value: "application/x-protobuf")]
        var sent = body
        if configuration.usesGzip, let compressed = GzipEncoding.compress(body) {
            fields.append((name: "Content-Encoding", value: "gzip"))
            sent = compressed
        }
        fields += configuration.fields
        let policy = RetryPolicy(
            attempts: configuration.attempts, backoff: configuration.backoff,
            isRetryable: { ($0 as? Failure)?.isRetryable ?? false },
            retryAfter: { ($0 as? Failure)?.retryAfter })
        return try retry(policy, deadline: deadline, environment: environment) { _ in
            let limit = min(deadline, Deadline(environment.now().advanced(by: configuration.timeout)))
            let request = OTLPRequest(url: configuration.url, fields: fields, body: sent, deadline: limit)
            let response: OTLPResponse
            do {
                response = try transport.post(request)
            } catch {
                throw Failure.transport(String(reflecting: error))
            }
            guard (200..<300).contains(response.status) else {
                throw Failure.status(response.status, retryAfter: response.retryAfter)
            }
            return response.body
        }
    }

    private static func encoded(_ message: some Message) throws -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw Failure.encoding(String(reflecting: error))
        }
    }
}

extension OTLPClient.Failure {
    /// OTLP/HTTP names 429, 502, 503 and 504; a connection that failed may be tried again too.
    var isRetryable: Bool {
        switch self {
        case .status(let status, _): [429, 502, 503, 504].contains(status)
        case .transport: true
        case .encoding: false
        }
    }

    /// What the collector says about when to come back.
    var retryAfter: Duration? {
        switch self {
        case .status(_, let seconds): seconds.map { .seconds($0) }
        case .transport, .encoding: nil
        }
    }
}
