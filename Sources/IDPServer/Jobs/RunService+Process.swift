import Dispatch
import Logging
import Observability
import Pipeline

extension RunService {
    /// Runs a document while the caller waits. `completion` is called once, on a queue of the service, after the run is
    /// stored: with the judgement, or with why there is none (`SERVER_BUSY`, `SHUTTING_DOWN`, `STORAGE_FULL`,
    /// `PROCESSING_TIMEOUT`, `CLIENT_CLOSED_REQUEST` when cancelled, the pipeline's own, those of a repeated key).
    /// Reads the store where runs may repeat: not for a loop.
    func process(
        _ submission: Submission, deadline: Deadline, cancellation: CancellationToken,
        completion: @escaping @Sendable (RunOutcome) -> Void
    ) {
        if let refusal = unavailability { return completion(.refused(counted(refusal))) }
        let repeated: RepeatCompletion = { result in
            switch result {
            // A new run has told its caller itself, with its judgement.
            case .success(let run) where run.origin == .new: break
            case .success(let run): completion(RunOutcome(earlier: run))
            case .failure(let error): completion(.refused(error))
            }
        }
        once(submission, isShort: false, completion: repeated) { stored in
            let record = makeRecord(submission, kind: .sync)
            // Only a verdict will do: nothing is gained by waiting for another run.
            let isJudged: (RunRecord) -> Bool = { $0.state == .completed }
            deduplicated(record, isShort: false, completion: stored, where: isJudged) { stored in
                take(submission, record, deadline, cancellation) { outcome in
                    guard let record = outcome.record else {
                        if case .failure(let error) = outcome.result { stored(.failure(error)) }
                        return
                    }
                    stored(.success(SubmittedRun(record: record)))
                    completion(outcome)
                }
            }
        }
    }

    private func take(
        _ submission: Submission, _ record: RunRecord, _ deadline: Deadline, _ cancellation: CancellationToken,
        completion: @escaping @Sendable (RunOutcome) -> Void
    ) {
        guard interactiveQueue.reserve(for: record.share ?? "") else {
            return completion(.refused(counted(serverBusy)))
        }
        index.insert(record, attemptsMax: 1, token: cancellation)
        pending.enter()
        let finish: @Sendable (RunOutcome) -> Void = { outcome in
            completion(outcome)
            self.pending.leave()
        }
        interactiveQueue.enqueue(
            WorkItem(
                id: record.id, caller: record.share ?? "", priority: submission.priority,
                isAbandoned: { cancellation.isCancelled },
                discard: { self.giveUp(record, cancellation.reason, finish) },
                work: { slot in self.runSync(record, submission, deadline, cancellation, slot, finish) }),
            reserved: true)
    }

    /// Ends a sync run that never began: nothing of it is kept.
    func giveUp(
        _ record: RunRecord, _ reason: CancellationToken.Reason?, _ completion: @Sendable (RunOutcome) -> Void
    ) {
        index.remove(record.id)
        let code: ErrorCode = reason == .shutdown ? .shuttingDown : .clientClosedRequest
        completion(.refused(ServiceError(code)))
    }

    private func runSync(
        _ record: RunRecord, _ submission: Submission, _ deadline: Deadline, _ token: CancellationToken,
        _ slot: WorkSlot, _ completion: @escaping @Sendable (RunOutcome) -> Void
    ) {
        if token.isCancelled { return giveUp(record, token.reason, completion) }
        do throws(ServiceError) {
            _ = try artifacts.takeOver(submission.document, record)
        } catch {
            index.remove(record.id)
            log(.error, "run not taken", record, ["cause": "\(error.cause ?? "")"])
            return completion(.refused(error))
        }
        guard let run = begin(record.id) else { return giveUp(record, token.reason, completion) }
        publish(run.draft)
        let result = deadline.hasPassed
            ? .failure(ServiceError(.processingTimeout))
            : judge(run, deadline, isInteractive: true, slot)
        switch result {
        case .success(let judgement):
            end(record.id, .complete, judgement) { completion(RunOutcome(record: $0, result: .success(judgement))) }
        case .failure(let error):
            // A client that has gone is a cancel; a stop of the server is told to a client that still waits.
            if token.reason == .clientGone || token.reason == .requested { wish(record.id) }
            let told = token.reason == .shutdown ? ServiceError(.shuttingDown, retryAfter: 5) : error
            end(record.id, .fail(told.code), nil, cause: error.cause) {
                completion(RunOutcome(record: $0, result: .failure(told)))
            }
        }
    }

    private func wish(_ id: RunID) {
        do throws(JobStateMachine.IllegalTransition) {
            _ = try index.handle(.cancel, id)
        } catch {
            preconditionFailure("a cancel is legal in every state")
        }
    }
}
