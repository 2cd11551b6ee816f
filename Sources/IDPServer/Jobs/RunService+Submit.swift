import Dispatch
import Logging
import Observability
import Pipeline
import Synchronization

extension RunService {
    /// Takes a job. `completion` is called once, on a queue of the service, with the accepted record after document and
    /// row are on stable storage (or with that of the earlier run that it repeats), or with the reason why there is no
    /// job: `SHUTTING_DOWN`, `STORAGE_FULL`, `QUEUE_FULL`, `DEPENDENCY_UNAVAILABLE`, `JOB_SUBMIT_FAILED`,
    /// `IDEMPOTENCY_KEY_REUSED`, `IDEMPOTENCY_IN_PROGRESS`. Reads the store where runs may repeat: not for a loop.
    func submit(_ submission: Submission, completion: @escaping RepeatCompletion) {
        if let refusal = unavailability { return completion(.failure(counted(refusal))) }
        once(submission, isShort: true, completion: completion) { completion in
            let record = makeRecord(submission, kind: .job)
            // The callback of a job that has ended was sent; who asks for one now gets one.
            let isWanted: (RunRecord) -> Bool = { $0.callbackURL == nil || !$0.state.isFinal }
            deduplicated(record, isShort: true, completion: completion, where: isWanted) { completion in
                if let remote { return takeShared(submission, record, remote, completion) }
                take(submission, record, completion)
            }
        }
    }

    private func take(_ submission: Submission, _ record: RunRecord, _ completion: @escaping RepeatCompletion) {
        guard jobQueue.reserve(for: record.share ?? "", waitingMax: submission.waitingMax) else {
            return completion(.failure(counted(queueFull)))
        }
        pending.enter()
        let isCrowd = arriving.withLock { arriving in
            arriving.insert(record.id)
            return arriving.count >= RunService.crowd
        }
        store.announceInsert()
        intake[Int(record.id.low % UInt64(intake.count))].async {
            do throws(ServiceError) {
                let folder = try self.artifacts.takeOver(submission.document, record, isDescribed: !isCrowd)
                if isCrowd { self.undescribed.withLock { $0.append(record.id) } }
                self.insert(record, document: folder, completion)
            } catch {
                self.store.withdrawInsert()
                self.accepted(record, .failure(error), completion)
            }
        }
    }

    /// Stores a job whose document is on stable storage, or is flushed with its row.
    func insert(_ record: RunRecord, document: RunFolder, _ completion: @escaping RepeatCompletion) {
        let isOffered = offersNewJobs
        let change: StoreWrite =
            isOffered ? .offer(record, document: document) : .insert(record, nil, document: document)
        store.write(change) { result in
            self.accepted(record, result, isOffered: isOffered, completion)
        }
    }

    /// The store has taken a new job, or not; an offered one is in line for whichever node takes it first.
    private func accepted(
        _ record: RunRecord, _ result: Result<Void, ServiceError>, isOffered: Bool = false,
        _ completion: @escaping RepeatCompletion
    ) {
        defer {
            _ = arriving.withLock { $0.remove(record.id) }
            pending.leave()
        }
        noteStore(result)
        switch result {
        case .success where isOffered:
            metrics.submitted()
            log(.info, "job accepted", record)
            offered()
            completion(.success(SubmittedRun(record: record)))
        case .success:
            index.insert(record, attemptsMax: settings.jobs.attemptsMax, token: CancellationToken())
            countJob(nil, .accepted)
            metrics.submitted()
            log(.info, "job accepted", record)
            // In line before anybody knows its id: whoever cancels it finds it there.
            enqueueJob(record, reserved: true)
            completion(.success(SubmittedRun(record: record)))
        case .failure(let error):
            jobQueue.release()
            let code: ErrorCode =
                switch error.code {
                case .storageFull, .idempotencyInProgress, .dependencyUnavailable: error.code
                default: .jobSubmitFailed
                }
            log(.error, "job not accepted", record, ["error_code": "\(code.rawValue)", "cause": "\(error.cause ?? "")"])
            // The folder goes before the caller hears of it: who was refused leaves nothing behind.
            intake[0].async {
                self.artifacts.remove(record.id)
                if let remote = self.remote { self.housekeeping.async { remote.remove(record.id) } }
                let refusal = ServiceError(code, retryAfter: error.retryAfter ?? 5, cause: error.cause)
                completion(code == .idempotencyInProgress ? self.earlier(record, refusal) : .failure(refusal))
            }
        }
    }

    /// Puts an accepted job in line.
    func enqueueJob(_ record: RunRecord, reserved: Bool) {
        let item = WorkItem(id: record.id, caller: record.share ?? "", priority: record.priority) { slot in
            self.runJob(record.id, slot)
        }
        jobQueue.enqueue(item, reserved: reserved)
        if let deadline = record.deadlineAt { watchDeadline(of: record.id, deadline) }
    }

    /// Ends a job whose deadline passes while it waits; one that runs has its deadline from its start.
    private func watchDeadline(of id: RunID, _ deadline: Timestamp) {
        let left = max(0, deadline.milliseconds - now().milliseconds)
        maintenance.asyncAfter(deadline: .now() + .milliseconds(Int(left))) { [weak self] in
            guard let self, jobQueue.remove(id) else { return }
            end(id, .expire, nil)
        }
    }

    private func runJob(_ id: RunID, _ slot: WorkSlot) {
        guard let record = index.record(id) else { return }
        if let deadline = record.deadlineAt, deadline <= now() { return end(id, .expire, nil) }
        guard let run = begin(id) else { return }
        // The row follows while the work begins: if it never arrives, an attempt is not counted and nothing is lost.
        store.write(.update(run.draft, nil)) { result in
            self.noteStore(result)
            switch result {
            case .success: self.publish(run.draft)
            case .failure(let error) where error.isSuperseded: self.drop(id)
            case .failure: break
            }
        }
        claimMore()
        var deadline = Deadline.after(settings.jobs.jobTimeout)
        if let latest = record.deadlineAt {
            deadline = deadline.capped(at: .milliseconds(max(0, latest.milliseconds - now().milliseconds)))
        }
        let judged: Result<Judgement, ServiceError>
        do throws(ServiceError) {
            try bringDocument(of: record, by: deadline, run.token)
            judged = judge(run, deadline, isInteractive: false, slot)
        } catch {
            judged = .failure(error)
        }
        switch judged {
        case .success(let judgement): end(id, .complete, judgement)
        case .failure where run.token.reason == .shutdown: handBack(id)
        case .failure(let error) where error.isPoison: end(id, .poison(error.code), nil, cause: error.cause)
        case .failure(let error): end(id, .fail(error.code), nil, cause: error.cause)
        }
    }

    /// Moves a run to `running`; nil when it has been cancelled meanwhile.
    func begin(_ id: RunID) -> RunIndex.Decision? {
        let moment = now()
        do throws(JobStateMachine.IllegalTransition) {
            let decision = try index.handle(.start, id) { $0.startedAt = moment }
            if let decision { writeFiles(decision.draft) }
            return decision
        } catch {
            // Only a cancel can have come between the queue and this slot; it has stored the end.
            return nil
        }
    }

    /// Runs the pipeline on the calling slot.
    func judge(
        _ run: RunIndex.Decision, _ deadline: Deadline, isInteractive: Bool, _ slot: WorkSlot
    ) -> Result<Judgement, ServiceError> {
        let record = run.draft
        let path = artifacts.folder(record.id).documentPath(record.document)
        let request = JudgeRequest(
            runID: record.id.description, documentPath: path, fio: record.fio, today: record.today, deadline: deadline,
            isInteractive: isInteractive, parent: record.trace, lane: slot.lane, cancellation: run.token,
            progress: { self.index.publish($0, record.id) })
        do throws(ServiceError) {
            return .success(try judge.judge(request))
        } catch {
            return .failure(error)
        }
    }

    /// Gives a job back to the queue for the next start of the server.
    private func handBack(_ id: RunID) {
        do throws(JobStateMachine.IllegalTransition) {
            guard let decision = try index.handle(.handBack, id) else { return }
            if case .finish = decision.action { return persistEnd(decision.draft, nil) { _ in } }
            writeFiles(decision.draft)
            log(.info, "job handed back", decision.draft)
            metrics.handedBack()
            metrics.retried(.shuttingDown)
            pending.enter()
            store.write(.update(decision.draft, nil)) { result in
                // Unwritten, the row still says running, which the next start takes up as well.
                if case .success = result { self.publish(decision.draft) }
                self.pending.leave()
            }
        } catch {
            log(.critical, "illegal transition", nil, ["cause": "\(error)", "run_id": "\(id)"])
        }
    }
}
