internal import Observability
internal import OutboundHTTP

/// The way of spans to their collector: the service's one HTTP client.
struct CollectorTransport: OTLPTransport {
    /// A collector's answer is a few lines; more is not read.
    private static let answerLimitBytes = 64 * 1024

    private let client: HTTPClient

    /// - Parameter certificateFile: CA certificates to trust instead of the system's
    ///   (`OTEL_EXPORTER_OTLP_CERTIFICATE`).
    init(certificateFile: String?) {
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorityFile = certificateFile
        configuration.userAgent = "idp-server/\(BuildInfo.version)"
        client = HTTPClient(configuration)
    }

    func post(_ request: OTLPRequest) throws -> OTLPResponse {
        let response = try client.send(
            HTTPClientRequest(
                method: "POST", url: request.url, fields: request.fields, body: request.body,
                timeout: request.deadline.remaining, responseLimitBytes: Self.answerLimitBytes))
        return OTLPResponse(status: response.status, retryAfter: response.retryAfter, body: response.body)
    }
}
