import Observability
import Pipeline
import Synchronization

extension RunService {
    /// Why a run of that kind would be refused now; nil when it would be taken. Never blocks: fit for a loop, before
    /// the body is read.
    ///
    /// - Parameter share: who asks, as in `Submission.share`; callers who have little waiting get a place longer.
    func admission(for kind: RunKind, share: String = "") -> ServiceError? {
        if let refusal = unavailability ?? lackOfPlace(for: kind, share: share) { return counted(refusal) }
        return nil
    }

    /// The place of a submission whose body is about to come; never blocks. One with a key that may be a repeat is let
    /// in also when there is no place (`RepeatDoor`).
    ///
    /// - Parameters:
    ///   - waitingMax: as in `Submission.waitingMax`.
    ///   - key: gives the submission's idempotency key as it is stored; asked only when it matters.
    /// - Throws: what `admission` says.
    func arrival(
        of kind: RunKind, share: String, waitingMax: Int? = nil, key: () -> String?
    ) throws(ServiceError) -> UploadPlace {
        if let refusal = unavailability { throw counted(refusal) }
        guard let refusal = lackOfPlace(for: kind, share: share, waitingMax) else { return uploads(of: kind).take() }
        guard let key = key(), repeatDoor.admits(key) else { throw counted(refusal) }
        // Counted apart: it takes nobody's place.
        return repeatUploads.take()
    }

    private func lackOfPlace(for kind: RunKind, share: String, _ waitingMax: Int? = nil) -> ServiceError? {
        if kind == .job, let waitingMax, jobQueue.isOver(waitingMax, for: share) {
            return ServiceError(
                .queueFull, "You have \(waitingMax) jobs waiting, as many as you may",
                retryAfter: jobQueue.retryAfterWhenFull)
        }
        if let refusal = overload(of: kind) { return refusal }
        switch kind {
        case .job where jobQueue.isFull(for: share): return queueFull
        case .sync where interactiveQueue.isFull(for: share): return serverBusy
        case .job, .sync: return nil
        }
    }

    /// The refusal, counted.
    func counted(_ refusal: ServiceError) -> ServiceError {
        metrics.refused(refusal)
        return refusal
    }

    /// Why nothing is taken at all.
    var unavailability: ServiceError? {
        let health = health.withLock { $0 }
        if health.isDraining { return ServiceError(.shuttingDown, retryAfter: 5) }
        if health.isDiskLow { return ServiceError(.storageFull, retryAfter: 60) }
        if health.isMemoryLow {
            return ServiceError(
                .dependencyUnavailable, "The server has too little free memory to take a document now", retryAfter: 10)
        }
        if let cause = health.storeError {
            return ServiceError(.dependencyUnavailable, retryAfter: 5, cause: cause)
        }
        return nil
    }

    /// The refusal of a job for which there is no place.
    var queueFull: ServiceError { ServiceError(.queueFull, retryAfter: jobQueue.retryAfterWhenFull) }

    /// The refusal of a synchronous run for which there is no place.
    var serverBusy: ServiceError { ServiceError(.serverBusy, retryAfter: interactiveQueue.retryAfterWhenFull) }

    /// Seconds after which a run's status is worth asking for again: from its place in the line and the measured rate.
    func retryAfterSeconds(for record: RunRecord) -> Int {
        guard !record.state.isFinal else { return 0 }
        let queue = record.kind == .job ? jobQueue : interactiveQueue
        let ahead = queue.position(of: record.id) ?? 0
        return queue.seconds(forItems: ahead + 1, limit: 60, fallback: 2)
    }

    /// The record with which a run of this submission begins.
    func makeRecord(_ submission: Submission, kind: RunKind) -> RunRecord {
        let moment = now()
        var record = RunRecord(
            id: RunID(at: moment), kind: kind, createdAt: moment, fio: submission.fio,
            today: settings.documents.today ?? moment.day(hoursEast: RunService.hoursEast),
            document: submission.document.document)
        record.priority = submission.priority
        record.requestID = submission.requestID
        record.callbackURL = submission.callbackURL
        record.caller = submission.caller
        record.share = submission.share
        record.trace = submission.trace
        record.deadlineAt = submission.timeout.map { moment.advanced(by: $0) }
        record.idempotencyKey = submission.idempotencyKey
        record.fingerprint = submission.fingerprint
        record.contentKey = contentKey(of: record)
        return record
    }

    /// "Today" is that of Kazakhstan, UTC+5 in the whole country.
    private static let hoursEast: Int64 = 5
}
