import Observability

/// What runs count and measure. Counters are written when a run's change has been made durable, on the store's queue.
struct RunMetrics: Sendable {
    private let jobsSubmitted: MetricCounter
    private let jobsCompleted: MetricCounter
    private let jobsFailed: MetricCounter
    private let jobsCancelled: MetricCounter
    private let jobsHandedBack: MetricCounter
    private let jobsRecovered: MetricCounter
    private let runsExpired: MetricCounter
    private let runs: CounterFamily
    private let shed: CounterFamily
    private let attempts: MetricHistogram
    private let queueWait: HistogramFamily
    private let transitions: CounterFamily
    private let deadLettered: CounterFamily
    private let retries: CounterFamily
    private let replays: MetricCounter
    private let repeats: CounterFamily
    private let duplicates: MetricCounter

    /// What came of a repeated idempotency key.
    enum Repeat: String, CaseIterable {
        case replayed
        case inProgress = "in_progress"
        case otherPayload = "other_payload"
    }

    /// Registers all of it.
    init(_ registry: MetricRegistry) {
        jobsSubmitted = registry.counter("jobs_submitted_total", help: "Jobs accepted.")
        jobsCompleted = registry.counter("jobs_completed_total", help: "Jobs that were judged, whatever the verdict.")
        jobsFailed = registry.counter("jobs_failed_total", help: "Jobs that could not be judged.")
        jobsCancelled = registry.counter("idp_jobs_cancelled_total", help: "Jobs that were cancelled.")
        jobsHandedBack = registry.counter(
            "idp_jobs_handed_back_total", help: "Running jobs that a stop of the server gave back to the queue.")
        jobsRecovered = registry.counter(
            "idp_jobs_recovered_total", help: "Unfinished jobs found at the start of the server.")
        runsExpired = registry.counter("idp_runs_expired_total", help: "Runs removed after their retention.")
        runs = registry.counterFamily(
            "idp_runs_total",
            help: "Runs that ended, of jobs and of /v1/process, by verdict and by first reason or failure.",
            labels: ["verdict", "code"], exposesUntouched: false)
        shed = registry.counterFamily(
            "idp_requests_shed_total", help: "Submissions refused before any work, by reason.", labels: ["reason"],
            exposesUntouched: false)
        attempts = registry.histogram(
            "idp_job_attempts", help: "Starts that a job had when it ended.",
            buckets: .units([1, 2, 3, 5, 10, 20, 50]))
        queueWait = registry.histogramFamily(
            "idp_queue_wait_seconds", help: "Time from entering a work queue to leaving it for a slot.",
            buckets: .pipeline, labels: ["queue"], native: true)
        transitions = registry.counterFamily(
            "idp_job_transitions_total", help: "Changes of a job's state, counted when they are on stable storage.",
            labels: ["from", "to"], exposesUntouched: false)
        deadLettered = registry.counterFamily(
            "idp_jobs_dead_lettered_total", help: "Jobs that were set aside until somebody replays them.",
            labels: ["code"], exposesUntouched: false)
        retries = registry.counterFamily(
            "idp_job_retries_total", help: "Jobs that wait for another start, by what ended the last one.",
            labels: ["code"], exposesUntouched: false)
        replays = registry.counter("idp_jobs_replayed_total", help: "Failed jobs that wait again on request.")
        repeats = registry.counterFamily(
            "idp_idempotency_replays_total", help: "Submissions with a used idempotency key, by what came of it.",
            labels: ["outcome"], exposesUntouched: false)
        for outcome in Repeat.allCases { _ = repeats.with(outcome.rawValue) }
        duplicates = registry.counter(
            "idp_runs_deduplicated_total", help: "Submissions that were answered with an earlier run of equal content.")
    }

    /// A job changed its state.
    func moved(from: RunState, to: RunState) { transitions.with(from.rawValue, to.rawValue).increment() }

    /// A job that was running waits again.
    func retried(_ code: ErrorCode) { retries.with(code.rawValue).increment() }

    /// A failed job waits again.
    func replayed() { replays.increment() }

    /// An idempotency key came again.
    func repeated(_ outcome: Repeat) { repeats.with(outcome.rawValue).increment() }

    /// A document came again.
    func deduplicated() { duplicates.increment() }

    /// A job was accepted.
    func submitted() { jobsSubmitted.increment() }

    /// A job found at the start.
    func recovered() { jobsRecovered.increment() }

    /// A job was given back to the queue.
    func handedBack() { jobsHandedBack.increment() }

    /// Runs were removed.
    func expired(_ count: Int) { runsExpired.increment(by: UInt64(count)) }

    /// A submission was refused.
    func refused(_ error: ServiceError) { shed.with(error.code.rawValue).increment() }

    /// A run has ended. The `jobs_*` count jobs only.
    func ended(_ record: RunRecord) {
        let verdict = record.verdict.map { $0 ? "true" : "false" } ?? "none"
        let code = record.state == .cancelled ? "CANCELLED" : record.errorCodes?.first ?? ""
        runs.with(verdict, code).increment()
        guard record.kind == .job else { return }
        if record.deadLetter != nil { deadLettered.with(code).increment() }
        attempts.observe(units: UInt64(max(0, record.attempts)))
        switch record.state {
        case .completed: jobsCompleted.increment()
        case .failed: jobsFailed.increment()
        case .cancelled: jobsCancelled.increment()
        case .accepted, .running: preconditionFailure("a run that is \(record.state) has not ended")
        }
    }

    /// Waits of one queue.
    func waits(of queue: String) -> MetricHistogram { queueWait.with(queue) }
}

extension RunService {
    /// Registers what is read at scrape: states, depths and ages of the queues, what the store has flushed.
    func registerGauges(_ registry: MetricRegistry) {
        registry.observedGaugeFamily("idp_jobs", help: "Jobs in the store, by state.", labels: ["state"]) {
            [weak self] in
            let counts = self?.jobCountsNow ?? [:]
            return RunState.allCases.map { MetricSample(labels: [$0.rawValue], value: Double(counts[$0] ?? 0)) }
        }
        let queues = [jobQueue, interactiveQueue]
        registry.observedGaugeFamily("idp_queue_depth", help: "Items that wait in a work queue.", labels: ["queue"]) {
            queues.map { MetricSample(labels: [$0.name], value: Double($0.depth)) }
        }
        registry.observedGaugeFamily(
            "idp_queue_running", help: "Items of a work queue that run.", labels: ["queue"]
        ) {
            queues.map { MetricSample(labels: [$0.name], value: Double($0.runningCount)) }
        }
        registry.observedGaugeFamily(
            "idp_queue_oldest_job_age_seconds", help: "How long the oldest item of a work queue has waited.",
            labels: ["queue"]
        ) {
            queues.map { MetricSample(labels: [$0.name], value: ($0.oldestAge ?? .zero) / .seconds(1)) }
        }
        let limiter = limiter
        registry.observedGaugeFamily(
            "idp_concurrency_limit", help: "Calls that an adaptive limit lets run or wait now.", labels: ["pool"]
        ) { [MetricSample(labels: ["process"], value: Double(limiter.limit))] }
        let arriving = [(RunKind.job, jobUploads), (RunKind.sync, processUploads)]
        registry.observedGaugeFamily(
            "idp_uploads_arriving", help: "Submissions whose bodies are on their way.", labels: ["kind"]
        ) {
            arriving.map { MetricSample(labels: [$0.0.rawValue], value: Double($0.1.count)) }
        }
        let artifacts = artifacts
        registry.observedCounter(
            "idp_document_syncs_total", help: "Flushes of run folders, each for all that came together."
        ) {
            Double(artifacts.syncCount)
        }
    }
}

extension SQLiteJobStore {
    /// Registers what the writer has done.
    func registerMetrics(_ registry: MetricRegistry) {
        let statistics = statisticsReader
        registry.observedCounter("idp_store_commits_total", help: "Transactions of the job store.") {
            Double(statistics().commits)
        }
        registry.observedCounter("idp_store_changes_total", help: "Changes in the job store's transactions.") {
            Double(statistics().changes)
        }
        registry.observedCounter(
            "idp_store_batch_waits_total", help: "Transactions of the job store that a timer began, having waited for more changes."
        ) {
            Double(statistics().waits)
        }
    }
}
