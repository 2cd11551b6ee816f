import Observability

/// What runs count and measure.
struct RunMetrics: Sendable {
    init() {}

    /// A job was accepted.
    func submitted() {}

    /// A run has ended.
    func ended(_ record: RunRecord) {}
}
