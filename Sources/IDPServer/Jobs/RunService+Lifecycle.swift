import Dispatch
import Logging
import Observability
import Synchronization

/// One line of `/ready`.
struct ReadinessCheck: Sendable, Equatable {
    /// `store`, `disk`, `memory`, `queue`, `draining`.
    var name: String
    var isPassing: Bool
    /// In words, for people; holds no path.
    var detail: String
}

extension RunService {
    /// Takes up what an earlier process left: unfinished jobs go on, folders of submissions that were never
    /// acknowledged are swept in the background. Call it once, before the first submission.
    ///
    /// - Throws: `STORAGE_FAILED` when the store cannot be read.
    func start() throws(ServiceError) {
        let counts = try store.jobCounts()
        jobCounts.withLock { $0 = counts }
        // Of a shared store, this node has none yet; those of nodes that have gone it hears of.
        let unfinished = sharing == nil ? try store.unfinishedJobs() : []
        for record in unfinished {
            metrics.recovered()
            log(.debug, "job recovered", record, ["state": "\(record.state.rawValue)"])
            recover(record)
        }
        logger.info("jobs recovered", metadata: ["count": "\(unfinished.count)"])
        let moment = now()
        health.withLock { $0.isStarted = true }
        // Other nodes may be making folders whose rows come later.
        let swept = sharing == nil ? moment : moment.advanced(by: .zero - RunService.sharedSweepAge)
        housekeeping.async {
            self.sweepFolders(before: RunID(floorOf: swept))
            self.repairFolders()
            self.keepRetention()
        }
        maintain()
        beginSharing()
        callbacks?.start()
    }

    /// Whether waits and streams shall end. Never blocks.
    var isStopAnnounced: Bool { health.withLock { $0.isStopAnnounced || $0.isDraining } }

    /// Makes `/ready` say no and lets long polls go, while everything else works as before.
    func announceStop() {
        health.withLock { $0.isStopAnnounced = true }
        index.nudge()
        nudgeElsewhere()
    }

    /// What `/ready` says. Never blocks.
    func readiness() -> [ReadinessCheck] {
        let health = health.withLock { $0 }
        let isFull = jobQueue.isFull
        let isStopping = health.isStopAnnounced || health.isDraining
        return [
            ReadinessCheck(name: "draining", isPassing: !isStopping, detail: isStopping ? "shutting down" : "no"),
            ReadinessCheck(
                name: "store", isPassing: health.storeError == nil,
                detail: health.storeError == nil ? "writable" : "not writable"),
            ReadinessCheck(
                name: "disk", isPassing: !health.isDiskLow,
                detail: health.isDiskLow ? "less free than IDP_DISK_RESERVE_BYTES" : "enough free"),
            ReadinessCheck(
                name: "memory", isPassing: !health.isMemoryLow,
                detail: health.isMemoryLow ? "less free than IDP_MEMORY_RESERVE_BYTES" : "enough free"),
            artifactsCheck,
            ReadinessCheck(name: "queue", isPassing: !isFull, detail: isFull ? "full" : "\(jobQueue.depth) waiting"),
        ].compactMap { $0 }
    }

    /// Ends the service's work: takes nothing any more, lets running work finish, hands back to the queue what cannot
    /// finish in time, and closes the store. Queued jobs are there at the next start. Blocks its caller until then.
    ///
    /// - Returns: false when something was still running at the deadline; its job is found by the next start.
    @discardableResult
    func drain(by deadline: Deadline) -> Bool {
        health.withLock { $0.isDraining = true }
        jobQueue.pause()
        index.nudge()
        nudgeElsewhere()
        // Callers of /v1/process wait for an answer: their line is worked off as long as there is time.
        let patience = deadline.capped(at: max(.zero, deadline.remaining - RunService.handBackTime(deadline)))
        var isIdle = interactiveQueue.waitUntilIdle(by: patience) && jobQueue.waitUntilIdle(by: patience)
        if !isIdle {
            interactiveQueue.pause()
            for token in index.tokens(of: .job) + index.tokens(of: .sync) { token.cancel(.shutdown) }
            for item in interactiveQueue.removeAll() { item.discard() }
            isIdle = interactiveQueue.waitUntilIdle(by: deadline) && jobQueue.waitUntilIdle(by: deadline)
        }
        let left = max(0, deadline.remaining / .milliseconds(1))
        let isFlushed = pending.wait(timeout: .now() + .milliseconds(Int(left))) == .success
        // What is left is delivered by the next start, or by another node.
        callbacks?.drain(by: deadline)
        // A store that hangs must not hold up the stop: its log is recovered at the next start.
        if isFlushed { store.close() }
        // What does not reach the bucket in time is put by the next start.
        if let remote, !remote.drain(by: deadline) { logger.notice("runs are left to be put into the bucket") }
        return isIdle && isFlushed
    }

    /// Remembers whether the store works.
    func noteStore(_ result: Result<Void, ServiceError>) {
        health.withLock { health in
            switch result {
            case .success:
                health.storeError = nil
                health.lastStoreSuccess = .now
            // An answer of a store that works.
            case .failure(let error)
            where error.code == .idempotencyInProgress || error.code == .jobNotReplayable || error.isSuperseded
                || error.code == .clientClosedRequest:
                health.storeError = nil
            case .failure(let error):
                health.storeError = error.cause ?? error.message
            }
        }
    }

    /// Takes up a job that was left unfinished.
    func recover(_ record: RunRecord) {
        index.insert(record, attemptsMax: settings.jobs.attemptsMax, token: CancellationToken())
        let moment = now()
        do throws(JobStateMachine.IllegalTransition) {
            let decision = try index.handle(.recover, record.id) { draft in
                if draft.state.isFinal { draft.finishedAt = moment }
            }
            switch decision?.action {
            case .enqueue:
                guard let draft = decision?.draft else { return }
                if record.state != draft.state {
                    metrics.retried(.internalProcessingError)
                    store.write(.update(draft, nil)) { result in
                        self.noteStore(result)
                        if case .failure(let error) = result, error.isSuperseded { self.drop(draft.id) }
                    }
                    publish(draft)
                }
                enqueueJob(draft, reserved: false)
            case .finish(_, let code):
                guard var draft = decision?.draft else { return }
                draft.failure = code
                log(.error, "job given up", draft)
                persistEnd(draft, nil) { _ in }
            case .run, .stopWork, .handBack, .alreadyEnded, nil:
                preconditionFailure("recovery never leads to \(String(describing: decision?.action))")
            }
        } catch {
            preconditionFailure("\(error): the store lists unfinished jobs only")
        }
    }

    /// Looks after disk and store once a second until the service drains.
    private func maintain() {
        guard !isStopping else { return }
        let free = try? artifacts.freeBytes()
        let isLow = (free ?? 0) < settings.storage.diskReserveBytes
        let memory = availableMemory()
        let isMemoryLow = memory.map { $0 < settings.jobs.memoryReserveBytes } ?? false
        let wasMemoryLow = health.withLock { health -> Bool in
            defer { health.isMemoryLow = isMemoryLow }
            return health.isMemoryLow
        }
        if isMemoryLow != wasMemoryLow {
            logger.warning("memory", metadata: ["is_low": "\(isMemoryLow)", "available_bytes": "\(memory ?? -1)"])
        }
        let (isProbeDue, wasLow) = health.withLock { health -> (Bool, Bool) in
            defer { health.isDiskLow = isLow }
            let isQuiet = health.lastStoreSuccess.duration(to: .now) > RunService.probeInterval
            return (health.storeError != nil || isQuiet, health.isDiskLow)
        }
        if isLow != wasLow {
            logger.warning("disk space", metadata: ["is_low": "\(isLow)", "free_bytes": "\(free ?? -1)"])
        }
        remote?.probe()
        if isProbeDue { store.write(.probe(now())) { self.noteStore($0) } }
        forgetErased(at: now())
        housekeeping.async { self.describeRuns() }
        maintenance.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in self?.maintain() }
    }

    /// Writes `metadata.json` and `job.json` of jobs that came in a crowd and wait, once it has gone. Those whose turn
    /// has come meanwhile have theirs.
    private func describeRuns() {
        while !isStopping, arriving.withLock({ $0.count }) < RunService.crowd,
            let id = undescribed.withLock({ $0.popFirst() })
        {
            guard let record = index.record(id), record.state == .accepted else { continue }
            // The files are not the truth: what cannot be written now is when the job's turn comes.
            try? artifacts.describe(record)
        }
    }

    /// Submissions at a time from which on a crowd is there: it is in a hurry, and so are others.
    static let crowd = 8

    /// Removes folders that have no row: their submission was never acknowledged, or their sync run never ended. Only
    /// the two latest days can have any, as each start sweeps. Ids say when a run was made, but a clock may have been
    /// set back since the start: what is being taken in is known by name.
    private func sweepFolders(before limit: RunID) {
        var swept = 0
        for day in artifacts.days().prefix(2) {
            for id in artifacts.runs(on: day) where id < limit && !isStopping {
                // A store that cannot be read now is asked again at the next start.
                guard index.record(id) == nil, !arriving.withLock({ $0.contains(id) }),
                    case .unknown? = try? store.run(id)
                else { continue }
                artifacts.remove(id)
                swept += 1
            }
        }
        if swept > 0 { logger.info("folders swept", metadata: ["count": "\(swept)"]) }
    }

    /// Rewrites the files of the runs that ended last: a crash may have left them torn or old.
    func repairFolders() {
        guard let ended = try? store.list(RunFilter(), before: nil, limit: RunService.repairLimit) else {
            return
        }
        for record in ended where record.state.isFinal && !isStopping {
            artifacts.repair(record)
            followLeftover(record)
        }
    }

    /// The last part of a drain, in which stopped work is handed back: an eighth, at most two seconds.
    private static func handBackTime(_ deadline: Deadline) -> Duration { min(.seconds(2), deadline.remaining / 8) }

    /// A store that nothing was written to for so long is tried.
    private static let probeInterval = Duration.seconds(10)

    private static let repairLimit = 200

    /// Folders that are younger may belong to submissions and calls that other nodes are working on.
    private static let sharedSweepAge = Duration.seconds(2 * 3600)
}
