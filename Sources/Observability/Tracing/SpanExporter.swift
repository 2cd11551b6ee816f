/// Sends ended spans somewhere. Called by one batch processor, on its queue, one call at a time; may block until the
/// deadline.
public protocol SpanExporter: Sendable {
    /// Sends a batch.
    ///
    /// - Returns: how many spans the receiver took; the others are lost and counted.
    func export(_ spans: [RecordedSpan.Record], deadline: Deadline) -> Int
}
