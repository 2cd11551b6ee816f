import Foundation
import Observability
import OutboundHTTP
import Testing

/// Spans through the exporter and the client to a receiver that decodes them with opentelemetry-proto.
struct OTLPOverHTTPTests {
    /// What the executable does, in small: the exporter's transport over the client.
    private struct Transport: OTLPTransport {
        let client = HTTPClient()

        func post(_ request: OTLPRequest) throws -> OTLPResponse {
            let response = try client.send(
                HTTPClientRequest(
                    method: "POST", url: request.url, fields: request.fields, body: request.body,
                    timeout: request.deadline.remaining))
            return OTLPResponse(status: response.status, retryAfter: response.retryAfter, body: response.body)
        }
    }

    private struct Span: Decodable {
        var resource: [String: String]
        var trace_id, span_id, parent_span_id, name, state, type, key: String
        var kind, flags, status, links: Int
        var start, end: UInt64
        var events: [String]
        var attributes: [String: String]
    }

    private func system(_ base: String) throws -> TracingSystem {
        let settings = TracingConfiguration(
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": base, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=k%201",
                "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
            ], serviceName: "idp-test")
        #expect(settings.isEnabled && settings.mistakes.isEmpty)
        var exporter = OTLPClient.Configuration(url: settings.url)
        exporter.fields = settings.fields
        exporter.resource = settings.resource
        exporter.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(5))
        let processor = BatchSpanProcessor(
            settings.batch, exporter: OTLPSpanExporter(OTLPClient(exporter, transport: Transport())))
        return TracingSystem(
            .init(sampler: settings.sampler, processor: processor, now: { 1_773_306_307_042_000_000 }))
    }

    private func received(_ base: String) throws -> [Span] {
        let response = try HTTPClient().send(.init(url: base + "/traces"))
        return try JSONDecoder().decode([Span].self, from: Data(response.body))
    }

    @Test func aRealReceiverDecodesParentsAndChildren() throws {
        let server = try LocalServer()
        let system = try system(server.base)
        let caller = try #require(
            TraceContext(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "v=1"))
        let start = try #require(
            system.begin(
                "POST /v1/process", parent: caller, links: [.init(caller)],
                attributes: [.init("http.request.method", "POST"), .init("url.scheme", "http")]))
        let server_ = try #require(start.span)
        let stage = try #require(system.startSpan("stage text", parent: start.context))
        stage.set(.init("idp.share", .double(0.5)))
        stage.set(.init("idp.flag", .bool(true)))
        stage.set(.init("idp.list", .strings(["a", "b"])))
        stage.set("idp.pages", 3)
        stage.addEvent("page")
        stage.end()
        server_.setStatus(.error("why"))
        server_.end()
        #expect(system.shutdown(by: .after(.seconds(20))))

        let spans = try received(server.base)
        try #require(spans.map(\.name) == ["stage text", "POST /v1/process"])
        let (child, root) = (spans[0], spans[1])
        #expect(root.trace_id == caller.traceID && child.trace_id == caller.traceID)
        #expect(root.parent_span_id == "b7ad6b7169203331" && child.parent_span_id == root.span_id)
        #expect(root.kind == 2 && child.kind == 1 && root.status == 2 && child.status == 0)
        #expect(root.state == "v=1" && root.links == 1 && root.flags == 0x301 && child.flags == 0x101)
        #expect(child.start == 1_773_306_307_042_000_000 && child.events == ["page"])
        #expect(root.resource == ["service.name": "idp-test", "deployment.environment": "test"])
        #expect(root.type == "application/x-protobuf" && root.key == "k 1")
        #expect(child.attributes["idp.pages"] == "{'intValue': '3'}")
        #expect(child.attributes["idp.share"] == "{'doubleValue': 0.5}")
        #expect(child.attributes["idp.flag"] == "{'boolValue': True}")
        #expect(child.attributes["idp.list"]?.contains("'stringValue': 'b'") == true)
    }

    @Test func aReceiverThatFailsForAWhileLosesNothing() throws {
        let server = try LocalServer()
        let system = try system(server.base)
        _ = try HTTPClient().send(
            .init(method: "POST", url: server.base + "/fail-next", body: Array("[503,429,502]".utf8)))
        system.begin("x", parent: nil)?.span?.end()
        #expect(system.flush(by: .after(.seconds(20))))
        #expect(try received(server.base).map(\.name) == ["x"])
    }

    @Test func withTracingOffNothingIsSent() throws {
        let server = try LocalServer()
        let settings = TracingConfiguration(
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": server.base, "IDP_TRACING_ENABLED": "false"],
            serviceName: "idp-test")
        #expect(!settings.isEnabled)
        #expect(TracingSystem.disabled.begin("x", parent: nil) == nil)
        #expect(TracingSystem.disabled.shutdown(by: .after(.seconds(1))))
        #expect(try received(server.base).isEmpty)
    }
}
