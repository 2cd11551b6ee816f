import Dependencies
import Logging
import Observability
import Synchronization
import Testing

/// Every attempt is a span of its own.
struct DependencySpanTests {
    private final class Collector: SpanExporter {
        let spans = Mutex<[RecordedSpan.Record]>([])

        func export(_ spans: [RecordedSpan.Record], deadline: Deadline) -> Int {
            self.spans.withLock { $0 += spans }
            return spans.count
        }
    }

    private struct Fault: DependencyError {
        var dependencyFailure: DependencyFailure { DependencyFailure(outcome: "broken", kind: .transient) }
    }

    @Test func attemptsAreClientSpansThatCountTheirRepeats() throws {
        let collector = Collector()
        // A schedule that never comes: only a flush sends.
        let processor = BatchSpanProcessor(.init(), exporter: collector) { _, _ in }
        let tracing = TracingSystem(.init(sampler: .parentBasedAlwaysOn, processor: processor, now: { 1 }))
        let telemetry = DependencyTelemetry(
            registry: MetricRegistry(exclusiveLanes: 0), tracing: tracing,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, unixMilliseconds: { 0 })
        let time = ManualTime()
        let dependency = Dependency(.init(name: "shop"), telemetry: telemetry, environment: time.environment)
        let parent = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
        var options = Dependency.Options("ask", deadline: time.deadline(.seconds(60)))
        options.parent = parent
        options.attributes = [.init("shop.aisle", 7)]
        let handedOn = try dependency.call(options) { attempt in
            if attempt.number == 1 { throw Fault() }
            return attempt.trace
        }
        #expect(tracing.flush(by: .after(.seconds(30))))
        let spans = collector.spans.withLock { $0 }
        try #require(spans.count == 2)
        #expect(spans.allSatisfy { $0.name == "shop ask" && $0.kind == .client && $0.parentSpanID == parent.spanID })
        #expect(spans.allSatisfy { $0.attributes.contains(.init("shop.aisle", 7)) })
        #expect(spans[0].status == .error(nil) && spans[0].attributes.contains(.init("error.type", "broken")))
        #expect(!spans[0].attributes.contains { $0.key == "http.request.resend_count" })
        #expect(spans[1].status == .unset && spans[1].attributes.contains(.init("http.request.resend_count", 1)))
        #expect(handedOn?.spanID == spans[1].context.spanID && handedOn?.traceIDLow == 2)
    }
}
