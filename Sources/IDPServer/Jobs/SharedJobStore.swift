import Observability

/// What a node is told by a store that it shares with others. Called on the store's own thread: must not block.
struct SharedStoreEvents: Sendable {
    /// Runs changed in the store; `isOwn` when it was this node that changed them.
    var changed: @Sendable (_ ids: [RunID], _ isOwn: Bool) -> Void
    /// Jobs may wait that belong to nobody.
    var poolFilled: @Sendable () -> Void
    /// Somebody asked another node for the end of these runs, which are this node's.
    var cancelAsked: @Sendable ([RunID]) -> Void
    /// Runs that are this node's from now on: those that ran on a node that has gone, and those whose deadline passed
    /// while they belonged to nobody.
    var taken: @Sendable ([RunRecord]) -> Void
    /// The node has shown that it lives; so many jobs belong to nobody.
    var beat: @Sendable (_ poolDepth: Int) -> Void
    /// Messages may have been lost; when `wasEvicted`, others took this node for gone and have its runs.
    var reconnected: @Sendable (_ wasEvicted: Bool) -> Void
}

/// What came of asking the store for a run's end.
enum SharedCancel: Sendable {
    /// It waited for a node and is cancelled now.
    case cancelled(RunRecord)
    /// Another node has it, and is told.
    case asked(RunRecord)
    /// It has ended, or there is no such job.
    case none
}

/// A job store that several nodes write at the same time.
///
/// Each unfinished job belongs to one node, or to nobody: then it waits in the pool for a node with room. A node's runs
/// are its own for as long as it shows that it lives; only their owner changes them. A write of a run that is another
/// node's by now fails with `ServiceError.superseded`; an end that comes after another node took a wish to cancel is
/// stored as cancelled, which a failure with `CLIENT_CLOSED_REQUEST` says.
protocol SharedJobStore: JobStore {
    /// This process among the nodes; another one after each start.
    var node: String { get }

    /// Shows from now on that this node lives, and looks after the runs of nodes that do not.
    func beginSharing(_ events: SharedStoreEvents)

    /// Takes jobs out of the pool, at most `limit`: callers take turns, counting what they have with nodes already.
    /// Blocks.
    ///
    /// - Throws: `STORAGE_FAILED`.
    func claim(limit: Int) throws(ServiceError) -> [RunRecord]

    /// The unfinished jobs that are this node's. Blocks.
    ///
    /// - Throws: `STORAGE_FAILED`.
    func ownJobs() throws(ServiceError) -> Set<RunID>

    /// Asks for the end of a job that is not this node's. Blocks.
    ///
    /// - Throws: `STORAGE_FAILED`.
    func requestCancel(_ id: RunID, at moment: Timestamp) throws(ServiceError) -> SharedCancel
}

extension ServiceError {
    /// A write that came too late: the run has ended, or is another node's. Nobody outside sees it.
    static var superseded: ServiceError { ServiceError(.storageFailed, cause: supersededCause) }

    /// Whether it says so.
    var isSuperseded: Bool { code == .storageFailed && cause == ServiceError.supersededCause }

    private static let supersededCause = "store: the run is another node's, or has ended"
}
