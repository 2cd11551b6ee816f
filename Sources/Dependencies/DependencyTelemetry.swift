public import Logging
public import Observability
private import Synchronization

/// What all dependencies of a process share: the one way that calls are counted, timed, traced and logged, and the
/// faults that a load test injects into them. One per process. Thread-safe.
public final class DependencyTelemetry: Sendable {
    /// Of attempts: 1 ms, where a neighbour answers, to a minute, where a model thinks.
    private static let buckets = HistogramBuckets.seconds([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ])

    /// Where attempts' spans begin.
    let tracing: TracingSystem
    /// What a load test injects; nil unless it asked for that.
    public let faults: FaultInjector?
    private let logger: Logger
    private let durations: HistogramFamily
    private let retries: CounterFamily
    private let exhausted: CounterFamily
    private let refusals: CounterFamily
    private let dependencies = Mutex<[Dependency]>([])
    private let unixMilliseconds: @Sendable () -> UInt64

    /// - Parameters:
    ///   - unixMilliseconds: the wall clock, for exemplars.
    ///   - faults: injected into attempts of the dependencies that they name.
    public init(
        registry: MetricRegistry, tracing: TracingSystem = .disabled, logger: Logger,
        unixMilliseconds: @escaping @Sendable () -> UInt64, faults: FaultInjector? = nil
    ) {
        self.faults = faults
        self.tracing = tracing
        self.logger = logger
        self.unixMilliseconds = unixMilliseconds
        durations = registry.histogramFamily(
            "idp_dependency_request_duration_seconds",
            help: "Attempts of calls of a dependency, by how they ended.", buckets: Self.buckets,
            labels: ["dependency", "outcome"], exemplars: true)
        retries = registry.counterFamily(
            "idp_dependency_retries_total", help: "Attempts after a failed one.", labels: ["dependency"])
        exhausted = registry.counterFamily(
            "idp_retry_budget_exhausted_total", help: "Retries that were not made because too many were.",
            labels: ["dependency"])
        refusals = registry.counterFamily(
            "idp_dependency_refused_total", help: "Attempts that were not made, by what kept them away.",
            labels: ["dependency", "reason"])
        registerStates(registry)
    }

    private func registerStates(_ registry: MetricRegistry) {
        registry.observedGaugeFamily(
            "idp_circuit_breaker_state", help: "1 for the state that a dependency's circuit breaker is in.",
            labels: ["dependency", "state"]
        ) { [weak self] in
            self?.all.flatMap { dependency in
                CircuitBreakerStateMachine.State.allCases.map { state in
                    MetricSample(
                        labels: [dependency.name, state.rawValue], value: dependency.circuit == state ? 1 : 0)
                }
            } ?? []
        }
        registry.observedGaugeFamily(
            "idp_dependency_concurrency_limit", help: "Attempts that may run at a time, as measured.",
            labels: ["dependency"]
        ) { [weak self] in
            self?.all.map { MetricSample(labels: [$0.name], value: Double($0.concurrencyLimit)) } ?? []
        }
        registry.observedGaugeFamily(
            "idp_dependency_calls_active", help: "Calls that run, waits between attempts included.",
            labels: ["dependency"]
        ) { [weak self] in
            self?.all.map { MetricSample(labels: [$0.name], value: Double($0.activeCalls)) } ?? []
        }
    }

    private var all: [Dependency] { dependencies.withLock { $0 } }

    /// Shows a dependency in the gauges from now on.
    func add(_ dependency: Dependency) {
        dependencies.withLock { $0.append(dependency) }
        for reason in DependencyRefusal.Reason.allCases { _ = refusals.with(dependency.name, reason.rawValue) }
        _ = retries.with(dependency.name)
        _ = exhausted.with(dependency.name)
    }

    /// Counts an attempt that ended; for dependencies that are not called through `Dependency`, as their clients try
    /// again and wait by themselves.
    public func attempted(_ name: String, _ outcome: String, _ took: Duration, _ trace: TraceContext?) {
        let histogram = durations.with(name, outcome)
        if let trace, trace.isSampled, tracing.isEnabled {
            let exemplar = MetricExemplar(trace, unixMilliseconds: unixMilliseconds())
            histogram.observe(nanoseconds: UInt64(max(0, took / .nanoseconds(1))), exemplar: exemplar)
        } else {
            histogram.observe(took)
        }
    }

    /// Counts a retry.
    func retried(_ name: String) { retries.with(name).increment() }

    /// Counts a retry that the budget did not allow.
    func budgetExhausted(_ name: String) { exhausted.with(name).increment() }

    /// Counts an attempt that was not made.
    func refused(_ name: String, _ reason: DependencyRefusal.Reason) {
        refusals.with(name, reason.rawValue).increment()
    }

    /// Logs a change of a circuit breaker.
    func circuitMoved(_ name: String, to state: CircuitBreakerStateMachine.State) {
        let metadata: Logger.Metadata = ["dependency": "\(name)", "state": "\(state.rawValue)"]
        switch state {
        case .open: logger.warning("circuit breaker", metadata: metadata)
        case .halfOpen, .closed: logger.notice("circuit breaker", metadata: metadata)
        }
    }

    /// Logs that a failed call waits for another attempt.
    func waits(_ name: String, _ operation: String, _ failure: DependencyFailure, _ wait: Duration, _ attempt: Int) {
        logger.debug(
            "dependency call failed, to be tried again",
            metadata: [
                "dependency": "\(name)", "operation": "\(operation)", "outcome": "\(failure.outcome)",
                "attempt": "\(attempt)", "wait_seconds": "\(wait / .seconds(1))",
            ])
    }
}
