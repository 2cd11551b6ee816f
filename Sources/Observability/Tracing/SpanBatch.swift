/// Ended spans that wait to be sent: the pure part of the batch processor.
struct SpanBatch: Sendable {
    /// OpenTelemetry's `OTEL_BSP_*`.
    struct Limits: Sendable, Hashable {
        /// Spans that may wait (`OTEL_BSP_MAX_QUEUE_SIZE`); what comes beyond is dropped.
        var queue = 2048
        /// Spans per export (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`).
        var batch = 512
    }

    /// What the processor does after a span was added.
    enum Action: Equatable {
        /// Nothing: it was dropped, or a send is on its way.
        case none
        /// The first span of a round: send it within the schedule delay.
        case schedule
        /// A batch is full: send now.
        case send
    }

    /// How much may wait and go at once.
    let limits: Limits
    /// Spans lost so far.
    private(set) var dropped: UInt64 = 0
    private var waiting: [RecordedSpan.Record] = []
    private var isClosed = false

    /// An empty batch.
    init(limits: Limits) {
        self.limits = limits
        precondition(limits.batch > 0 && limits.queue >= limits.batch, "A queue holds at least one batch.")
    }

    /// Spans that wait.
    var count: Int { waiting.count }

    /// Takes a span, or drops it if the queue is full or closed.
    mutating func add(_ span: RecordedSpan.Record) -> Action {
        guard !isClosed, waiting.count < limits.queue else {
            dropped += 1
            return .none
        }
        waiting.append(span)
        // Asked once per full batch; between the two numbers the send is already on its way.
        if waiting.count % limits.batch == 0 { return .send }
        return waiting.count == 1 ? .schedule : .none
    }

    /// The oldest spans, at most one batch.
    mutating func takeBatch() -> [RecordedSpan.Record] {
        let batch = Array(waiting.prefix(limits.batch))
        waiting.removeFirst(batch.count)
        return batch
    }

    /// Counts spans that were taken and not delivered.
    mutating func lost(_ count: Int) {
        dropped += UInt64(count)
    }

    /// Takes no more spans.
    mutating func close() {
        isClosed = true
    }
}
