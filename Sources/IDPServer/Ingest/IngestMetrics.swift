internal import Observability

/// What reading requests from Kafka counts and shows.
struct IngestMetrics: Sendable {
    /// What came of a record.
    enum Outcome: String, CaseIterable {
        /// It became a job.
        case accepted
        /// Its job was there already.
        case repeated
        /// It could not become one then, and waits.
        case retried
        case deadLettered = "dead_lettered"
    }

    private let records: CounterFamily
    private let results: CounterFamily

    init(_ registry: MetricRegistry, _ ledger: SharedLedger) {
        records = registry.counterFamily(
            "idp_kafka_records_total", help: "Records of the topic of requests, by what came of them.",
            labels: ["outcome"])
        for outcome in Outcome.allCases { _ = records.with(outcome.rawValue) }
        results = registry.counterFamily(
            "idp_kafka_results_total", help: "Results that brokers have acknowledged.", labels: ["status"])
        for status in ResultEvent.Status.allCases { _ = results.with(status.rawValue) }
        registry.observedGaugeFamily(
            "idp_kafka_lag", help: "Records of a partition of this node that are not done with.", labels: ["partition"]
        ) {
            ledger.change { $0.lag }.sorted { $0.key < $1.key }
                .map { MetricSample(labels: [String($0.key)], value: Double($0.value)) }
        }
        registry.observedGauge("idp_kafka_partitions", help: "Partitions that are this node's.") {
            Double(ledger.change { $0.assigned.count })
        }
        registry.observedGauge(
            "idp_kafka_records_at_work", help: "Records that were taken and whose result is not acknowledged."
        ) { Double(ledger.change { $0.count }) }
        registry.observedGauge("idp_kafka_paused", help: "1 while nothing is fetched because there is no room.") {
            ledger.change { $0.isPaused } ? 1 : 0
        }
    }

    /// Something came of a record.
    func took(_ outcome: Outcome) { records.with(outcome.rawValue).increment() }

    /// A result was acknowledged.
    func told(_ status: ResultEvent.Status) { results.with(status.rawValue).increment() }
}
