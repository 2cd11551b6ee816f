internal import Dependencies
internal import Logging
internal import Observability
internal import Pipeline

/// What a load test has changed, for everybody to see: a server under `IDP_SIMULATE` or `IDP_FAULTS` must not be taken
/// for one that works or one that is broken.
struct LoadTestTelemetry: Sendable {
    private let settings: Settings.LoadTest
    private let injected: CounterFamily?

    init(_ settings: Settings.LoadTest, registry: MetricRegistry) {
        self.settings = settings
        if !settings.stages.isEmpty {
            let family = registry.gaugeFamily(
                "idp_simulated", help: "1 for a stage of the pipeline that only takes time (IDP_SIMULATE).",
                labels: ["stage"])
            for stage in settings.stages.keys { family.with(stage.rawValue).set(1) }
        }
        guard !settings.faults.isEmpty else {
            injected = nil
            return
        }
        let rates = registry.gaugeFamily(
            "idp_fault_rate", help: "Share of calls into which a fault is injected (IDP_FAULTS).",
            labels: ["dependency", "fault"])
        for fault in settings.faults { rates.with(fault.dependency, fault.kind.word).set(fault.rate) }
        let counter = registry.counterFamily(
            "idp_faults_injected_total", help: "Faults injected (IDP_FAULTS).", labels: ["dependency", "fault"])
        for fault in settings.faults { _ = counter.with(fault.dependency, fault.kind.word) }
        injected = counter
    }

    /// The stages that are replaced; nil when none is.
    var simulation: StageSimulation? { settings.stages.isEmpty ? nil : StageSimulation(settings.stages) }

    /// What injects faults; nil when nothing is injected.
    func makeInjector() -> FaultInjector? {
        guard let injected else { return nil }
        return FaultInjector(settings.faults) { injected.with($0.dependency, $0.kind.word).increment() }
    }

    /// Says so at start, as loudly as a log can.
    func warn(_ logger: Logger) {
        if !settings.stages.isEmpty {
            let stages = StageName.allCases.filter { settings.stages[$0] != nil }.map(\.rawValue)
            logger.warning(
                "IDP_SIMULATE is on: documents are not really judged; not for production",
                metadata: ["stages": "\(stages.joined(separator: " "))"])
        }
        if !settings.faults.isEmpty {
            let faults = settings.faults.map { "\($0.dependency)=\($0.kind.word)@\($0.rate)" }
            logger.warning(
                "IDP_FAULTS is on: calls are made to fail; not for production",
                metadata: ["faults": "\(faults.joined(separator: " "))"])
        }
    }
}
