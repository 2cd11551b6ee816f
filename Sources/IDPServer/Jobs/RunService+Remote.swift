import Dispatch
import Logging
import Observability
import Pipeline

/// What a run needs of the storage that all nodes share; without one, its folder on this disk is all there is.
extension RunService {
    /// Takes a job whose document goes to the shared storage before its 202. That may be slow or gone: neither the next
    /// transaction nor the health of the store waits for it, and what it refuses is told as its own.
    func takeShared(
        _ submission: Submission, _ record: RunRecord, _ remote: any RemoteArtifacts,
        _ completion: @escaping RepeatCompletion
    ) {
        guard jobQueue.reserve(for: record.share ?? "", waitingMax: submission.waitingMax) else {
            return completion(.failure(counted(queueFull)))
        }
        pending.enter()
        intake[Int(record.id.low % UInt64(intake.count))].async {
            do throws(ServiceError) {
                let folder = try self.artifacts.takeOver(submission.document, record)
                try remote.store(record, folder)
                self.store.announceInsert()
                self.insert(record, document: folder, completion)
            } catch {
                self.refuseShared(record, error, remote, completion)
            }
        }
    }

    private func refuseShared(
        _ record: RunRecord, _ error: ServiceError, _ remote: any RemoteArtifacts,
        _ completion: @escaping RepeatCompletion
    ) {
        jobQueue.release()
        log(
            .error, "job not accepted", record,
            ["error_code": "\(error.code.rawValue)", "cause": "\(error.cause ?? "")"])
        artifacts.remove(record.id)
        // What is left of it there does not keep its caller waiting.
        housekeeping.async { remote.remove(record.id) }
        completion(.failure(ServiceError(error.code, retryAfter: error.retryAfter ?? 5, cause: error.cause)))
        pending.leave()
    }

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

    /// Makes the folder of a run that this disk may not have: taken up from another node, or replayed.
    func prepareFolder(of record: RunRecord) {
        guard remote != nil else { return }
        // Where it fails, so does the writing that follows, which says so.
        try? FileSystem.makeFolders(artifacts.folder(record.id).metaPath)
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
