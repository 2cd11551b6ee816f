import Dispatch
import Observability

/// A page of callbacks, newest first.
struct CallbackPage: Sendable {
    var callbacks: [CallbackEvent]
    /// Where the next page begins; nil on the last one.
    var next: Int64?
}

extension RunService {
    /// A job's callbacks with their latest attempts, oldest first; none while it goes on, or when nobody asked for one.
    /// Reads the store: not for a loop.
    ///
    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `STORAGE_FAILED`.
    func callbacks(of id: RunID) throws(ServiceError) -> [CallbackRecord] {
        _ = try record(for: id)
        return try store.callbacks(of: id)
    }

    /// Callbacks, newest first. Reads the store: not for a loop.
    ///
    /// - Throws: `STORAGE_FAILED`.
    func callbacks(
        _ filter: CallbackFilter, before: Int64?, limit: Int
    ) throws(ServiceError) -> CallbackPage {
        let found = try store.callbacks(filter, before: before, limit: limit + 1)
        let page = Array(found.prefix(limit))
        return CallbackPage(callbacks: page, next: found.count > limit ? page.last?.number : nil)
    }

    /// Has a job's callbacks sent once more, under the ids that they had: those that were not delivered, or the last
    /// one. A receiver that wanted no more is told again. `completion` is called once, on a queue of the service, after
    /// the wish is on stable storage. Reads the store: not for a loop.
    ///
    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `JOB_NOT_REPLAYABLE` when there is none, or nobody who would send it.
    func resendCallbacks(
        of id: RunID, completion: @escaping @Sendable (Result<[CallbackRecord], ServiceError>) -> Void
    ) throws(ServiceError) {
        guard let callbacks else {
            throw ServiceError(.jobNotReplayable, "This server sends no callbacks (IDP_WEBHOOK_SECRET)")
        }
        guard try !self.callbacks(of: id).isEmpty else {
            throw ServiceError(.jobNotReplayable, "The run has no callback that could be sent again")
        }
        store.write(.callback(.resend(id, at: now()))) { result in
            self.noteStore(result)
            if case .success = result { callbacks.poke() }
            self.housekeeping.async {
                completion(
                    Result { () throws(ServiceError) in
                        try result.get()
                        return try self.store.callbacks(of: id)
                    })
            }
        }
    }
}
