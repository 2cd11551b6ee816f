internal import Observability
internal import OutboundHTTP

/// The way of spans to their collector.
struct CollectorTransport: OTLPTransport {
    let certificateFile: String?

    func post(_ request: OTLPRequest) throws -> OTLPResponse {
        throw ServiceError(.notImplemented)
    }
}
