import Dispatch
import Logging
import Observability
import Pipeline

extension RunService {
    /// Removes what is older than IDP_RUNS_RETENTION_DAYS, a little at a time, for as long as the service runs: folder
    /// first, then row, so that a crash between them leaves a row whose folder is gone, which the next step removes.
    /// Runs on the housekeeping queue.
    func keepRetention() {
        guard let days = settings.storage.retentionDays, !isStopping else { return }
        let moment = now()
        let cutoff = Retention.cutoff(days: days, at: moment)
        let removed = expireRuns(createdBefore: cutoff, at: moment)
        let pause: DispatchTimeInterval
        if removed == Retention.step {
            pause = .milliseconds(50)
        } else {
            let retention = Retention(store: store, folders: artifacts.folders, cutoff: cutoff)
            for day in artifacts.days() where !isStopping {
                for path in retention.orphans(on: day) where !isStopping { artifacts.removeFolder(path) }
            }
            sweepRemote(before: cutoff)
            store.write(.forgetExpired(before: retention.forgetBefore)) { _ in }
            pause = .seconds(60)
        }
        housekeeping.asyncAfter(deadline: .now() + pause) { [weak self] in self?.keepRetention() }
    }

    /// Forgets ended runs that somebody else has removed from the store: `cleanup --run`, or another node. Reads the
    /// store; from the maintenance queue.
    func forgetErased(at moment: Timestamp) {
        // Clocks of two processes may differ a little; forgetting twice is no harm.
        let since = moment.advanced(by: .seconds(-RunService.erasureOverlap))
        // A store that cannot be read now is asked again in a second.
        guard let ids = try? store.expiredRuns(since: since, limit: RunService.erasureLimit), !ids.isEmpty else { return }
        for run in index.forget(ids) where run.kind == .job { countJob(run.state, nil) }
    }

    /// Seconds for which a removal by somebody else is looked for.
    private static let erasureOverlap = 60

    private static let erasureLimit = 1000

    /// Removes the oldest ended runs that came in before the moment, at most a step, and says how many.
    func expireRuns(createdBefore cutoff: Timestamp, at moment: Timestamp) -> Int {
        let retention = Retention(store: store, folders: artifacts.folders, cutoff: cutoff)
        // A store that cannot be read is asked again at the next step. A failed run that is being replayed is live.
        guard let ended = try? retention.runs(), !ended.isEmpty else { return 0 }
        let runs = ended.filter { !index.isLive($0.id) }
        for run in runs {
            artifacts.remove(run.id)
            remote?.remove(run.id)
        }
        // Before the row goes, so that `forgetErased` does not take it for somebody else's removal.
        _ = index.forget(runs.map(\.id))
        store.write(.expire(runs.map(\.id), at: moment)) { result in
            self.noteStore(result)
            guard case .success = result else { return }
            for run in runs where run.kind == .job { self.countJob(run.state, nil) }
            self.metrics.expired(runs.count)
            self.logger.info("runs expired", metadata: ["count": "\(runs.count)"])
        }
        return runs.count
    }
}
