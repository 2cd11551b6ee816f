internal import SwiftProtobuf

/// Exports spans to a collector.
public struct OTLPSpanExporter: SpanExporter {
    private let client: OTLPClient
    private let onFailure: @Sendable (OTLPClient.Failure) -> Void

    /// An exporter. `onFailure` hears of each batch that was given up: for the log.
    public init(_ client: OTLPClient, onFailure: @escaping @Sendable (OTLPClient.Failure) -> Void = { _ in }) {
        self.client = client
        self.onFailure = onFailure
    }

    /// Sends a batch, trying again where OTLP allows it.
    public func export(_ spans: [RecordedSpan.Record], deadline: Deadline) -> Int {
        do {
            let request = OTLPMessage.request(spans, resource: client.configuration.resource)
            return max(spans.count - rejectedCount(try client.post(request, deadline: deadline)), 0)
        } catch let failure as OTLPClient.Failure {
            onFailure(failure)
        } catch {
            onFailure(.transport(String(reflecting: error)))
        }
        return 0
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
