internal import Dispatch
internal import Foundation
public import Observability
internal import Synchronization

/// A fixed number of warm document workers and the queue in front of them.
///
/// DESIGN. A worker is used by one operation at a time and goes back to the idle ones after it. Who finds none waits:
/// interactive callers ahead of batch ones, each class in order of arrival. A worker that fails (it crashed, hung, was
/// cancelled, talked nonsense, grew, or has worked long enough) is killed with everything it has started and its place
/// is filled again in the background. Every wait has a deadline. Blocking calls: use them on worker queues.
/// Thread-safe.
public final class DocumentWorkerPool: Sendable {
    /// How many workers there are and when they are replaced.
    public struct Settings: Sendable {
        /// Workers, and so pages read at the same time: one per core.
        public var count: Int
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
        /// Longest time from the start of a worker to its first answer.
        public var startLimit: Duration
        /// A worker is replaced after so many operations.
        public var recycleAfterOperations: Int
        /// A worker is replaced when its resident memory is beyond this after an operation.
        public var recycleAboveBytes: Int

        public init(
            count: Int, executable: String = "/proc/self/exe", configuration: WorkerConfiguration = .init(),
            environment: [String: String] = [:], temporaryFolder: String = "/tmp",
            operationLimit: Duration = .seconds(30), startLimit: Duration = .seconds(10),
            recycleAfterOperations: Int = 500, recycleAboveBytes: Int = 160 << 20
        ) {
            self.count = count
            self.executable = executable
            self.configuration = configuration
            self.environment = environment
            self.temporaryFolder = temporaryFolder
            self.operationLimit = operationLimit
            self.startLimit = startLimit
            self.recycleAfterOperations = recycleAfterOperations
            self.recycleAboveBytes = recycleAboveBytes
        }
    }

    /// Why a worker was replaced: the label of `idp_worker_restarts_total{reason}`.
    public enum RestartReason: String, Sendable, CaseIterable {
        case crash, timeout, cancelled, garbage
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

        public init(deadline: Deadline, isInteractive: Bool, cancellation: CancellationToken) {
            self.deadline = deadline
            self.isInteractive = isInteractive
            self.cancellation = cancellation
        }
    }

    /// What a waiter gets.
    enum Grant: Sendable {
        case worker(PooledWorker)
        /// A free place: start a worker there.
        case vacancy
        case cancelled
        case abandoned
        case stopping
    }

    private struct State {
        var idle: [PooledWorker] = []
        /// Workers, idle or busy, and places in which one is being started.
        var taken = 0
        var interactive: [WaitCell<Grant>] = []
        var batch: [WaitCell<Grant>] = []
        var isStopping = false
    }

    public let settings: Settings
    private let onEvent: @Sendable (Event) -> Void
    private let keeper: ChildKeeper
    private let state = Mutex(State())
    private let refills = DispatchQueue(label: "idp.workers.refill")

    /// Makes an empty pool; workers start with `start()` or when they are needed.
    ///
    /// - Throws: a `ServiceError` when the system has no descriptors left.
    public init(_ settings: Settings, onEvent: @escaping @Sendable (Event) -> Void = { _ in }) throws(ServiceError) {
        precondition(settings.count > 0, "a pool without workers reads nothing")
        self.settings = settings
        self.onEvent = onEvent
        do {
            keeper = try ChildKeeper()
        } catch {
            throw ServiceError(.internalProcessingError, cause: "worker pool: \(error)")
        }
    }

    /// Starts all workers ahead of the first document; they load their models meanwhile.
    public func start() {
        for _ in 0..<settings.count { refill() }
    }

    /// Operations that wait for a worker.
    public var waiting: Int { state.withLock { $0.interactive.count + $0.batch.count } }

    /// Workers that nobody uses at the moment.
    public var idle: Int { state.withLock { $0.idle.count } }

    /// Process ids of the workers that run, for tests and for whoever wants to look at them.
    public var processIDs: [Int32] { keeper.processIDs }

    /// Turns waiters away, ends all workers and waits until they are gone. Further operations fail.
    public func stop() {
        let waiters = state.withLock { state in
            state.isStopping = true
            state.idle = []
            defer { (state.interactive, state.batch) = ([], []) }
            return state.interactive + state.batch
        }
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
        var crashes: [String] = []
        while true {
            let worker = try obtain(turn)
            let limit = turn.deadline.capped(at: settings.operationLimit)
            let outcome = run(request, document: document, on: worker, by: limit, turn.cancellation)
            conclude(worker, outcome)
            switch outcome {
            case .reply(.failed(let failure)):
                throw ServiceError(failure.code, failure.message, cause: failure.cause)
            case .reply(let reply):
                return reply
            case .cancelled:
                throw ServiceError(.clientClosedRequest)
            case .timedOut:
                throw timeout(of: request, turn, cause: "an operation took longer than \(settings.operationLimit)")
            case .usedUpItsTime:
                throw timeout(of: request, turn, cause: "an operation used up its processor time")
            case .garbage(let what), .crashed(let what):
                crashes.append(what)
                guard crashes.count < 2, !turn.deadline.hasPassed else {
                    throw ServiceError(
                        .ocrFailed, isLethal: crashes.count > 1,
                        cause: "workers lost: \(crashes.joined(separator: "; "))")
                }
            }
        }
    }

    // MARK: One operation

    /// How an operation on a worker ended.
    private enum Outcome {
        case reply(WorkerReply)
        case cancelled
        case timedOut
        case usedUpItsTime
        case crashed(String)
        case garbage(String)
    }

    private func run(
        _ request: WorkerRequest, document: Int32, on worker: PooledWorker, by limit: Deadline,
        _ cancellation: CancellationToken
    ) -> Outcome {
        let outcome = cancellation.whileCancellable(onCancel: { _ in worker.process.kill() }) { () -> Outcome in
            do throws(FrameChannel.Failure) {
                if worker.operations == 0 {
                    onEvent(.ready(try worker.process.welcome(by: limit.capped(at: settings.startLimit))))
                }
                worker.countOperation()
                return .reply(try worker.process.ask(request, document: document, by: limit))
            } catch {
                return self.outcome(of: error, worker)
            }
        }
        // Asked after the handler is gone: if it says no, the worker has not been and will not be killed.
        return cancellation.isCancelled ? .cancelled : outcome
    }

    private func outcome(of failure: FrameChannel.Failure, _ worker: PooledWorker) -> Outcome {
        switch failure {
        case .timedOut: return .timedOut
        case .garbage(let what): return .garbage(what)
        case .system(let number): return .crashed("errno \(number)")
        case .closed:
            let end = worker.process.child.reap()
            return end.signal == SIGXCPU ? .usedUpItsTime : .crashed("exit \(end.code), signal \(end.signal)")
        }
    }

    private func timeout(of request: WorkerRequest, _ turn: Turn, cause: String) -> ServiceError {
        if turn.deadline.hasPassed { return ServiceError(.processingTimeout, cause: "the run's deadline passed") }
        return switch request {
        case .recognise: ServiceError(.ocrTimeout, cause: cause)
        case .inspect, .configure: ServiceError(.processingTimeout, cause: cause)
        }
    }

    private func conclude(_ worker: PooledWorker, _ outcome: Outcome) {
        let reason: RestartReason? =
            switch outcome {
            case .cancelled: .cancelled
            case .timedOut, .usedUpItsTime: .timeout
            case .crashed: .crash
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
        if let reason { discard(worker, reason) } else { handOver(.worker(worker)) }
    }

    // MARK: Places and waiters

    private func obtain(_ turn: Turn) throws(ServiceError) -> PooledWorker {
        let cell = WaitCell<Grant>()
        state.withLock { state in
            if state.isStopping {
                cell.deliver(.stopping)
            } else if let worker = state.idle.popLast() {
                cell.deliver(.worker(worker))
            } else if state.taken < settings.count {
                state.taken += 1
                cell.deliver(.vacancy)
            } else if turn.isInteractive {
                state.interactive.append(cell)
            } else {
                state.batch.append(cell)
            }
        }
        var grant = turn.cancellation.whileCancellable(onCancel: { _ in cell.deliver(.cancelled) }) {
            cell.wait(by: turn.deadline)
        }
        // The grant may come in the very moment in which the wait ends: then it is taken after all.
        if grant == nil { grant = cell.deliver(.abandoned) ? .abandoned : cell.wait(by: nil) }
        switch grant {
        case .worker(let worker):
            return worker
        case .vacancy:
            do throws(ChildFailure) {
                return try launch()
            } catch {
                vacate()
                onEvent(.startFailed("\(error.call): errno \(error.number)"))
                throw ServiceError(.ocrFailed, cause: "no worker could be started: \(error)")
            }
        case .cancelled:
            forget(cell)
            throw ServiceError(.clientClosedRequest)
        case .stopping:
            throw ServiceError(.shuttingDown)
        case .abandoned, nil:
            forget(cell)
            throw ServiceError(.processingTimeout, cause: "no worker became free in time")
        }
    }

    private func forget(_ cell: WaitCell<Grant>) {
        state.withLock { state in
            state.interactive.removeAll { $0 === cell }
            state.batch.removeAll { $0 === cell }
        }
    }

    /// Gives a worker or a place to whoever waits longest, the interactive first; false when nobody does.
    private static func serveWaiter(_ grant: Grant, _ state: inout State) -> Bool {
        while !state.interactive.isEmpty || !state.batch.isEmpty {
            let cell = state.interactive.isEmpty ? state.batch.removeFirst() : state.interactive.removeFirst()
            // False: it has given up meanwhile.
            if cell.deliver(grant) { return true }
        }
        return false
    }

    private func handOver(_ grant: Grant) {
        state.withLock { state in
            guard !state.isStopping, !Self.serveWaiter(grant, &state) else { return }
            switch grant {
            case .worker(let worker): state.idle.append(worker)
            case .vacancy: state.taken -= 1
            case .cancelled, .abandoned, .stopping: preconditionFailure("only workers and places are handed over")
            }
        }
    }

    private func vacate() { handOver(.vacancy) }

    private func discard(_ worker: PooledWorker, _ reason: RestartReason) {
        worker.process.kill()
        onEvent(.restarted(reason))
        // A waiter starts the next one itself; else it is started in the background, ahead of its first document.
        vacate()
        refill()
    }

    /// Starts a worker in the background if there is a free place.
    private func refill() {
        refills.async { [self] in
            let isFree = state.withLock { state in
                guard !state.isStopping, state.taken < settings.count else { return false }
                state.taken += 1
                return true
            }
            guard isFree else { return }
            do throws(ChildFailure) {
                handOver(.worker(try launch()))
            } catch {
                vacate()
                onEvent(.startFailed("\(error.call): errno \(error.number)"))
            }
        }
    }

    private func launch() throws(ChildFailure) -> PooledWorker {
        var environment = ["PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"]
        // More threads per page make it slower by a factor of four (OpenMP spins); allocator arenas of threads that
        // do not exist only eat address space.
        environment.merge(["OMP_THREAD_LIMIT": "1", "MALLOC_ARENA_MAX": "2"]) { $1 }
        environment.merge(settings.environment) { $1 }
        let launch = DocumentWorker.Launch(
            executable: settings.executable, configuration: settings.configuration, environment: environment,
            temporaryFolder: settings.temporaryFolder)
        return PooledWorker(
            try DocumentWorker(launch, keeper: keeper) { [weak self] child in self?.noticeEnd(of: child) })
    }

    /// On the keeper's thread: an idle worker that has died is taken out and replaced, once; one that dies before its
    /// first document is not, for its successor would die as well.
    private func noticeEnd(of child: Child) {
        let dead = state.withLock { state -> PooledWorker? in
            guard !state.isStopping, let index = state.idle.firstIndex(where: { $0.process.child === child }) else {
                return nil
            }
            state.taken -= 1
            return state.idle.remove(at: index)
        }
        guard let dead else { return }
        onEvent(.restarted(.crash))
        if dead.operations > 0 { refill() }
    }
}
