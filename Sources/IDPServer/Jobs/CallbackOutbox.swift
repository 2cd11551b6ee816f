import Observability

/// A change of the callbacks in the store, beside their making, which is part of storing a job's end.
enum CallbackWrite: Sendable {
    /// An attempt has ended: the event as it stands now, with `status`, `nextAt`, `step`, `attempts` and `outcome`. A
    /// status of `disabled` ends all that wait for the same URL, and those that are made later.
    case attempted(CallbackEvent, CallbackAttempt)
    /// An attempt was broken off, and nothing is known of it.
    case released(CallbackEvent)
    /// An endpoint is back: what waits for it because it was away is due now.
    case hasten(endpoint: String, at: Timestamp)
    /// A job's callbacks are sent once more: those that were not delivered, or the last where all were. A URL that was
    /// disabled is not any more.
    case resend(RunID, at: Timestamp)
    /// What has waited since before the moment waits no longer.
    case giveUp(since: Timestamp)
}

/// An endpoint that callbacks wait for.
struct WaitingEndpoint: Sendable, Equatable {
    /// As `CallbackEvent.endpoint`.
    var name: String
    /// When the first of them is due.
    var nextAt: Timestamp
}

/// The callbacks in the store: written in the transaction that ends their job, so that none is lost whatever happens
/// after it. Each is with one node at a time. Every call blocks and throws `STORAGE_FAILED`.
protocol CallbackOutbox: Sendable {
    /// The endpoints that callbacks wait for, at most `limit`.
    ///
    /// - Parameter except: numbers of callbacks that this process is delivering.
    func waitingEndpoints(except: Set<Int64>, limit: Int) throws(ServiceError) -> [WaitingEndpoint]

    /// Takes callbacks of an endpoint to deliver them: due ones, or, as a probe, also others. Of one job only the
    /// first that waits. They are this node's until `.attempted` or `.released`, or until the node has gone.
    func claimCallbacks(_ claim: CallbackClaim) throws(ServiceError) -> [CallbackEvent]

    /// Gives back what is this node's and not among those: an answer to a claim may have been lost.
    func releaseCallbacks(except: Set<Int64>) throws(ServiceError)

    /// How many wait.
    func callbackDepth() throws(ServiceError) -> Int

    /// A job's callbacks, oldest first, with their latest attempts.
    func callbacks(of id: RunID) throws(ServiceError) -> [CallbackRecord]

    /// Callbacks of all jobs, newest first, with numbers below `before`.
    func callbacks(
        _ filter: CallbackFilter, before: Int64?, limit: Int
    ) throws(ServiceError) -> [CallbackEvent]
}

/// Which callbacks a list shows; nil asks for all of a dimension.
struct CallbackFilter: Sendable, Equatable {
    var status: CallbackStatus?
    /// Only those of this caller's jobs.
    var caller: String?
}

/// Which callbacks to take.
struct CallbackClaim: Sendable, Equatable {
    /// As `CallbackEvent.endpoint`.
    var endpoint: String
    /// At most so many.
    var limit: Int
    /// What is due by then.
    var now: Timestamp
    /// Also what is not due yet.
    var isProbe = false
    /// Numbers of callbacks that this process is delivering.
    var except: Set<Int64> = []
}

/// How many attempts of a callback the log keeps: the latest.
let callbackAttemptsKept = 50
