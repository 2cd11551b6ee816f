import Dispatch
import Logging
import Observability

extension RunService {
    /// Has a failed job tried again, dead letters too: it waits as a new one does, with all its starts before it and
    /// without the deadline that it had. `completion` is called once, on a queue of the service or at once, after the
    /// wish is on stable storage; a job that is already on its way because of an earlier wish is a success. May read
    /// the disk: not for a loop.
    ///
    /// Errors: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `JOB_NOT_REPLAYABLE` (it did not fail, or is no job), `QUEUE_FULL` and
    /// what else a submission is refused with.
    func replay(_ id: RunID, completion: @escaping @Sendable (Result<RunRecord, ServiceError>) -> Void) {
        do throws(ServiceError) {
            if let refusal = unavailability { throw counted(refusal) }
            let record = try record(for: id)
            switch record.state {
            case .failed where record.kind == .job: try revive(record, completion)
            case .accepted where record.replays > 0, .running where record.replays > 0: completion(.success(record))
            case .accepted, .running, .completed, .failed, .cancelled: throw ServiceError(.jobNotReplayable)
            }
        } catch {
            completion(.failure(error))
        }
    }

    private func revive(
        _ record: RunRecord, _ completion: @escaping @Sendable (Result<RunRecord, ServiceError>) -> Void
    ) throws(ServiceError) {
        guard artifacts.hasDocument(record) || remote?.hasDocument(record) == true else {
            throw ServiceError(.jobNotReplayable, "The job's document is no longer there")
        }
        guard jobQueue.reserve(for: record.share ?? "") else { throw counted(queueFull) }
        guard index.revive(record, attemptsMax: settings.jobs.attemptsMax, token: CancellationToken()) else {
            jobQueue.release()
            // Somebody else's wish is on its way into the store: it is this one's as well.
            return waitForChange(of: record.id, from: .failed, by: .after(.seconds(10))) { record in
                completion(record.map { .success($0) } ?? .failure(ServiceError(.jobNotReplayable)))
            }
        }
        let draft = replayed(record)
        pending.enter()
        store.write(.replay(draft)) { result in
            self.noteStore(result)
            switch result {
            case .success:
                self.artifacts.removeFinalResult(draft.id)
                self.writeFiles(draft)
                self.metrics.replayed()
                self.publish(draft)
                self.enqueueJob(draft, reserved: true)
                completion(.success(draft))
            case .failure(let error):
                self.index.remove(draft.id)
                self.jobQueue.release()
                completion(.failure(error))
            }
            self.pending.leave()
        }
    }

    /// The draft of a revived run that waits again.
    private func replayed(_ record: RunRecord) -> RunRecord {
        do throws(JobStateMachine.IllegalTransition) {
            let decision = try index.handle(.replay, record.id) { draft in
                draft.replays += 1
                draft.startedAt = nil
                draft.finishedAt = nil
                draft.deadlineAt = nil
                draft.failure = nil
            }
            guard let decision else { preconditionFailure("a revived run is live") }
            return decision.draft
        } catch {
            preconditionFailure("\(error): only failed runs are revived")
        }
    }
}
