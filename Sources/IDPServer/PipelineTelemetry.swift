internal import Logging
internal import Observability
internal import Pipeline
internal import Synchronization

/// What the pipeline and its workers report, as metrics, spans and log lines.
struct PipelineTelemetry: Sendable {
    private let stageDurations: [MetricHistogram]
    private let duration: MetricHistogram
    private let restarts: [MetricCounter]
    private let startFailures: MetricCounter
    private let sandbox: GaugeFamily
    private let tracing: TracingSystem
    private let logger: Logger
    private let told = ToldReport()

    init(registry: MetricRegistry, tracing: TracingSystem, logger: Logger) {
        let stages = registry.histogramFamily(
            "pipeline_stage_duration_seconds", help: "Time that a stage of the pipeline took.", buckets: .pipeline,
            labels: ["stage"], native: true)
        stageDurations = StageName.allCases.map { stages.with($0.rawValue) }
        duration = registry.histogram(
            "pipeline_duration_seconds", help: "Time from the start of a run's pipeline to its end.",
            buckets: .pipeline, exemplars: true, native: true)
        let restarts = registry.counterFamily(
            "idp_worker_restarts_total", help: "Document workers that were replaced, by reason.", labels: ["reason"])
        self.restarts = DocumentWorkerPool.RestartReason.allCases.map { restarts.with($0.rawValue) }
        startFailures = registry.counter(
            "idp_worker_start_failures_total", help: "Document workers that could not be started.")
        sandbox = registry.gaugeFamily(
            "idp_worker_sandbox",
            help: "Whether a measure that confines the document workers holds (1) or the kernel refused it (0).",
            labels: ["measure"])
        self.tracing = tracing
        self.logger = logger
    }

    /// For `DocumentPipeline`.
    var hooks: DocumentPipeline.Hooks {
        DocumentPipeline.Hooks(
            stageBegan: { stage, request in
                let span = tracing.startSpan("pipeline.\(stage.rawValue)", parent: request.parent)
                return { timing, error in
                    histogram(stage).observe(seconds: timing.seconds, lane: request.lane)
                    end(span, error)
                }
            },
            runEnded: { request, seconds, _ in
                if let parent = request.parent, parent.isSampled, tracing.isEnabled {
                    let exemplar = MetricExemplar(parent, unixMilliseconds: WallClock.milliseconds())
                    duration.observe(nanoseconds: UInt64(seconds * 1e9), lane: request.lane, exemplar: exemplar)
                } else {
                    duration.observe(seconds: seconds, lane: request.lane)
                }
            })
    }

    /// For `DocumentWorkerPool`.
    func poolEvent(_ event: DocumentWorkerPool.Event) {
        switch event {
        case .ready(let report):
            for measure in report.measures { sandbox.with(measure.name).set(measure.holds ? 1 : 0) }
            // They are the same for every worker of this server: said once for the operator, then for the curious.
            let isFirst = told.exchange(report)
            func names(_ holds: Bool) -> Logger.MetadataValue {
                "\(report.measures.filter { $0.holds == holds }.map(\.name).joined(separator: " "))"
            }
            logger.log(
                level: isFirst ? .info : .debug, "document worker ready",
                metadata: ["sandbox_holds": names(true), "sandbox_missing": names(false)])
        case .restarted(let reason):
            if let index = DocumentWorkerPool.RestartReason.allCases.firstIndex(of: reason) {
                restarts[index].increment()
            }
            logger.notice("document worker replaced", metadata: ["reason": "\(reason.rawValue)"])
        case .startFailed(let cause):
            startFailures.increment()
            logger.error("document worker could not be started", metadata: ["cause": "\(cause)"])
        }
    }

    private func histogram(_ stage: StageName) -> MetricHistogram {
        // The order of `allCases` is that of `stageDurations`.
        stageDurations[StageName.allCases.firstIndex(of: stage) ?? 0]
    }

    private func end(_ span: RecordedSpan?, _ error: ServiceError?) {
        guard let span else { return }
        if let error {
            span.set("error.type", error.code.rawValue)
            span.setStatus(.error(nil))
        }
        span.end()
    }
}

/// The last report about workers' sandboxes that was logged for everybody.
private final class ToldReport: Sendable {
    private let report = Mutex<SandboxReport?>(nil)

    /// Keeps a report; whether it differs from the last one.
    func exchange(_ new: SandboxReport) -> Bool {
        report.withLock { report in
            defer { report = new }
            return report != new
        }
    }
}
