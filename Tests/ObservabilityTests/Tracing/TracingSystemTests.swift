@testable import Observability
import Synchronization
import Testing
import Tracing

/// Spans from their beginning to the exporter.
struct TracingSystemTests {
    /// Keeps what it is given; can be told to take nothing.
    final class Collector: SpanExporter {
        let batches = Mutex<[[RecordedSpan.Record]]>([])
        let takes = Atomic(true)

        func export(_ spans: [RecordedSpan.Record], deadline: Deadline) -> Int {
            batches.withLock { $0.append(spans) }
            return takes.load(ordering: .relaxed) ? spans.count : 0
        }

        var spans: [RecordedSpan.Record] { batches.withLock { $0.flatMap { $0 } } }
    }

    private func system(
        _ sampler: TraceSampler = .parentBasedAlwaysOn, time: UInt64 = 1000
    ) -> (TracingSystem, Collector) {
        let collector = Collector()
        // A schedule that never comes: only a flush sends.
        let processor = BatchSpanProcessor(.init(), exporter: collector) { _, _ in }
        let clock = Mutex(time)
        let parts = TracingSystem.Parts(
            sampler: sampler, processor: processor, identifiers: IdentifierGenerator(seed: (1, 2)),
            now: {
                clock.withLock { time in
                    time += 10
                    return time
                }
            })
        return (TracingSystem(parts), collector)
    }

    @Test func aDisabledSystemEvaluatesAndGivesNothing() {
        func touched() -> [RecordedSpan.Attribute] {
            Issue.record("attributes were evaluated")
            return []
        }
        let parent = TraceContext(traceIDHigh: 1, traceIDLow: 1, spanID: 1, flags: 1)
        #expect(TracingSystem.disabled.begin("x", parent: parent, attributes: touched()) == nil)
        #expect(TracingSystem.disabled.startSpan("x", parent: parent, attributes: touched()) == nil)
        #expect(!TracingSystem.disabled.isEnabled)
        #expect(TracingSystem.disabled.flush(by: .after(.seconds(1))))
    }

    @Test func unsampledTracesHandOnTheDecisionAndRecordNothing() throws {
        let (system, collector) = system(.parentBasedAlwaysOff)
        let start = try #require(system.begin("GET /health", parent: nil))
        #expect(start.span == nil && !start.context.isSampled)
        #expect(system.startSpan("stage", parent: start.context) == nil)
        #expect(system.flush(by: .after(.seconds(5))))
        #expect(collector.spans.isEmpty)
    }

    @Test func childrenBelongToTheirParents() throws {
        let (system, collector) = system()
        let caller = try #require(
            TraceContext(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1"))
        let start = try #require(system.begin("POST /v1/process", parent: caller))
        let server = try #require(start.span)
        #expect(start.context == server.context)
        let stage = try #require(
            system.startSpan("stage text", parent: start.context, attributes: [.init("idp.pages", 3)]))
        stage.addEvent("page", attributes: [.init("idp.page", 1)])
        stage.set("idp.pages", 4)
        stage.end()
        stage.end()
        server.setError(ServiceError(.ocrFailed))
        server.end()
        #expect(system.flush(by: .after(.seconds(5))))
        let spans = collector.spans
        #expect(spans.map(\.name) == ["stage text", "POST /v1/process"])
        #expect(spans.allSatisfy { $0.context.traceID == caller.traceID && $0.context.state == "a=1" })
        #expect(spans[0].parentSpanID == spans[1].context.spanID && !spans[0].hasRemoteParent)
        #expect(spans[1].parentSpanID == caller.spanID && spans[1].hasRemoteParent)
        #expect(spans[0].attributes == [.init("idp.pages", 4)] && spans[0].events.count == 1)
        #expect(spans[0].startUnixNanoseconds < spans[0].endUnixNanoseconds)
        #expect(spans[1].status == .error(nil) && spans[1].attributes == [.init("error.type", "OCR_FAILED")])
    }

    @Test func spansHaveLimits() throws {
        let (system, collector) = system()
        let span = try #require(system.begin("x", parent: nil)?.span)
        for index in 0..<200 {
            span.set("k\(index)", index)
            span.addEvent("e")
            span.addLink(.init(span.context))
        }
        span.end()
        system.flush(by: .after(.seconds(5)))
        let record = try #require(collector.spans.first)
        #expect(record.attributes.count == 128 && record.droppedAttributes == 72)
        #expect(record.events.count == 128 && record.droppedEvents == 72)
        #expect(record.links.count == 128 && record.droppedLinks == 72)
    }

    @Test func statusOkIsFinalAndUnsetChangesNothing() throws {
        let (system, collector) = system()
        let span = try #require(system.begin("x", parent: nil)?.span)
        span.setStatus(.error("a"))
        span.setStatus(.unset)
        span.setStatus(.ok)
        span.setStatus(.error("b"))
        span.end()
        system.flush(by: .after(.seconds(5)))
        #expect(collector.spans.first?.status == .ok)
    }

    /// Libraries' spans by the facade: `withSpan` nests, and the trace goes in and out by W3C's fields.
    @Test func theFacadesSpansComeOutWithOurs() throws {
        struct Carrier: Extractor, Injector {
            func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
            func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
                carrier[key] = value
            }
        }
        let (system, collector) = system()
        let tracer = TracingBackend(system)
        var context = InstrumentationContext.topLevel
        let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        tracer.extract(["traceparent": caller], into: &context, using: Carrier())
        var sent: [String: String] = [:]
        struct Own: Error {}
        #expect(throws: Own.self) {
            try tracer.withSpan("outer", context: context, ofKind: .client) { outer in
                outer.attributes["a"] = "b"
                try tracer.withSpan("inner") { inner in
                    tracer.inject(inner.context, into: &sent, using: Carrier())
                    throw Own()
                }
            }
        }
        system.flush(by: .after(.seconds(5)))
        let spans = collector.spans
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans[0].parentSpanID == spans[1].context.spanID)
        #expect(spans[1].parentSpanID == 0xb7ad_6b71_6920_3331 && spans[1].kind == .client)
        #expect(spans[1].attributes == [.init("a", "b")])
        #expect(spans[0].events.map(\.name) == ["exception"] && spans[0].status == .error(nil))
        #expect(sent["traceparent"] == spans[0].context.traceparent)
        // Off: the facade still works and sends nothing.
        TracingBackend(.disabled).withSpan("x") { span in #expect(!span.isRecording) }
    }
}
