import Observability
import Pipeline

/// What a run needs of the storage that all nodes share; without one, its folder on this disk is all there is.
extension RunService {
    /// Makes sure that a job's document lies on this disk.
    ///
    /// - Throws: `STORAGE_FAILED` where it is gone, `DEPENDENCY_UNAVAILABLE` where it cannot be had by the deadline, or
    ///   why the run was cancelled.
    func bringDocument(
        of record: RunRecord, by deadline: Deadline, _ token: CancellationToken
    ) throws(ServiceError) {
        if artifacts.hasDocument(record) { return }
        guard let remote else { throw ServiceError(.storageFailed, cause: "the document is gone") }
        try remote.fetchDocument(of: record, by: deadline, cancellation: token)
    }

    /// What `/ready` says of the shared storage; nil without one.
    var artifactsCheck: ReadinessCheck? {
        guard let remote else { return nil }
        let failure = remote.failure
        return ReadinessCheck(name: "artifacts", isPassing: failure == nil, detail: failure ?? "reachable")
    }

    /// Puts an ended run's files where they belong, if the process that ended it did not come to it: then its folder
    /// is still here.
    func followLeftover(_ record: RunRecord) {
        guard let remote, FileSystem.isFolder(artifacts.folder(record.id).path) else { return }
        remote.follow(record)
    }

    /// Removes from the shared storage what past days have left behind and no row stands for.
    func sweepRemote(before cutoff: Timestamp) {
        remote?.sweep(before: cutoff.day().description) { id in
            // A store that cannot be read now is asked again at the next step.
            switch try? store.run(id) {
            case .unknown, .expired: false
            case .found, nil: true
            }
        }
    }
}
