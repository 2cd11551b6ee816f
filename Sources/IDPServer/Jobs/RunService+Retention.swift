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
        let cutoff = moment.advanced(by: .seconds(-86_400 * days))
        let removed = expireRuns(createdBefore: cutoff, at: moment)
        let pause: DispatchTimeInterval
        if removed == RunService.expiryStep {
            pause = .milliseconds(50)
        } else {
            removeOrphans(before: cutoff)
            store.write(.forgetExpired(before: cutoff.advanced(by: .seconds(-86_400 * RunService.memoryDays)))) { _ in }
            pause = .seconds(60)
        }
        housekeeping.asyncAfter(deadline: .now() + pause) { [weak self] in self?.keepRetention() }
    }

    /// Removes the oldest ended runs that came in before the moment, at most `expiryStep`, and says how many.
    func expireRuns(createdBefore cutoff: Timestamp, at moment: Timestamp) -> Int {
        // A store that cannot be read is asked again at the next step.
        guard let runs = try? store.endedRuns(below: RunID(floorOf: cutoff), limit: RunService.expiryStep),
            !runs.isEmpty
        else { return 0 }
        for run in runs { artifacts.remove(run.id) }
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

    /// Removes folders of days that are wholly past and whose runs the store does not know.
    private func removeOrphans(before cutoff: Timestamp) {
        let day = cutoff.day().description
        for old in artifacts.days() where old < day {
            for id in artifacts.runs(on: old).prefix(RunService.expiryStep) where !isStopping {
                switch try? store.run(id) {
                case .unknown, .expired: artifacts.remove(id)
                case .found, nil: break
                }
            }
        }
    }

    private static let expiryStep = 100

    /// Days that a removed run's id still answers `JOB_EXPIRED`.
    private static let memoryDays = 90
}
