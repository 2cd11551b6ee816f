private import Dispatch
private import Synchronization

/// Pushes the registry's numbers to a collector, again and again (OpenTelemetry's periodic exporting reader).
///
/// One push at a time on a queue of its own; one that fails is counted and reported, and nothing of it is kept: sums
/// are cumulative, so the next one says what it would have said.
public final class MetricPusher: Sendable {
    private let client: OTLPClient
    private let registry: MetricRegistry
    private let interval: Duration
    private let timeout: Duration
    private let now: @Sendable () -> UInt64
    private let onFailure: @Sendable (OTLPClient.Failure) -> Void
    private let start: UInt64
    private let isStopped = Atomic<Bool>(false)
    private let taken: MetricCounter
    private let failed: MetricCounter
    private let queue = DispatchQueue(label: "idp.metrics.push", qos: .utility)

    /// A pusher of everything in `registry`, itself registered there. Nothing is sent before `begin`.
    ///
    /// - Parameters:
    ///   - now: nanoseconds since 1970.
    ///   - onFailure: hears of each push that was given up: for the log.
    public init(
        _ configuration: MetricPushConfiguration, client: OTLPClient, registry: MetricRegistry,
        now: @escaping @Sendable () -> UInt64, onFailure: @escaping @Sendable (OTLPClient.Failure) -> Void
    ) {
        self.client = client
        self.registry = registry
        interval = configuration.interval
        timeout = configuration.timeout
        self.now = now
        self.onFailure = onFailure
        start = now()
        let pushes = registry.counterFamily(
            "idp_metric_pushes_total", help: "Pushes of metrics by OTLP: taken by the collector, or given up.",
            labels: ["outcome"])
        taken = pushes.with(["ok"])
        failed = pushes.with(["error"])
    }

    /// Pushes after each interval from now on.
    public func begin() {
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: interval.wholeNanoseconds))) { [weak self] in
            guard let self, !isStopped.load(ordering: .acquiring) else { return }
            push(by: .after(timeout))
            begin()
        }
    }

    /// Pushes once more and ends; blocks the caller, at most until `deadline`.
    public func shutdown(by deadline: Deadline) {
        isStopped.store(true, ordering: .releasing)
        let group = DispatchGroup()
        queue.async(group: group) { self.push(by: deadline) }
        _ = group.wait(timeout: .now() + .nanoseconds(Int(clamping: deadline.remaining.wholeNanoseconds)))
    }

    /// Runs on the queue.
    private func push(by deadline: Deadline) {
        let times = OTLPTimes(start: start, now: now())
        do {
            let request = registry.otlp(resource: client.configuration.resource, times)
            _ = try client.post(request, deadline: deadline.capped(at: timeout))
            taken.increment()
        } catch {
            failed.increment()
            onFailure(error as? OTLPClient.Failure ?? .transport(String(reflecting: error)))
        }
    }
}
