import Dispatch
import Logging
import Observability
import Pipeline
import Synchronization

extension RunService {
    /// Ends a run by an event that the state machine turns into a final state: files, row, then everything visible.
    func end(
        _ id: RunID, _ event: JobStateMachine.Event, _ judgement: Judgement?, cause: String? = nil,
        then: @escaping @Sendable (RunRecord) -> Void = { _ in }
    ) {
        let moment = now()
        do throws(JobStateMachine.IllegalTransition) {
            let decision = try index.handle(event, id) { draft in
                draft.finishedAt = moment
                switch (event, draft.state) {
                case (.complete, .completed):
                    draft.verdict = judgement?.verdict
                    draft.reasons = judgement?.reasons ?? []
                case (.fail(let code), .failed), (.poison(let code), .failed): draft.failure = code
                case (.expire, _): draft.failure = .processingTimeout
                default: break
                }
            }
            guard let decision else { return }
            if let cause, decision.draft.state == .failed {
                log(.warning, "run failed", decision.draft, ["cause": "\(cause)"])
            }
            persistEnd(decision.draft, decision.draft.state == .completed ? judgement : nil, then)
        } catch {
            // Only a cancel that came first ends a run from outside of its slot; what the slot found is not wanted.
            log(.debug, "end ignored", nil, ["cause": "\(error)", "run_id": "\(id)"])
        }
    }

    /// Stores an ended run and makes it visible. A job's end is tried until the store takes it: at worst the next start
    /// of the server finds the job running and judges it again.
    func persistEnd(_ record: RunRecord, _ judgement: Judgement?, _ then: @escaping @Sendable (RunRecord) -> Void) {
        writeFiles(record)
        let change: StoreWrite
        switch record.kind {
        case .job: change = .update(record, judgement)
        case .sync: change = .insert(RunService.keepingKey(record), judgement, document: nil)
        }
        pending.enter()
        store.write(change) { result in
            self.noteStore(result)
            switch result {
            case .failure(let error) where error.isSuperseded && record.kind == .job: self.drop(record.id)
            case .failure(let error) where error.code == .clientClosedRequest && record.kind == .job:
                let cancelled = self.endCancelled(record)
                self.countEnd(cancelled)
                self.publish(cancelled)
                self.announce(cancelled)
                then(cancelled)
            case .failure where record.kind == .job && !self.isStopping:
                self.maintenance.asyncAfter(deadline: .now() + RunService.storeRetryDelay) {
                    self.persistEnd(record, judgement, then)
                    self.pending.leave()
                }
                return
            case .failure where record.kind == .job: break
            case .success, .failure:
                // A sync run's verdict is known and its caller waits: it is told although it could not be stored.
                // Counted before it is visible: whoever sees the end and scrapes finds it counted.
                self.countEnd(record)
                self.publish(record)
                self.announce(record)
                self.remote?.follow(record)
                then(record)
            }
            self.pending.leave()
        }
    }

    /// A job's end is stored, and with it the callback that tells of it.
    func announce(_ record: RunRecord) {
        if record.callbackURL != nil, record.kind == .job { callbacks?.poke() }
    }

    /// Makes a stored record visible and moves the gauge of states.
    func publish(_ record: RunRecord) {
        index.publish(record) { before in
            guard before.state != record.state else { return }
            if record.kind == .job {
                countJob(before.state, record.state)
                metrics.moved(from: before.state, to: record.state)
            }
            guard !record.state.isFinal else { return }
            let facts: Logger.Metadata = ["from": "\(before.state.rawValue)", "to": "\(record.state.rawValue)"]
            log(.info, "run state", record, facts.merging(["attempts": "\(record.attempts)"]) { $1 })
        }
        // Whoever began to watch it while it was nobody's watches it there. The store's own message about it may come
        // before this moment, when the state to be seen here was still the one before.
        sharing?.tell(record)
    }

    /// A synchronous run that was broken off, by its caller's going or by a stop, holds no key: its caller has no
    /// answer and may ask again.
    private static func keepingKey(_ record: RunRecord) -> RunRecord {
        guard record.state == .cancelled || record.failure == .shuttingDown else { return record }
        var record = record
        record.idempotencyKey = nil
        return record
    }

    /// Moves a job in the gauge of states; nil where it was not or is no more.
    func countJob(_ before: RunState?, _ after: RunState?) {
        // Other nodes change states as well: there the store is counted now and then.
        guard sharing == nil else { return }
        jobCounts.withLock { counts in
            if let before { counts[before, default: 1] -= 1 }
            if let after { counts[after, default: 0] += 1 }
        }
    }

    /// Writes `final_result.json` and `job.json`. They are not the truth: failing is logged and repaired later.
    func writeFiles(_ record: RunRecord) {
        do throws(ServiceError) {
            prepareFolder(of: record)
            switch record.state {
            case .completed, .failed: try artifacts.writeFinalResult(record)
            case .accepted, .running, .cancelled: break
            }
            try artifacts.writeJob(record)
        } catch {
            log(.warning, "run folder not written", record, ["cause": "\(error.cause ?? "")"])
        }
        // A final state is told once it is stored: after that the folder may go.
        if !record.state.isFinal { remote?.follow(record) }
    }

    /// One line of the service's log with the ids that every line has, and nothing personal.
    func log(
        _ level: Logger.Level, _ message: Logger.Message, _ record: RunRecord?, _ more: Logger.Metadata = [:]
    ) {
        var metadata = more
        if let record {
            metadata["run_id"] = "\(record.id)"
            if let requestID = record.requestID { metadata["request_id"] = "\(requestID)" }
            if let trace = record.trace { metadata["trace_id"] = "\(trace.traceID)" }
        }
        logger.log(level: level, message, metadata: metadata)
    }

    /// How long a failed write of an end waits before it is tried again.
    private static let storeRetryDelay = DispatchTimeInterval.milliseconds(500)

    /// Whether the service drains: nothing new begins.
    var isStopping: Bool { health.withLock { $0.isDraining } }

    private func countEnd(_ record: RunRecord) {
        metrics.ended(record)
        if let reason = record.deadLetter { log(.error, "job set aside", record, ["reason": "\(reason.rawValue)"]) }
        var facts: Logger.Metadata = ["state": "\(record.state.rawValue)", "attempts": "\(record.attempts)"]
        if let verdict = record.verdict { facts["verdict"] = "\(verdict)" }
        if let codes = record.errorCodes, !codes.isEmpty { facts["codes"] = "\(codes.joined(separator: ","))" }
        if let end = record.finishedAt { facts["seconds"] = "\(end.seconds(since: record.createdAt))" }
        log(.info, "run ended", record, facts)
    }
}
