import Dispatch
import Foundation
import Logging
import Observability
import Pipeline
import Synchronization

/// The end of a synchronous run, or why there was none.
struct RunOutcome: Sendable {
    /// Nil when the run was refused before it began.
    var record: RunRecord?
    /// The judgement is nil where an earlier run answers: its record says what callers hear.
    var result: Result<Judgement?, ServiceError>
    var origin = SubmittedRun.Origin.new

    /// A run that was refused.
    static func refused(_ error: ServiceError) -> RunOutcome { RunOutcome(record: nil, result: .failure(error)) }
}

extension RunOutcome {
    /// What an earlier run came to.
    init(earlier run: SubmittedRun) {
        let record = run.record
        self.init(record: record, result: .success(nil), origin: run.origin)
        if record.state == .failed, record.kind == .sync {
            result = .failure(ServiceError(record.failure ?? .internalProcessingError))
        }
    }
}

/// What a cancel came to.
enum CancelOutcome: Sendable {
    /// It is or will be cancelled; the wish is on stable storage.
    case accepted(RunRecord)
    /// It had ended.
    case ended(RunRecord)
}

/// One page of runs, newest first.
struct RunPage: Sendable {
    var runs: [RunRecord]
    /// Where the next page begins (`list(before:)`); nil on the last page.
    var next: RunID?
}

/// Runs: takes documents in, has them judged, and knows what became of them.
///
/// DESIGN. The parts and their threads:
/// - *Intake* (`idp.intake.<n>`): moves a spooled document into its run folder.
/// - *Store* (`idp.store.writer`): one writer that flushes folders and commits rows for all who came together. What
///   callers see (`RunIndex`'s published records, counters, completions) follows after the commit, on that queue.
/// - *Work* (`idp.worker.<n>`): two `WorkQueue`s, one for jobs and one for synchronous runs, each with slots of its
/// own,
///   so that a caller who waits never stands behind a whole job; the pipeline shares its document workers among both.
/// - *Maintenance* (`idp.maintenance`): free disk, the store's health, retries of failed writes, waits that end.
/// - *Housekeeping* (`idp.housekeeping`): sweeps, repairs and retention, which may take long.
///
/// A job's life: reserve a place → folder → row → `202` → queue → running → judged → row → visible. Crash at any point
/// before `202`: nobody was told, the folder or the row is swept or ends unseen. After it: the row is found at the next
/// start and the job goes on. Nothing of `RunService` touches a loop; completions come on its queues.
final class RunService: Sendable {
    /// Moments and flags that change.
    struct Health: Sendable {
        var isStopAnnounced = false
        var isDraining = false
        var isStarted = false
        var isDiskLow = false
        var isMemoryLow = false
        /// Nil while the store works.
        var storeError: String?
        var lastStoreSuccess = ContinuousClock.now
    }

    let settings: Settings
    let judge: any DocumentJudge
    let store: any JobStore
    let artifacts: DiskArtifactStore
    /// Where run folders are kept beside this machine; nil where nowhere.
    let remote: (any RemoteArtifacts)?
    /// Tells callers how their jobs ended; nil where nobody can ask for that.
    let callbacks: CallbackDispatcher?
    let metrics: RunMetrics
    let logger: Logger
    /// The wall clock.
    let now: @Sendable () -> Timestamp
    /// What status queries are answered from first.
    let index = RunIndex()
    /// Submissions on their way that others may repeat.
    let claims = SubmissionClaims()
    /// Nil where no other node uses the store.
    let sharing: Sharing?
    /// In front of the slots that run jobs.
    let jobQueue: WorkQueue
    /// In front of the slots that run /v1/process.
    let interactiveQueue: WorkQueue
    /// How many synchronous runs are good for, waiting ones included: from their measured times.
    let limiter: ConcurrencyLimiter
    let jobUploads = UploadPlaces()
    let processUploads = UploadPlaces()
    /// Bodies on their way that were let in as repeats, without a place.
    let repeatUploads = UploadPlaces()
    /// Which keys are let in without a place.
    let repeatDoor = RepeatDoor()
    /// Bytes of memory that are left; nil if nobody can tell.
    let availableMemory: @Sendable () -> Int?
    let health = Mutex(Health())
    /// Jobs that are being made durable: their folders are there, their rows may not be yet.
    let arriving = Mutex<Set<RunID>>([])
    /// Jobs that came in a crowd: what people read of them is written when the crowd has gone, or at their turn.
    let undescribed = Mutex(FIFO<RunID>())
    /// Jobs by published state, for the gauge.
    let jobCounts = Mutex<[RunState: Int]>([:])
    let intake: [DispatchQueue]
    let maintenance = DispatchQueue(label: "idp.maintenance")
    let housekeeping = DispatchQueue(label: "idp.housekeeping", qos: .utility)
    /// Everything between a promise and its keeping: submissions on their way, ends on their way into the store.
    let pending = DispatchGroup()

    /// - Parameters:
    ///   - remote: where run folders are kept beside this machine.
    ///   - callbacks: delivers from the same store; started and stopped by the service.
    ///   - lanes: for the work queues' slots, `RunService.laneCount(settings)` of them; shared lanes stand in for
    /// missing
    ///     ones.
    ///   - availableMemory: bytes that are left, asked once a second.
    ///   - now: the wall clock.
    init(
        settings: Settings, judge: any DocumentJudge, store: any JobStore, artifacts: DiskArtifactStore,
        remote: (any RemoteArtifacts)? = nil, callbacks: CallbackDispatcher? = nil,
        registry: MetricRegistry, logger: Logger, lanes: [Lane] = [],
        availableMemory: @escaping @Sendable () -> Int? = AvailableMemory.bytes,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.settings = settings
        self.availableMemory = availableMemory
        self.judge = judge
        self.store = store
        sharing = (store as? any SharedJobStore).map { Sharing(store: $0) }
        self.artifacts = artifacts
        self.remote = remote
        self.callbacks = callbacks
        let metrics = RunMetrics(registry)
        self.metrics = metrics
        self.logger = logger
        self.now = now
        let slots = (0..<RunService.laneCount(settings)).map { index in
            WorkSlot(
                queue: DispatchQueue(label: "idp.worker.\(index)"),
                lane: index < lanes.count ? lanes[index] : .shared)
        }
        let workers = settings.documents.workers
        jobQueue = RunService.queue("jobs", settings.jobs.queueLimit, slots[..<workers], metrics)
        interactiveQueue = RunService.queue(
            "process", settings.jobs.interactiveQueueLimit, slots[workers...], metrics)
        limiter = ConcurrencyLimiter(RunService.limits(settings.jobs))
        intake = (0..<max(2, min(4, workers))).map { DispatchQueue(label: "idp.intake.\($0)") }
        registerGauges(registry)
    }

    /// How many jobs are in each state; jobs that this process has not heard of yet are not counted.
    var jobCountsNow: [RunState: Int] { jobCounts.withLock { $0 } }

    private static func queue(
        _ name: String, _ limit: Int, _ slots: ArraySlice<WorkSlot>, _ metrics: RunMetrics
    ) -> WorkQueue {
        let waits = metrics.waits(of: name)
        return WorkQueue(name: name, limit: limit, slots: Array(slots)) { waited, slot in
            waits.observe(waited, lane: slot.lane)
        }
    }

    /// How many lanes the work queues can own.
    static func laneCount(_ settings: Settings) -> Int {
        settings.documents.workers + settings.jobs.interactiveSlots
    }
}
