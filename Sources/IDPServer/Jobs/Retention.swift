import Observability
import Pipeline

/// What has outlived its retention: found in small steps, removed by whoever asks. Blocks on store and disk.
struct Retention: Sendable {
    /// Nil where there is none yet, and so no rows.
    let store: (any JobStore)?
    let folders: RunFolders
    /// Runs that came in before it are removed once they have ended.
    let cutoff: Timestamp

    /// Runs or folders of one step.
    static let step = 100

    /// Days that a removed run's id still answers `JOB_EXPIRED`.
    static let memoryDays: Int64 = 90

    /// The moment before which ids of removed runs are forgotten.
    var forgetBefore: Timestamp { cutoff.advanced(by: .seconds(-86_400 * Retention.memoryDays)) }

    /// The cutoff of a retention of so many days.
    static func cutoff(days: Int, at now: Timestamp) -> Timestamp { now.advanced(by: .seconds(-86_400 * days)) }

    /// The oldest runs to remove, at most a step.
    ///
    /// - Parameter after: only runs that came in later than this one, to go through them without removing any.
    /// - Throws: `STORAGE_FAILED`.
    func runs(after: RunID? = nil) throws(ServiceError) -> [EndedRun] {
        try store?.endedRuns(above: after, below: RunID(floorOf: cutoff), limit: Retention.step) ?? []
    }

    /// The folders of one day that no row stands for, a wholly past one before the cutoff; at most a step. A crash
    /// between a row's and a folder's end leaves one, and so does an earlier service.
    func orphans(on day: String) -> [String] {
        guard day < cutoff.day().description else { return [] }
        let own = folders.runs(on: day).lazy.filter { id in
            guard let store else { return true }
            // A store that cannot be read now is asked again at the next step.
            return switch try? store.run(id) {
            case .unknown, .expired: true
            case .found, nil: false
            }
        }.map { RunFolder(runsDirectory: folders.runsDirectory, runID: $0).path }
        return Array(own.prefix(Retention.step)) + folders.foreignRuns(on: day).prefix(Retention.step)
    }
}
