import Foundation
import Observability

/// The job store that the settings ask for.
enum JobStores {
    /// Opens it. A PostgreSQL that cannot be reached is waited for, as machines that start together come up in any
    /// order. Blocks.
    ///
    /// - Throws: `STORAGE_FULL`, `STORAGE_FAILED`, `DEPENDENCY_UNAVAILABLE`.
    static func open(
        _ storage: Settings.Storage, artifacts: DiskArtifactStore, registry: MetricRegistry? = nil
    ) throws(ServiceError) -> any JobStore {
        switch storage.store {
        case .sqlite(let path):
            let store = try SQLiteJobStore(
                path: path, artifacts: artifacts, batchLimit: storage.batchLimit)
            if let registry { store.registerMetrics(registry) }
            return store
        case .postgres(let configuration):
            let patience = Deadline.after(startPatience)
            while true {
                do throws(ServiceError) {
                    let store = try PostgresJobStore(
                        configuration, connections: storage.connections,
                        schema: storage.isMigrating ? .migrate : .refuseOlder, lease: storage.nodeLease,
                        syncDocuments: { () throws(ServiceError) in try artifacts.makeDurable() })
                    if let registry { store.registerMetrics(registry) }
                    return store
                } catch {
                    guard error.code == .dependencyUnavailable, !patience.hasPassed else { throw error }
                    // The server is only just starting: nothing else runs on this thread.
                    Thread.sleep(forTimeInterval: 0.25)
                }
            }
        }
    }

    /// Opens it to look at it only; nil when there is none yet. Blocks.
    static func openToRead(_ storage: Settings.Storage) throws(ServiceError) -> (any JobStore)? {
        switch storage.store {
        case .sqlite(let path):
            return FileManager.default.fileExists(atPath: path) ? try SQLiteJobStore(reading: path) : nil
        case .postgres(let configuration): return try PostgresJobStore(configuration, schema: .readOnly)
        }
    }

    /// Opens it beside a running server, to change runs that have ended: nothing is locked, no document is waited for.
    /// Blocks.
    static func openToErase(_ storage: Settings.Storage) throws(ServiceError) -> any JobStore {
        switch storage.store {
        case .sqlite(let path):
            try SQLiteJobStore(path: path) { SQLiteJobStore.DocumentSync(sync: {}, coversStore: false) }
        case .postgres(let configuration):
            try PostgresJobStore(
                configuration, connections: 1, schema: .refuseOlder, lease: storage.nodeLease,
                syncDocuments: { () throws(ServiceError) in })
        }
    }

    private static let startPatience = Duration.seconds(20)
}

extension PostgresJobStore {
    /// Registers what the writer has done.
    func registerMetrics(_ registry: MetricRegistry) {
        let statistics = statisticsReader
        registry.observedCounter("idp_store_commits_total", help: "Transactions of the job store.") {
            Double(statistics().commits)
        }
        registry.observedCounter("idp_store_changes_total", help: "Changes in the job store's transactions.") {
            Double(statistics().changes)
        }
        registry.observedCounter(
            "idp_store_connections_lost_total", help: "Connections of the job store's writer that broke."
        ) { Double(statistics().reconnects) }
    }
}
