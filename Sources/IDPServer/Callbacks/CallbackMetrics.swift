import Observability

/// What callbacks count and measure.
struct CallbackMetrics: Sendable {
    /// What came of an attempt.
    enum Outcome: String, CaseIterable {
        case delivered
        /// It failed and is tried again.
        case failed
        case givenUp = "given_up"
        case disabled
    }

    private let deliveries: CounterFamily
    private let age: MetricHistogram

    /// From a second, which is what a healthy receiver takes at most, to the days of the schedule.
    private static let ages = HistogramBuckets.seconds([
        0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 36_000, 86_400, 259_200,
    ])

    /// Registers all but the gauges.
    init(_ registry: MetricRegistry) {
        deliveries = registry.counterFamily(
            "idp_webhook_deliveries_total", help: "Attempts to deliver callbacks, by what came of them.",
            labels: ["outcome"])
        for outcome in Outcome.allCases { _ = deliveries.with(outcome.rawValue) }
        age = registry.histogram(
            "idp_webhook_delivery_age_seconds", help: "From the end of a job to the delivery of its callback.",
            buckets: Self.ages)
    }

    /// An attempt has ended and is stored.
    func attempted(_ event: CallbackEvent, at moment: Timestamp) {
        let outcome: Outcome =
            switch event.status {
            case .pending: .failed
            case .delivered: .delivered
            case .givenUp: .givenUp
            case .disabled: .disabled
            }
        deliveries.with(outcome.rawValue).increment()
        if outcome == .delivered { age.observe(.seconds(max(0, moment.seconds(since: event.since)))) }
    }
}
