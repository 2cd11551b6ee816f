public import CoreMetrics

private import Synchronization

/// The swift-metrics back end: what a library reports comes out with ours. Given to `MetricsSystem.bootstrap` once.
///
/// Names and labels are made fit for Prometheus (`http.client-requests` → `http_client_requests_total`); timers become
/// histograms in seconds, recorders histograms or gauges, meters gauges. A library's metric never stops the program:
/// one that collides with another shape, or goes beyond the bound of series, records nothing and is counted in
/// `idp_foreign_metrics_refused_total`.
public struct RegistryMetricsFactory: MetricsFactory {
    /// Series that libraries may make in all: a bound on what their labels can grow to.
    public static let seriesLimit = 2000

    private let registry: MetricRegistry
    private let seriesCount = SeriesCount()
    private let refused: MetricCounter

    private final class SeriesCount: Sendable {
        let made = Atomic<Int>(0)
    }

    /// A factory onto `registry`.
    public init(registry: MetricRegistry) {
        self.registry = registry
        refused = registry.counter(
            "idp_foreign_metrics_refused_total", help: "Metrics of libraries that could not be taken.")
    }

    /// A counter, its name ending in `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = MetricName.sanitized(label)
        let total = name.hasSuffix("_total") ? name : name + "_total"
        guard let labels = admitted(total, label, .counter, dimensions) else { return NOOPMetricsHandler.instance }
        let family = registry.counterFamily(total, help: Self.help(label), labels: labels.names)
        return RegistryCounter(counter: family.with(labels.values))
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// A histogram in the recorder's own unit; a gauge if it does not aggregate.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) ?? NOOPMetricsHandler.instance }
        guard let histogram = histogram(MetricName.sanitized(label), label, Self.recorderBuckets, dimensions) else {
            return NOOPMetricsHandler.instance
        }
        return RegistryRecorder(histogram: histogram)
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = MetricName.sanitized(label)
        let seconds = name.hasSuffix("_seconds") ? name : name + "_seconds"
        guard let histogram = histogram(seconds, label, .http, dimensions) else { return NOOPMetricsHandler.instance }
        return RegistryTimer(histogram: histogram)
    }

    // A series outlives the instrument that made it: Prometheus counters do not go away and come back.
    /// Does nothing.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private static let recorderBuckets = HistogramBuckets.millionths([
        0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000,
    ])

    private static func help(_ label: String) -> String { "Reported by a library as \(label)." }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> RegistryGauge? {
        let name = MetricName.sanitized(label)
        guard let labels = admitted(name, label, .gauge, dimensions) else { return nil }
        let family = registry.gaugeFamily(name, help: Self.help(label), labels: labels.names)
        return RegistryGauge(gauge: family.with(labels.values))
    }

    private func histogram(
        _ name: String, _ label: String, _ buckets: HistogramBuckets, _ dimensions: [(String, String)]
    ) -> MetricHistogram? {
        guard let labels = admitted(name, label, .histogram(buckets), dimensions) else { return nil }
        return registry.histogramFamily(name, help: Self.help(label), buckets: buckets, labels: labels.names)
            .with(labels.values)
    }

    /// The labels in the form and order that the registry takes; nil if the metric is refused.
    private func admitted(
        _ name: String, _ label: String, _ kind: MetricFamily.Kind, _ dimensions: [(String, String)]
    ) -> (names: [String], values: [String])? {
        let labels = dimensions.map { (MetricName.sanitizedLabel($0.0), $0.1) }.sorted { $0.0 < $1.0 }
        let names = labels.map(\.0)
        let isAdmitted =
            Set(names).count == names.count
            && registry.admitsForeign(name, help: Self.help(label), kind: kind, labelNames: names)
            && seriesCount.made.wrappingAdd(1, ordering: .relaxed).newValue <= Self.seriesLimit
        if !isAdmitted { refused.increment() }
        return isAdmitted ? (names, labels.map(\.1)) : nil
    }
}

private final class RegistryCounter: CounterHandler {
    let counter: MetricCounter

    init(counter: MetricCounter) { self.counter = counter }

    func increment(by amount: Int64) { counter.increment(by: UInt64(max(amount, 0))) }
    // Prometheus reads a counter that went down as a restart of the process, which this is not.
    func reset() {}
}

private final class RegistryGauge: MeterHandler, RecorderHandler {
    let gauge: MetricGauge

    init(gauge: MetricGauge) { self.gauge = gauge }

    func set(_ value: Int64) { gauge.set(Double(value)) }
    func set(_ value: Double) { gauge.set(value) }
    func increment(by amount: Double) { gauge.add(amount) }
    func decrement(by amount: Double) { gauge.add(-amount) }
    func record(_ value: Int64) { gauge.set(Double(value)) }
    func record(_ value: Double) { gauge.set(value) }
}

private final class RegistryRecorder: RecorderHandler {
    let histogram: MetricHistogram

    init(histogram: MetricHistogram) { self.histogram = histogram }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { histogram.observe(units: wholeUnits(value * 1e6)) }
}

private final class RegistryTimer: TimerHandler {
    let histogram: MetricHistogram

    init(histogram: MetricHistogram) { self.histogram = histogram }

    func recordNanoseconds(_ duration: Int64) { histogram.observe(nanoseconds: UInt64(max(duration, 0))) }
}
