internal import Dispatch
internal import Foundation
public import Observability
internal import Synchronization

/// A fixed number of warm document workers and the queue in front of them.
///
/// DESIGN. A worker is used by one operation at a time and goes back to the idle ones after it. Who finds none waits:
/// interactive callers ahead of batch ones, and in each class the document that has the fewest workers at the moment,
/// so that a long one shares with a short one and uses all workers when it is alone. A worker that fails (it crashed,
/// hung, was cancelled, talked nonsense, grew, or has worked long enough) is killed with everything it has started; its
/// place is free at once, not when the process is gone. A spare worker, warm like the others, steps in, and another is
/// started in the background. Every wait has a deadline. Blocking calls: use them on worker queues. Thread-safe.
///
/// What a worker does while it works is seen by its beats: one that sends none for `silenceLimit` is stuck and is
/// replaced, long before the operation's own limit. A document that loses two workers fails, and says so
/// (`ServiceError.isPoison`).
public final class DocumentWorkerPool: Sendable {
    /// How many workers there are and when they are replaced.
    public struct Settings: Sendable {
        /// Workers at work, and so pages read at the same time: one per core.
        public var count: Int
        /// Warm workers beyond these, which step in at once when one has to be killed.
        public var spares: Int
        /// The program that is started with the argument `document-worker`; by default this very program.
        public var executable: String
        /// What the worker does and its limits.
        public var configuration: WorkerConfiguration
        /// Added to the workers' otherwise minimal environment.
        public var environment: [String: String]
        /// Where each worker has a folder with a few links; nothing of a document is written there.
        public var temporaryFolder: String
        /// Longest time for one operation (the inspection of a file, the reading of a page).
        public var operationLimit: Duration
        /// Longest time within an operation in which a worker shows no progress. A step in which it cannot (the layout
        /// of a dense page, the decoding of a large picture) takes a second or two.
        public var silenceLimit: Duration
        /// Longest time from the start of a worker to its first answer.
        public var startLimit: Duration
        /// A worker is replaced after so many operations.
        public var recycleAfterOperations: Int
        /// A worker is replaced when its resident memory is beyond this after an operation.
        public var recycleAboveBytes: Int

        public init(
            count: Int, spares: Int = 0, executable: String = "/proc/self/exe",
            configuration: WorkerConfiguration = .init(), environment: [String: String] = [:],
            temporaryFolder: String = "/tmp", operationLimit: Duration = .seconds(30),
            silenceLimit: Duration = .seconds(12), startLimit: Duration = .seconds(10),
            recycleAfterOperations: Int = 500, recycleAboveBytes: Int = 160 << 20
        ) {
            self.count = count
            self.spares = spares
            self.executable = executable
            self.configuration = configuration
            self.environment = environment
            self.temporaryFolder = temporaryFolder
            self.operationLimit = operationLimit
            self.silenceLimit = silenceLimit
            self.startLimit = startLimit
            self.recycleAfterOperations = recycleAfterOperations
            self.recycleAboveBytes = recycleAboveBytes
        }
    }

    /// Why a worker was replaced: the label of `idp_worker_restarts_total{reason}`.
    public enum RestartReason: String, Sendable, CaseIterable {
        case crash, timeout, stalled, cancelled, garbage
        case recycledOperations = "recycled_operations"
        case recycledMemory = "recycled_memory"
    }

    /// What happens in the pool, for metrics and the log. Called on whichever thread it happens; must be short.
    public enum Event: Sendable {
        /// A worker is up; which walls stand around it.
        case ready(SandboxReport)
        case restarted(RestartReason)
        /// No worker could be started: the system call and its error.
        case startFailed(String)
    }

    /// Whose turn an operation is, and how long it may take.
    public struct Turn: Sendable {
        public var deadline: Deadline
        public var isInteractive: Bool
        public var cancellation: CancellationToken
        /// What the document has of the pool; the same for all its operations.
        let share: DocumentShare

        public init(deadline: Deadline, isInteractive: Bool, cancellation: CancellationToken) {
            self.init(deadline: deadline, isInteractive: isInteractive, cancellation: cancellation, share: .init())
        }

        init(deadline: Deadline, isInteractive: Bool, cancellation: CancellationToken, share: DocumentShare) {
            self.deadline = deadline
            self.isInteractive = isInteractive
            self.cancellation = cancellation
            self.share = share
        }
    }

    public let settings: Settings
    let onEvent: @Sendable (Event) -> Void
    let keeper: ChildKeeper
    let places: Mutex<WorkerPlaces>
    /// Starts of workers ahead of their first document.
    let refills = DispatchQueue(label: "idp.workers.refill", attributes: .concurrent)

    /// Makes an empty pool; workers start with `start()` or when they are needed.
    ///
    /// - Throws: a `ServiceError` when the system has no descriptors left.
    public init(_ settings: Settings, onEvent: @escaping @Sendable (Event) -> Void = { _ in }) throws(ServiceError) {
        precondition(settings.count > 0, "a pool without workers reads nothing")
        self.settings = settings
        places = Mutex(WorkerPlaces(count: settings.count, spares: settings.spares))
        self.onEvent = onEvent
        do {
            keeper = try ChildKeeper()
        } catch {
            throw ServiceError(.internalProcessingError, cause: "worker pool: \(error)")
        }
    }

    /// Starts all workers ahead of the first document; they load their models meanwhile.
    public func start() {
        for _ in 0..<(settings.count + settings.spares) { refill() }
    }

    /// Operations that wait for a worker.
    public var waiting: Int { places.withLock { $0.waiting } }

    /// Workers that nobody uses at the moment, spares among them.
    public var idle: Int { places.withLock { $0.idle.count } }

    /// Workers that are at work.
    public var busy: Int { places.withLock { $0.busy } }

    /// Process ids of the workers that run, for tests and for whoever wants to look at them.
    public var processIDs: [Int32] { keeper.processIDs }

    /// Turns waiters away, ends all workers and waits until they are gone. Further operations fail.
    public func stop() {
        let waiters = places.withLock { $0.stop() }
        for waiter in waiters { waiter.deliver(.stopping) }
        keeper.stop()
    }

    /// Has a worker do one operation on the document; blocks until it is done.
    ///
    /// An operation whose worker crashes is tried once more on a fresh one.
    ///
    /// - Throws: a `ServiceError`: what the worker found wrong with the document, `OCR_FAILED` after a second crash,
    ///   `OCR_TIMEOUT` or `PROCESSING_TIMEOUT`, `CLIENT_CLOSED_REQUEST` when cancelled, `SHUTTING_DOWN`.
    func perform(_ request: WorkerRequest, document: Int32, _ turn: Turn) throws(ServiceError) -> WorkerReply {
        var lost: [String] = []
        var foundDead = 0
        while true {
            let worker = try obtain(turn)
            let limit = turn.deadline.capped(at: settings.operationLimit)
            let outcome = run(request, document: document, on: worker, by: limit, turn.cancellation)
            conclude(worker, outcome, turn)
            let loss: ServiceError
            switch outcome {
            case .reply(.failed(let failure)):
                throw ServiceError(failure.code, failure.message, cause: failure.cause)
            case .reply(let reply):
                return reply
            case .cancelled:
                throw ServiceError(.clientClosedRequest)
            case .timedOut:
                loss = timeout(of: request, turn, cause: "an operation took longer than \(settings.operationLimit)")
                // A worker that the run's own end took is no fault of the document's.
                if turn.deadline.hasPassed { throw loss }
            case .neverBegan:
                // It died while idle, and nobody had noticed yet: not the document's doing.
                foundDead += 1
                guard foundDead > Self.deadWorkersMax else { continue }
                throw ServiceError(.ocrFailed, cause: "\(foundDead) workers were found dead")
            case .usedUpItsTime:
                loss = timeout(of: request, turn, cause: "an operation used up its processor time")
            case .stalled:
                lost.append("no progress for \(settings.silenceLimit)")
                loss = timeout(of: request, turn, cause: "workers lost: \(lost.joined(separator: "; "))")
            case .garbage(let what), .crashed(let what):
                lost.append(what)
                loss = ServiceError(.ocrFailed, cause: "workers lost: \(lost.joined(separator: "; "))")
            }
            let losses = turn.share.countLoss()
            // What is slow is slow the second time too; what crashed or hung may have had bad luck.
            guard !lost.isEmpty, losses < 2, !turn.deadline.hasPassed else {
                var loss = loss
                loss.workersLost = losses
                throw loss
            }
        }
    }

    /// So many workers in a row that died while idle are tried; more are somebody's hand, or a machine that fails.
    private static let deadWorkersMax = 8

    // MARK: One operation

    /// How an operation on a worker ended.
    private enum Outcome {
        case reply(WorkerReply)
        case cancelled
        case timedOut
        case usedUpItsTime
        case neverBegan
        case stalled
        case crashed(String)
        case garbage(String)
    }

    private func run(
        _ request: WorkerRequest, document: Int32, on worker: PooledWorker, by limit: Deadline,
        _ cancellation: CancellationToken
    ) -> Outcome {
        let outcome = cancellation.whileCancellable(onCancel: { _ in worker.process.kill() }) { () -> Outcome in
            do throws(FrameChannel.Failure) {
                try welcome(worker, by: limit)
                worker.countOperation()
                return .reply(
                    try worker.process.ask(
                        request, document: document, by: limit, silenceLimit: settings.silenceLimit))
            } catch {
                return cancellation.isCancelled ? .cancelled : self.outcome(of: error, worker)
            }
        }
        // Asked after the handler is gone: if it says no, the worker has not been and will not be killed.
        return cancellation.isCancelled ? .cancelled : outcome
    }

    private func outcome(of failure: FrameChannel.Failure, _ worker: PooledWorker) -> Outcome {
        switch failure {
        case .timedOut: return .timedOut
        case .stalled: return .stalled
        case .neverBegan: return .neverBegan
        case .garbage(let what): return .garbage(what)
        case .system(let number): return .crashed("errno \(number)")
        case .closed:
            // A large process takes a while to go after its socket; why it went is worth waiting for.
            guard let end = worker.process.child.end(by: .after(.seconds(2))) else { return .crashed("closed") }
            return end.signal == SIGXCPU || end.code == WorkerSandbox.outOfTimeCode
                ? .usedUpItsTime : .crashed("exit \(end.code), signal \(end.signal)")
        }
    }

    private func timeout(of request: WorkerRequest, _ turn: Turn, cause: String) -> ServiceError {
        if turn.deadline.hasPassed { return ServiceError(.processingTimeout, cause: "the run's deadline passed") }
        return switch request {
        case .recognise: ServiceError(.ocrTimeout, cause: cause)
        case .inspect, .configure, .paint, .attempt: ServiceError(.processingTimeout, cause: cause)
        }
    }

    private func conclude(_ worker: PooledWorker, _ outcome: Outcome, _ turn: Turn) {
        let reason: RestartReason? =
            switch outcome {
            case .cancelled: .cancelled
            case .timedOut, .usedUpItsTime: .timeout
            case .stalled: .stalled
            case .crashed, .neverBegan: .crash
            case .garbage: .garbage
            case .reply:
                if worker.operations >= settings.recycleAfterOperations {
                    .recycledOperations
                } else if worker.process.child.residentBytes ?? 0 > settings.recycleAboveBytes {
                    .recycledMemory
                } else {
                    nil
                }
            }
        if let reason { discard(worker, reason, turn) } else { giveBack(worker, turn) }
    }
}
