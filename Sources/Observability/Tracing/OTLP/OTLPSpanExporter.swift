internal import SwiftProtobuf

/// Exports spans as OTLP in protobuf over HTTP (opentelemetry-proto 1.x, "OTLP/HTTP").
public struct OTLPSpanExporter: SpanExporter {
    /// Why a batch was not taken.
    public enum Failure: Error, Sendable, Equatable {
        /// The collector answered with this status.
        case status(Int, retryAfter: Int?)
        /// There was no answer; the text says why.
        case transport(String)
        /// The batch could not be written as protobuf.
        case encoding(String)
    }

    /// Where and how to send.
    public struct Configuration: Sendable {
        /// The whole URL of the traces endpoint.
        public var url: String
        /// Fields added to each request, such as an authorization.
        public var fields: [(name: String, value: String)] = []
        /// How long one request may take; retries end with the batch's deadline.
        public var timeout: Duration = .seconds(10)
        /// What the process is: `service.name` and so on.
        public var resource: [RecordedSpan.Attribute] = []
        /// Makes gzip of a body; nil sends it plain. Given from above, where the library is.
        public var gzip: (@Sendable ([UInt8]) -> [UInt8]?)?
        /// Tries, waits and their limits; what is retryable is OTLP's business and set by the exporter.
        public var attempts = 5
        /// The waits between tries.
        public var backoff = Backoff(base: .seconds(1), cap: .seconds(5))

        /// A configuration for an endpoint.
        public init(url: String) {
            self.url = url
        }
    }

    private let configuration: Configuration
    private let transport: any OTLPTransport
    private let environment: RetryEnvironment
    private let onFailure: @Sendable (Failure) -> Void

    /// An exporter. `onFailure` hears of each batch that was given up: for the log.
    public init(
        _ configuration: Configuration, transport: any OTLPTransport, environment: RetryEnvironment = .live,
        onFailure: @escaping @Sendable (Failure) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.transport = transport
        self.environment = environment
        self.onFailure = onFailure
    }

    /// Sends a batch, trying again where OTLP allows it.
    public func export(_ spans: [RecordedSpan.Record], deadline: Deadline) -> Int {
        do {
            let rejected = try send(spans, deadline: deadline)
            return max(spans.count - rejected, 0)
        } catch let failure as Failure {
            onFailure(failure)
        } catch {
            onFailure(.transport(String(reflecting: error)))
        }
        return 0
    }

    /// Gives the number of spans that the collector rejected for good.
    private func send(_ spans: [RecordedSpan.Record], deadline: Deadline) throws -> Int {
        let body = try encoded(spans)
        var fields = [(name: "Content-Type", value: "application/x-protobuf")]
        var sent = body
        if let compressed = configuration.gzip?(body) {
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
            return rejectedCount(response.body)
        }
    }

    private func encoded(_ spans: [RecordedSpan.Record]) throws -> [UInt8] {
        do {
            return try OTLPMessage.request(spans, resource: configuration.resource).serializedBytes()
        } catch {
            throw Failure.encoding(String(reflecting: error))
        }
    }

    private func rejectedCount(_ body: [UInt8]) -> Int {
        // A 2xx is a success whatever its body; one that is not a protobuf answer rejects nothing.
        guard
            let response = try? Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse(
                serializedBytes: body)
        else { return 0 }
        return Int(clamping: max(response.partialSuccess.rejectedSpans, 0))
    }
}

extension OTLPSpanExporter.Failure {
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
