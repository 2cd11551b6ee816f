import EventHTTP
import Observability
import Pipeline

/// A run that a submission came to.
struct SubmittedRun: Sendable {
    /// Whose submission made the run.
    enum Origin: Sendable, Equatable {
        case new
        /// An earlier one with the same idempotency key.
        case replayed
        /// An earlier one of the same content.
        case deduplicated
    }

    var record: RunRecord
    var origin = Origin.new
}

extension RunService {
    /// What a repeatable submission ends with.
    typealias RepeatCompletion = @Sendable (Result<SubmittedRun, ServiceError>) -> Void

    /// Lets a submission with an idempotency key make its run once: a repeat gets the run of the first
    /// (`IDEMPOTENCY_KEY_REUSED` if its payload is another; `IDEMPOTENCY_IN_PROGRESS` while a synchronous run goes on).
    /// Reads the store when there is a key: not for a loop.
    ///
    /// - Parameters:
    ///   - isShort: whether the run is stored at once, so that repeats which come meanwhile wait for that.
    ///   - make: makes the run and calls its argument once, after the row is stored.
    func once(
        _ submission: Submission, isShort: Bool, completion: @escaping RepeatCompletion,
        make: (@escaping RepeatCompletion) -> Void
    ) {
        guard let key = submission.idempotencyKey, let fingerprint = submission.fingerprint else {
            return make(completion)
        }
        let claim = SubmissionClaims.Key.idempotency(key, caller: submission.caller)
        let waiter: SubmissionClaims.Waiter = { [metrics] result in
            if case .success = result { metrics.repeated(.replayed) }
            completion(result.map { SubmittedRun(record: $0, origin: .replayed) })
        }
        switch claims.claim(claim, fingerprint: fingerprint, isShort: isShort, waiter: waiter) {
        case .waits: break
        case .inProgress:
            metrics.repeated(.inProgress)
            completion(.failure(ServiceError(.idempotencyInProgress, retryAfter: 1)))
        case .otherPayload: completion(.failure(keyReused()))
        case .held:
            let finish: RepeatCompletion = { [claims, repeatDoor] result in
                if case .success = result { repeatDoor.remember(key) }
                claims.release(claim, result.map(\.record))
                completion(result)
            }
            do throws(ServiceError) {
                let match = RunMatch.idempotencyKey(key, caller: submission.caller)
                guard let earlier = try store.run(matching: match) else { return make(finish) }
                guard earlier.fingerprint == fingerprint else { return finish(.failure(keyReused())) }
                metrics.repeated(.replayed)
                // What is in memory is the same run, and newer.
                finish(.success(SubmittedRun(record: index.record(earlier.id) ?? earlier, origin: .replayed)))
            } catch {
                finish(.failure(error))
            }
        }
    }

    /// The run that a key stands for already, counted as its repeat; nil for a new key. What comes between this and
    /// `submit` is found there. Reads the store: not for a loop.
    ///
    /// - Throws: `IDEMPOTENCY_KEY_REUSED` where its payload was another, `STORAGE_FAILED`.
    func run(
        repeatedBy key: String, caller: String?, fingerprint: [UInt8]
    ) throws(ServiceError) -> RunRecord? {
        guard let earlier = try store.run(matching: .idempotencyKey(key, caller: caller)) else { return nil }
        guard earlier.fingerprint == fingerprint else { throw keyReused() }
        metrics.repeated(.replayed)
        return index.record(earlier.id) ?? earlier
    }

    /// Lets a document that was submitted for the same applicant a short while ago come to the run of then, where
    /// IDP_DEDUP_WINDOW asks for it. Reads the store: not for a loop.
    ///
    /// - Parameter isWanted: whether an earlier run will do.
    func deduplicated(
        _ record: RunRecord, isShort: Bool, completion: @escaping RepeatCompletion,
        where isWanted: (RunRecord) -> Bool, make: (@escaping RepeatCompletion) -> Void
    ) {
        guard let key = record.contentKey else { return make(completion) }
        let claim = SubmissionClaims.Key.content(key)
        let waiter: SubmissionClaims.Waiter = { [metrics] result in
            if case .success = result { metrics.deduplicated() }
            completion(result.map { SubmittedRun(record: $0, origin: .deduplicated) })
        }
        switch claims.claim(claim, fingerprint: key, isShort: isShort, waiter: isShort ? waiter : nil) {
        case .waits: break
        // A run of it is being made that does not serve this submission: it makes its own.
        case .inProgress, .otherPayload: make(completion)
        case .held:
            let finish: RepeatCompletion = { [claims] result in
                claims.release(claim, result.map(\.record))
                completion(result)
            }
            let since = RunID(floorOf: record.createdAt.advanced(by: .zero - settings.jobs.dedupWindow))
            // Unread, it is made anew: that costs time, not the answer.
            let earlier = try? store.run(matching: .content(key, since: since))
            guard let earlier, isWanted(earlier) else { return make(finish) }
            metrics.deduplicated()
            finish(.success(SubmittedRun(record: index.record(earlier.id) ?? earlier, origin: .deduplicated)))
        }
    }

    /// What a submission is answered whose key another node gave to its run in the same moment. Reads the store.
    func earlier(_ record: RunRecord, _ refusal: ServiceError) -> Result<SubmittedRun, ServiceError> {
        guard let key = record.idempotencyKey,
            let earlier = try? store.run(matching: .idempotencyKey(key, caller: record.caller))
        else { return .failure(refusal) }
        guard earlier.fingerprint == record.fingerprint else { return .failure(keyReused()) }
        metrics.repeated(.replayed)
        return .success(SubmittedRun(record: earlier, origin: .replayed))
    }

    /// The hash of what decides a verdict: the document, the applicant, the day; and of whose it is, so that no caller
    /// is told of another's runs; and of where the end is told, as who asks for a callback gets one. Nil unless equal
    /// documents are to be recognised.
    func contentKey(of record: RunRecord) -> [UInt8]? {
        guard settings.jobs.dedupWindow > .zero else { return nil }
        return SHA256Digest.hash([
            record.document.sha256, Array(record.fio.lowercased().utf8), Array(record.today.description.utf8),
            Array((record.caller ?? "").utf8),
        ] + (record.callbackURL.map { [Array($0.utf8)] } ?? []))
    }

    private func keyReused() -> ServiceError {
        metrics.repeated(.otherPayload)
        return ServiceError(
            .idempotencyKeyReused, "The Idempotency-Key was used with another document or other fields",
            fields: [FieldError(field: "Idempotency-Key", message: "must be new for another payload")])
    }
}
