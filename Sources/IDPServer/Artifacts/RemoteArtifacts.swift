import Observability

/// Where run folders are kept beside this machine, so that any node finds them. Thread-safe; what blocks says so.
///
/// A run at work has its folder in the local `DiskArtifactStore`. A job's document is put here before its 202; the
/// rest follows when the run moves, in the background, and a run that has ended leaves the disk once all of it is here.
protocol RemoteArtifacts: Sendable {
    /// Puts the document and `metadata.json` of a run that lies in `folder`. Blocks for seconds at worst.
    ///
    /// - Throws: `DEPENDENCY_UNAVAILABLE` or `STORAGE_FAILED`; what was put is then removed or swept.
    func store(_ record: RunRecord, _ folder: RunFolder) throws(ServiceError)

    /// Gets a run's document into its local folder, unless it is there. Blocks, until `deadline` where the storage
    /// does not work.
    ///
    /// - Throws: `DEPENDENCY_UNAVAILABLE`, `STORAGE_FAILED`, or why it was cancelled.
    func fetchDocument(
        of record: RunRecord, by deadline: Deadline, cancellation: CancellationToken?
    ) throws(ServiceError)

    /// Whether the document is here with its size. Blocks for seconds at worst; false also where nobody can tell.
    func hasDocument(_ record: RunRecord) -> Bool

    /// Says that a run's files have changed: they are put here in the background, the last state wins. Never blocks.
    func follow(_ record: RunRecord)

    /// Removes all of a run. Blocks. Failing is no harm: what is left is found by `sweep`.
    func remove(_ id: RunID)

    /// Removes what lies under days before `day` and stands for no run, and uploads that were never ended. Blocks.
    func sweep(before day: String, isKnown: (RunID) -> Bool)

    /// In words, why nothing can be kept now; nil while it can. Never blocks.
    var failure: String? { get }

    /// Asks the storage whether it works, where it did not. Returns at once.
    func probe()

    /// Waits until what `follow` was told is here. False if that was not by the deadline.
    func drain(by deadline: Deadline) -> Bool
}
