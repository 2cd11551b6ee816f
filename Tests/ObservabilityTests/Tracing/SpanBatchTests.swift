@testable import Observability
import Synchronization
import Testing

/// The batch is bounded, sends when full or when its time has come, and counts what it loses.
struct SpanBatchTests {
    private let record = RecordedSpan.Record(
        context: TraceContext(traceIDHigh: 1, traceIDLow: 1, spanID: 1, flags: 1), parentSpanID: nil,
        hasRemoteParent: false, name: "x", kind: .internal, startUnixNanoseconds: 1, endUnixNanoseconds: 2,
        attributes: [], events: [], links: [], status: .unset)

    @Test func actionsFollowTheFilling() {
        var batch = SpanBatch(limits: .init(queue: 5, batch: 2))
        #expect((0..<7).map { _ in batch.add(record) } == [.schedule, .send, .none, .send, .none, .none, .none])
        #expect(batch.dropped == 2 && batch.count == 5)
        #expect(batch.takeBatch().count == 2)
        #expect(batch.takeBatch().count == 2)
        #expect(batch.takeBatch().count == 1)
        #expect(batch.takeBatch().isEmpty)
        #expect(batch.add(record) == .schedule)
        batch.close()
        #expect(batch.add(record) == .none)
        #expect(batch.dropped == 3)
    }

    /// A timer moved by hand.
    private final class ManualSchedule: Sendable {
        let due = Mutex<[(Duration, @Sendable () -> Void)]>([])

        func fire() {
            for (_, action) in due.withLock({ due in
                defer { due = [] }
                return due
            }) { action() }
        }
    }

    @Test func aLoneSpanIsSentWhenItsTimeHasCome() {
        let schedule = ManualSchedule()
        let collector = TracingSystemTests.Collector()
        var configuration = BatchSpanProcessor.Configuration()
        configuration.scheduleDelay = .seconds(5)
        let processor = BatchSpanProcessor(configuration, exporter: collector) { delay, action in
            schedule.due.withLock { $0.append((delay, action)) }
        }
        processor.add(record)
        processor.add(record)
        #expect(schedule.due.withLock { $0.map(\.0) } == [.seconds(5)])
        #expect(collector.spans.isEmpty)
        schedule.fire()
        // The flush comes after the kick on the same serial queue.
        #expect(processor.flush(by: .after(.seconds(10))))
        #expect(collector.batches.withLock { $0.map(\.count) } == [2])
        #expect(processor.sentCount == 2)
    }

    @Test func lostSpansAreCounted() {
        let collector = TracingSystemTests.Collector()
        collector.takes.store(false, ordering: .relaxed)
        let processor = BatchSpanProcessor(.init(), exporter: collector) { _, _ in }
        let registry = MetricRegistry(exclusiveLanes: 0)
        processor.register(in: registry)
        processor.add(record)
        #expect(!processor.shutdown(by: .after(.seconds(10))))
        processor.add(record)
        #expect(processor.droppedCount == 2 && processor.sentCount == 0)
        let text = String(decoding: registry.rendered(), as: UTF8.self)
        #expect(text.contains("idp_trace_spans_dropped_total 2\n"))
    }
}
