import Observability
import Pipeline

/// One change of the store. Changes of one run are applied in the order in which they were given.
enum StoreWrite: Sendable {
    /// A new run. With `document`, the folder of that run is made durable before the row is.
    case insert(RunRecord, Judgement?, document: RunFolder?)
    /// A new job that any node may run, where nodes share the store; else the same as `insert`.
    case offer(RunRecord, document: RunFolder)
    /// All that may change of a run; a judgement of nil leaves the stored one. The end of a job with a callback URL
    /// makes its callback, in the same transaction.
    case update(RunRecord, Judgement?)
    /// A failed run waits again, as the record says; `JOB_NOT_REPLAYABLE` when it is not failed (any more).
    case replay(RunRecord)
    /// The runs are gone; their ids are remembered until `forgetExpired(before:)`.
    case expire([RunID], at: Timestamp)
    /// Forgets ids that expired before the moment.
    case forgetExpired(before: Timestamp)
    /// A change of callbacks that are to be delivered, or were.
    case callback(CallbackWrite)
    /// Changes nothing that matters, and fails when the store cannot be written.
    case probe(Timestamp)
}

/// What the store knows of an id.
enum StoredRun: Sendable, Equatable {
    case found(RunRecord)
    /// It was there and has been removed.
    case expired
    case unknown
}

/// Which runs a list shows; nil asks for all of a dimension.
struct RunFilter: Sendable, Equatable {
    var kind: RunKind?
    var state: RunState?
    /// Only those that lie with the dead letters.
    var isDeadLetter = false
    /// Only those of this caller.
    var caller: String?
}

/// What makes an earlier run the one that a submission asks for.
enum RunMatch: Sendable, Equatable {
    /// The same caller's key.
    case idempotencyKey(String, caller: String?)
    /// The same content in a run that waits, runs or was judged, made no earlier than the id says.
    case content([UInt8], since: RunID)
}

/// As much of an ended run as its removal needs.
struct EndedRun: Sendable, Equatable {
    var id: RunID
    var kind: RunKind
    var state: RunState
}

/// Where runs are kept. A write whose completion said success is on stable storage.
///
/// Reads block the calling thread (a file's worth of time) and throw `STORAGE_FAILED`; call them on a queue, never on a
/// loop. Writes return at once.
protocol JobStore: CallbackOutbox {
    /// Says that a run with a document is being made, so that the next transaction may wait for it. Exactly one
    /// `.insert` with a document, or one `withdrawInsert`, must follow.
    func announceInsert()

    /// Says that an announced run will not come.
    func withdrawInsert()

    /// Puts a change into the next transaction; `completion` runs on the store's own queue after the commit, or with
    /// the reason why there was none (`STORAGE_FULL`, `STORAGE_FAILED`; `IDEMPOTENCY_IN_PROGRESS` when another run has
    /// the key of an inserted one). It must be short.
    func write(_ change: StoreWrite, completion: @escaping @Sendable (Result<Void, ServiceError>) -> Void)

    /// A run by its id.
    func run(_ id: RunID) throws(ServiceError) -> StoredRun

    /// The latest run that a submission asks for once more; nil when there is none.
    func run(matching match: RunMatch) throws(ServiceError) -> RunRecord?

    /// A completed run's judgement; nil when there is none.
    func judgement(of id: RunID) throws(ServiceError) -> Judgement?

    /// Newest first, at most `limit`, only ids below `before`.
    func list(_ filter: RunFilter, before: RunID?, limit: Int) throws(ServiceError) -> [RunRecord]

    /// Jobs that have not ended, in the order in which they shall run.
    func unfinishedJobs() throws(ServiceError) -> [RunRecord]

    /// Ended runs whose id lies between the two, neither included, oldest first, at most `limit`.
    func endedRuns(above: RunID?, below: RunID, limit: Int) throws(ServiceError) -> [EndedRun]

    /// Ids that were removed (`.expire`) at the moment or later, by this process or another, newest first, at most
    /// `limit`.
    func expiredRuns(since moment: Timestamp, limit: Int) throws(ServiceError) -> [RunID]

    /// How many jobs are in each state.
    func jobCounts() throws(ServiceError) -> [RunState: Int]

    /// Commits what is pending and closes. Nothing may be written after it.
    func close()
}

extension StoreWrite {
    /// Whether a caller waits for it who came alone: the end of a synchronous run.
    var isUrgent: Bool {
        switch self {
        case .insert(let record, _, _): record.kind == .sync
        case .offer, .update, .replay, .expire, .forgetExpired, .callback, .probe: false
        }
    }

    /// Whether a document must be durable before it.
    var bringsDocument: Bool { insertedWithDocument != nil }

    /// The run that it inserts, if a document must be durable before it.
    var insertedWithDocument: RunID? {
        switch self {
        case .insert(let record, _, let document): document == nil ? nil : record.id
        case .offer(let record, _): record.id
        case .update, .replay, .expire, .forgetExpired, .callback, .probe: nil
        }
    }
}
