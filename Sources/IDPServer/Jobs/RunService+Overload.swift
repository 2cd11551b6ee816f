import Observability
import Pipeline

/// More than the service can take.
///
/// DESIGN. Decided on the loop at a request's head, where refusing costs least, in this order: what cannot be taken at
/// all (a stop, no disk, no memory, no store: 503 and 507), what would find no place (429). Bodies on their way count
/// as if they had come (`UploadPlaces`), or a burst would be read whole only to be refused. Synchronous calls have an
/// adaptive limit in front of their queue: it begins at the places that are configured and falls when calls take longer
/// than they did, so that those who are let in get their answers in time; never below the slots, which would stand
/// idle. What was let in is asked once more when its body is there: places may have gone meanwhile.
extension RunService {
    /// Why a submission would find no place once the bodies on their way have come; nil when it would.
    func overload(of kind: RunKind) -> ServiceError? {
        let arriving = uploads(of: kind).count
        switch kind {
        case .job:
            let isFull = arriving > 0 && arriving >= places(in: jobQueue, slots: settings.documents.workers)
            return isFull ? queueFull : nil
        case .sync:
            let places = places(in: interactiveQueue, slots: settings.jobs.interactiveSlots)
            let isFull = arriving > 0 && arriving >= places || limiter.running + arriving >= limiter.limit
            return isFull ? serverBusy : nil
        }
    }

    /// Submissions of a kind whose bodies are on their way.
    func uploads(of kind: RunKind) -> UploadPlaces {
        switch kind {
        case .job: jobUploads
        case .sync: processUploads
        }
    }

    /// `process` behind the adaptive limit: `SERVER_BUSY` at it. Any thread.
    func processWithinLimit(
        _ submission: Submission, deadline: Deadline, cancellation: CancellationToken,
        completion: @escaping @Sendable (RunOutcome) -> Void
    ) {
        guard let admission = limiter.admit() else { return repeated(submission, completion) }
        let began = now()
        process(submission, deadline: deadline, cancellation: cancellation) { outcome in
            // An answer of an earlier run says nothing about the load.
            let isEarlier = outcome.record.map { $0.createdAt < began } ?? false
            self.limiter.end(admission, isEarlier ? .ignored : RunService.sign(of: outcome.result))
            completion(outcome)
        }
    }

    /// Answers a repeat from the store, and refuses anything else with `SERVER_BUSY`.
    private func repeated(_ submission: Submission, _ completion: @escaping @Sendable (RunOutcome) -> Void) {
        let told: RepeatCompletion = { result in
            switch result {
            case .success(let run): completion(RunOutcome(earlier: run))
            case .failure(let error): completion(.refused(error))
            }
        }
        once(submission, isShort: false, completion: told) { finish in finish(.failure(counted(serverBusy))) }
    }

    /// The adaptive limit's bounds: as many as run and wait by the settings, and no fewer than run.
    static func limits(_ jobs: Settings.Jobs) -> GradientLimit.Configuration {
        var limits = GradientLimit.Configuration()
        limits.minimum = Double(jobs.interactiveSlots)
        // The queue lets callers who have little waiting a tenth further.
        limits.maximum = Double(
            jobs.interactiveSlots + jobs.interactiveQueueLimit + jobs.interactiveQueueLimit / 10 + 1)
        limits.initial = limits.maximum
        return limits
    }

    /// Items that a queue could still take, for callers who have little waiting.
    private func places(in queue: WorkQueue, slots: Int) -> Int {
        queue.limit + queue.limit / 10 + slots - queue.runningCount - queue.depth
    }

    /// What the end of a call says about the load.
    private static func sign(of result: Result<Judgement?, ServiceError>) -> ConcurrencyLimiter.Outcome {
        switch result {
        case .success: .answered
        case .failure(let error):
            switch error.code.httpStatus {
            case 504: .dropped
            // The document was at fault: it took its time all the same.
            case 422: .answered
            default: .ignored
            }
        }
    }
}
