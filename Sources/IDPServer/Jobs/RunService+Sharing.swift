import Dispatch
import Logging
import Observability
import Pipeline
import Synchronization

/// Nodes that share a store.
///
/// DESIGN. A node runs its own jobs from memory, exactly as a lone server does: `WorkQueue`, `RunIndex`, state machine
/// and files know nothing of other nodes. What is added is whose a job is. A submission that finds a slot, or a short
/// line, stays with the node that took it; any other is offered to the pool, where a node claims jobs for the room that
/// it has, some for each slot beyond those that run. So two nodes never have the same job in memory, and an embedded
/// server takes none of these ways. A node that was taken for gone and is not finds out at its next write of the run
/// (`ServiceError.superseded`), drops it and shows what the store says.
extension RunService {
    /// Begins to share; nothing without other nodes.
    func beginSharing() {
        guard let sharing else { return }
        sharing.store.beginSharing(
            SharedStoreEvents(
                changed: { [weak self] ids, isOwn in self?.noteChanged(ids, isOwn: isOwn) },
                poolFilled: { [weak self] in
                    self?.sharing?.noteFilled()
                    self?.claimMore()
                },
                cancelAsked: { [weak self] ids in self?.cancelOwn(ids) },
                taken: { [weak self] records in self?.takeOver(records) },
                beat: { [weak self] depth in self?.noteBeat(poolDepth: depth) },
                reconnected: { [weak self] wasEvicted in self?.lookAgain(wasEvicted: wasEvicted) }))
    }

    /// Whether a new job is offered to all nodes rather than kept.
    var offersNewJobs: Bool {
        guard let sharing else { return false }
        return sharing.mayPoolHoldJobs || roomForClaims <= 0
    }

    /// A job was offered and is on stable storage.
    func offered() {
        jobQueue.release()
        sharing?.noteOffer()
        jobQueue.setElsewhere(sharing?.poolDepth ?? 0)
        claimMore()
    }

    /// Claims jobs if there is room for them and may be some. Any thread; never blocks.
    func claimMore() {
        guard let sharing, !isStopping, roomForClaims >= claimStep, sharing.beginClaims() else { return }
        sharing.queue.async { self.claim(sharing) }
    }

    /// Asks another node for a run's end. Blocks on the store.
    func cancelElsewhere(_ id: RunID) -> Result<CancelOutcome, ServiceError>? {
        guard let sharing else { return nil }
        do throws(ServiceError) {
            switch try sharing.store.requestCancel(id, at: now()) {
            case .cancelled(let record):
                writeFiles(record)
                metrics.ended(record)
                announce(record)
                log(.info, "run ended", record, ["state": "\(record.state.rawValue)"])
                return .success(.accepted(record))
            case .asked(let record): return .success(.accepted(record))
            case .none: return nil
            }
        } catch {
            return .failure(error)
        }
    }

    /// Watches a run that is not this node's; nil when it has ended or its state is not `from`. Blocks on the store.
    func watchElsewhere(_ id: RunID, from: RunState?, _ watcher: @escaping RunIndex.Watcher) -> Int? {
        guard let sharing else { return nil }
        let key = sharing.watch(id, watcher)
        // Looked at after the watch began, so that no change falls between.
        guard case .found(let record)? = try? sharing.store.run(id), !record.state.isFinal,
            from == nil || record.state == from
        else {
            sharing.unwatch(id, key)
            return nil
        }
        return key
    }

    /// Tells all who watch runs of other nodes what is known, so that those who wait for a change stop waiting.
    func nudgeElsewhere() {
        guard let sharing else { return }
        sharing.queue.async { self.tellWatchers(of: sharing.watched()) }
    }

    /// Drops a run that is another node's by now, and shows what the store says of it. Any thread.
    func drop(_ id: RunID) {
        guard let sharing else { return }
        _ = jobQueue.remove(id)
        let token = index.token(of: id)
        // At once: what its slot finds from now on belongs to nobody.
        let watchers = index.detach(id)
        token?.cancel(.shutdown)
        for watcher in watchers { _ = sharing.watch(id, watcher) }
        sharing.queue.async { self.showStored(id, sharing) }
    }

    /// Makes files and watchers of a dropped run say what the store says, as soon as it can be read.
    private func showStored(_ id: RunID, _ sharing: Sharing) {
        let stored: StoredRun
        do throws(ServiceError) {
            stored = try sharing.store.run(id)
        } catch {
            guard !isStopping else { return }
            return sharing.queue.asyncAfter(deadline: .now() + Self.showRetryDelay) { self.showStored(id, sharing) }
        }
        guard case .found(let record) = stored else { return }
        log(.notice, "run dropped: another node has it", record, ["state": "\(record.state.rawValue)"])
        if record.state.isFinal { artifacts.repair(record) }
        sharing.tell(record)
    }

    private static let showRetryDelay = DispatchTimeInterval.milliseconds(500)

    /// Ends a run as cancelled whose end came after somebody's wish that another node had taken.
    func endCancelled(_ record: RunRecord) -> RunRecord {
        var record = record
        record.state = .cancelled
        record.isCancelRequested = true
        record.verdict = nil
        record.reasons = []
        record.failure = nil
        record.deadLetter = nil
        artifacts.removeFinalResult(record.id)
        writeFiles(record)
        return record
    }

    /// Items that this node would take beside what it has: as many as run, and as many more as it ends in half a
    /// second, so that quick jobs do not cost a claim each.
    private var roomForClaims: Int { claimTarget - jobQueue.load }

    private var claimTarget: Int {
        let workers = settings.documents.workers
        return workers + max(workers, min(256, jobQueue.itemsEnded(in: .milliseconds(500))))
    }

    /// Below this a claim is not worth its transaction, while something waits here.
    private var claimStep: Int { jobQueue.depth == 0 ? 1 : max(1, claimTarget / 4) }

    private func claim(_ sharing: Sharing) {
        defer {
            sharing.endClaims()
            // A message that came meanwhile found the claim going on.
            if sharing.mayPoolHoldJobs, roomForClaims >= claimStep { claimMore() }
        }
        while !isStopping, sharing.mayPoolHoldJobs {
            let room = roomForClaims
            guard room >= 1 else { return }
            sharing.expectEmpty()
            do throws(ServiceError) {
                let records = try sharing.store.claim(limit: room)
                sharing.noteClaimed(records.count, isMoreLikely: records.count == room)
                for record in records {
                    index.insert(record, attemptsMax: settings.jobs.attemptsMax, token: CancellationToken())
                    enqueueJob(record, reserved: false)
                }
            } catch {
                // The next beat says again what waits.
                sharing.expectStrays()
                return log(.warning, "jobs not claimed", nil, ["cause": "\(error.cause ?? "")"])
            }
        }
    }

    private func noteBeat(poolDepth: Int) {
        guard let sharing else { return }
        sharing.notePool(depth: poolDepth)
        jobQueue.setElsewhere(poolDepth)
        claimMore()
        if sharing.isSearchDue() { sharing.queue.async { self.takeStrays(sharing) } }
        guard sharing.isCountDue(at: .now) else { return }
        sharing.queue.async { [self] in
            // Uncounted, the gauge stays as it was until the next time.
            if let counts = try? sharing.store.jobCounts() { jobCounts.withLock { $0 = counts } }
        }
    }

    private func noteChanged(_ ids: [RunID], isOwn: Bool) {
        guard let sharing else { return }
        if !isOwn { _ = index.forget(ids) }
        // What lives here is told of when it is published.
        let watched = sharing.watched(ids).filter { !isOwn || !index.isLive($0) }
        if !watched.isEmpty { sharing.queue.async { self.tellWatchers(of: watched) } }
    }

    private func tellWatchers(of ids: [RunID]) {
        for id in ids {
            // Unread, they are told at the next change or at their deadline.
            if let record = try? record(for: id) { sharing?.tell(record) }
        }
    }

    private func cancelOwn(_ ids: [RunID]) {
        for id in ids where index.isLive(id) { cancel(id) { _ in } }
    }

    private func takeOver(_ records: [RunRecord]) {
        for record in records where !index.isLive(record.id) {
            metrics.recovered()
            log(.notice, "job taken over", record, ["state": "\(record.state.rawValue)"])
            recover(record)
        }
        // The node that had them may have died while it wrote their files, or those of runs that it had ended.
        housekeeping.async { self.repairFolders() }
    }

    /// Takes up jobs that became this node's by an answer which never came.
    private func takeStrays(_ sharing: Sharing) {
        let live = Set(index.liveJobs())
        guard let own = try? sharing.store.ownJobs() else { return }
        for id in sharing.strays(among: own.subtracting(live)) where !index.isLive(id) {
            guard case .found(let record)? = try? sharing.store.run(id), !record.state.isFinal else { continue }
            log(.notice, "stray job taken up", record)
            recover(record)
        }
    }

    private func lookAgain(wasEvicted: Bool) {
        guard let sharing else { return }
        if wasEvicted { logger.warning("other nodes took this one for gone") }
        sharing.noteFilled()
        sharing.expectStrays()
        claimMore()
        sharing.queue.async { [self] in
            tellWatchers(of: sharing.watched())
            guard wasEvicted else { return }
            let live = index.liveJobs()
            guard let own = try? sharing.store.ownJobs() else { return }
            for id in live where !own.contains(id) && index.isLive(id) { drop(id) }
        }
    }
}
