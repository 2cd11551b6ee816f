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
        store.write(.expire(runs.map(\.id), at: moment)) { result in
            self.noteStore(result)
            guard case .success = result else { return }
            self.index.forget(runs.map(\.id))
            for run in runs where run.kind == .job { self.countJob(run.state, nil) }
            self.metrics.expired(runs.count)
            self.logger.info("runs expired", metadata: ["count": "\(runs.count)"])
        }
        return runs.count
    }
}
