import Dispatch
import Observability
import Pipeline
import Synchronization

extension RunService {
    /// A run that lives or ended a short while ago. Never blocks: fit for a loop.
    func recentRecord(for id: RunID) -> RunRecord? { index.record(id) }

    /// How far a live run has come. Never blocks.
    func progress(of id: RunID) -> Progress? { index.progress(of: id) }

    /// A run, from memory or from the store. May read the disk: not for a loop.
    ///
    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `STORAGE_FAILED`.
    func record(for id: RunID) throws(ServiceError) -> RunRecord {
        if let record = index.record(id) { return record }
        switch try store.run(id) {
        case .found(let record): return record
        case .expired: throw ServiceError(.jobExpired)
        case .unknown: throw ServiceError(.jobNotFound)
        }
    }

    /// A completed run's judgement; nil while there is none. Reads the disk: not for a loop.
    ///
    /// - Throws: `STORAGE_FAILED`.
    func judgement(for id: RunID) throws(ServiceError) -> Judgement? { try store.judgement(of: id) }

    /// Where a completed run's document is, and how its pages were read. Reads the disk: not for a loop.
    ///
    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `NOT_FOUND` while there is no judgement or when it says nothing of the
    ///   pages, `STORAGE_FAILED`.
    func readDocument(of id: RunID) throws(ServiceError) -> (path: String, sheets: [PageSheet]) {
        let record = try record(for: id)
        guard let sheets = try judgement(for: id)?.sheets else {
            throw ServiceError(.notFound, "The document's pages have not been read")
        }
        return (artifacts.folder(record.id).documentPath(record.document), sheets)
    }

    /// Runs, newest first. Reads the disk: not for a loop.
    ///
    /// - Parameters:
    ///   - limit: 1 to 1000.
    ///   - before: the cursor: only runs whose id lies below it.
    /// - Throws: `STORAGE_FAILED`.
    func list(
        _ filter: RunFilter = RunFilter(kind: .job), limit: Int = 50, before: RunID? = nil
    ) throws(ServiceError) -> RunPage {
        let limit = min(max(limit, 1), 1000)
        let runs = try store.list(filter, before: before, limit: limit + 1)
        guard runs.count > limit else { return RunPage(runs: runs, next: nil) }
        let page = Array(runs.prefix(limit))
        return RunPage(runs: page, next: page.last?.id)
    }

    /// Watches a live run; the watcher is called on queues of the service and must not block. Nil when the run is not
    /// live, or when its state is not `from` any more: ask for its record then. End it with `unwatch`. Reads the store
    /// where nodes share it: not for a loop.
    func watch(_ id: RunID, from: RunState? = nil, _ watcher: @escaping RunIndex.Watcher) -> Int? {
        index.watch(id, from: from, watcher) ?? watchElsewhere(id, from: from, watcher)
    }

    /// Ends a watch.
    func unwatch(_ id: RunID, _ key: Int) {
        if key < 0 { sharing?.unwatch(id, key) } else { index.unwatch(id, key) }
    }

    /// Waits for a run to leave the state `from`, without holding a thread. `completion` is called once, on a queue of
    /// the service or at once, with the record then or at the deadline; nil when the run is known neither here nor in
    /// the store. May read the disk: not for a loop.
    func waitForChange(
        of id: RunID, from: RunState, by deadline: Deadline, completion: @escaping @Sendable (RunRecord?) -> Void
    ) {
        let wait = Wait(completion: completion)
        let key = watch(id, from: from) { update in
            if case .state(let record) = update { wait.finish(record) }
        }
        guard let key else { return wait.finish(try? record(for: id)) }
        // Looked at after the watch began: a stop that is announced before is seen here, one that comes later nudges.
        if health.withLock({ $0.isStopAnnounced || $0.isDraining }) {
            unwatch(id, key)
            return wait.finish(index.record(id) ?? (try? record(for: id)))
        }
        let left = max(0, deadline.remaining / .milliseconds(1))
        maintenance.asyncAfter(deadline: .now() + .milliseconds(Int(left.rounded(.up)))) {
            self.unwatch(id, key)
            if let record = self.index.record(id) { return wait.finish(record) }
            // Another node's, or too old for memory: reading the store may take its time.
            (self.sharing?.queue ?? self.housekeeping).async { wait.finish(try? self.record(for: id)) }
        }
    }

    /// Asks for a run's end. `completion` is called once, on a queue of the service, after the wish is on stable
    /// storage. May read the disk: not for a loop.
    ///
    /// Queued, it is cancelled at once; running, its work is stopped and it is cancelled whatever the work came to.
    func cancel(_ id: RunID, completion: @escaping @Sendable (Result<CancelOutcome, ServiceError>) -> Void) {
        let moment = now()
        let decision: RunIndex.Decision?
        do throws(JobStateMachine.IllegalTransition) {
            decision = try index.handle(.cancel, id) { draft in
                if draft.state == .cancelled { draft.finishedAt = moment }
            }
        } catch {
            preconditionFailure("a cancel is legal in every state")
        }
        guard let decision else { return completion(cancelElsewhere(id) ?? endedOutcome(id)) }
        switch decision.action {
        case .finish where decision.draft.kind == .sync:
            // It waits for a slot, which finds its token cancelled and answers its caller.
            decision.token.cancel(.requested)
            completion(.success(.accepted(decision.draft)))
        case .finish:
            _ = jobQueue.remove(id)
            persistEnd(decision.draft, nil) { completion(.success(.accepted($0))) }
        case .stopWork: stop(decision, completion)
        case .alreadyEnded: completion(.success(.ended(decision.draft)))
        case .run, .handBack, .enqueue: preconditionFailure("a cancel never leads to \(decision.action)")
        }
    }

    private func stop(
        _ decision: RunIndex.Decision, _ completion: @escaping @Sendable (Result<CancelOutcome, ServiceError>) -> Void
    ) {
        decision.token.cancel(.requested)
        guard decision.draft.kind == .job else { return completion(.success(.accepted(decision.draft))) }
        store.write(.update(decision.draft, nil)) { result in
            self.noteStore(result)
            if case .failure(let error) = result, error.isSuperseded {
                self.drop(decision.draft.id)
                guard let sharing = self.sharing else { return completion(.failure(error)) }
                let id = decision.draft.id
                return sharing.queue.async { completion(self.cancelElsewhere(id) ?? self.endedOutcome(id)) }
            }
            completion(result.map { .accepted(decision.draft) })
        }
    }

    private func endedOutcome(_ id: RunID) -> Result<CancelOutcome, ServiceError> {
        do throws(ServiceError) {
            return .success(.ended(try record(for: id)))
        } catch {
            return .failure(error)
        }
    }
}

/// A wait that ends once, by a change or by its deadline.
private final class Wait: Sendable {
    private let completion: Mutex<(@Sendable (RunRecord?) -> Void)?>

    init(completion: @escaping @Sendable (RunRecord?) -> Void) {
        self.completion = Mutex(completion)
    }

    func finish(_ record: RunRecord?) {
        let completion = completion.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        completion?(record)
    }
}
