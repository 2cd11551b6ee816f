private import Dispatch
private import Synchronization

// DESIGN: spans from any thread, sent by one queue.
//
// `add` puts an ended span into a bounded list under a lock that is held for an append; it never waits for the network.
// The first span of a round arms a timer (the schedule delay), a full batch sends at once. Sending happens on a serial
// queue of its own, one export at a time, each with the export timeout as its deadline. When the receiver is slow or
// gone, the list fills up and further spans are dropped and counted: tracing never slows down or fills up the service.

/// Collects ended spans and exports them in batches.
public final class BatchSpanProcessor: Sendable {
    /// Sizes and times, after OpenTelemetry's `OTEL_BSP_*`.
    public struct Configuration: Sendable, Hashable {
        /// Spans that may wait; what comes beyond is dropped and counted.
        public var queueLimit = 2048
        /// Spans per export.
        public var batchLimit = 512
        /// How long a lone span waits for company.
        public var scheduleDelay: Duration = .seconds(5)
        /// How long one export may take, its retries included.
        public var exportTimeout: Duration = .seconds(30)

        /// OpenTelemetry's defaults.
        public init() {}
    }

    /// Calls a closure after a duration; by default on Dispatch's clock, in tests by hand.
    public typealias Schedule = @Sendable (Duration, @escaping @Sendable () -> Void) -> Void

    private let configuration: Configuration
    private let exporter: any SpanExporter
    private let schedule: Schedule
    private let queue = DispatchQueue(label: "idp.spans", qos: .utility)
    private let state: Mutex<SpanBatch>
    private let sent = Atomic<UInt64>(0)

    /// A processor in front of `exporter`.
    public init(_ configuration: Configuration, exporter: any SpanExporter, schedule: Schedule? = nil) {
        self.configuration = configuration
        self.exporter = exporter
        state = Mutex(
            SpanBatch(limits: .init(queue: configuration.queueLimit, batch: configuration.batchLimit)))
        let queue = self.queue
        self.schedule =
            schedule ?? { delay, action in
                let nanoseconds = Int(clamping: delay.wholeNanoseconds)
                queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds), execute: action)
            }
    }

    /// Spans that were lost: dropped at a full queue or not taken by the receiver.
    public var droppedCount: UInt64 { state.withLock { $0.dropped } }

    /// Spans that the receiver took.
    public var sentCount: UInt64 { sent.load(ordering: .relaxed) }

    /// Spans that wait now.
    public var waitingCount: Int { state.withLock { $0.count } }

    /// Takes an ended span; never blocks on the network.
    public func add(_ span: RecordedSpan.Record) {
        switch state.withLock({ $0.add(span) }) {
        case .none: break
        case .schedule: schedule(configuration.scheduleDelay) { [weak self] in self?.kick() }
        case .send: kick()
        }
    }

    /// Sends everything that waits; blocks the caller, at most until `deadline`. False if spans were left or lost.
    @discardableResult
    public func flush(by deadline: Deadline) -> Bool {
        let droppedBefore = droppedCount
        let group = DispatchGroup()
        queue.async(group: group) { self.drain(by: deadline) }
        let wait = Int(clamping: deadline.remaining.wholeNanoseconds)
        guard group.wait(timeout: .now() + .nanoseconds(wait)) == .success else { return false }
        return droppedCount == droppedBefore && waitingCount == 0
    }

    /// Takes no more spans and flushes.
    @discardableResult
    public func shutdown(by deadline: Deadline) -> Bool {
        state.withLock { $0.close() }
        return flush(by: deadline)
    }

    /// Registers how many spans were sent, lost and wait.
    public func register(in registry: MetricRegistry) {
        registry.observedCounter("idp_trace_spans_exported_total", help: "Spans that the collector took.") {
            Double(self.sentCount)
        }
        registry.observedCounter(
            "idp_trace_spans_dropped_total", help: "Spans lost at a full queue or by a failed export."
        ) { Double(self.droppedCount) }
        registry.observedGauge("idp_trace_spans_waiting", help: "Spans that wait for their export.") {
            Double(self.waitingCount)
        }
    }

    private func kick() {
        queue.async { self.drain(by: nil) }
    }

    /// Runs on the queue. Without a deadline each export has the full timeout.
    private func drain(by deadline: Deadline?) {
        while true {
            let limit = deadline?.capped(at: configuration.exportTimeout) ?? .after(configuration.exportTimeout)
            if limit.hasPassed {
                // A flush that ran out of time leaves spans behind; they go with the next round.
                return schedule(configuration.scheduleDelay) { [weak self] in self?.kick() }
            }
            let batch = state.withLock { $0.takeBatch() }
            if batch.isEmpty { return }
            let taken = exporter.export(batch, deadline: limit)
            sent.wrappingAdd(UInt64(taken), ordering: .relaxed)
            if taken < batch.count { state.withLock { $0.lost(batch.count - taken) } }
        }
    }
}
