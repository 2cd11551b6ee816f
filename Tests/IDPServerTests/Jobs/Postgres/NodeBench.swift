import Foundation
import Logging
import Observability
import Pipeline
import PostgresClient
import Synchronization
import TestSupport

@testable import IDPServer

/// Some nodes in one process on one PostgreSQL and one folder, each a run service with a judge that does what a test
/// says.
final class NodeBench: Sendable {
    /// One of them.
    final class Node: Sendable {
        let service: RunService
        let store: PostgresJobStore
        let artifacts: DiskArtifactStore
        let judged = Mutex<[RunID]>([])

        fileprivate init(
            _ settings: Settings, judge: @escaping @Sendable (JudgeRequest) throws(ServiceError) -> Judgement
        ) throws {
            guard case .postgres(let configuration) = settings.storage.store else { throw Unexpected("no server") }
            let artifacts = try DiskArtifactStore(runsDirectory: settings.storage.runsDirectory, isShared: true)
            self.artifacts = artifacts
            store = try PostgresJobStore(
                configuration, lease: settings.storage.nodeLease,
                syncDocuments: { () throws(ServiceError) in try artifacts.makeDurable() })
            service = RunService(
                settings: settings, judge: NodeJudge(script: judge), store: store, artifacts: artifacts,
                registry: MetricRegistry(exclusiveLanes: 8),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, availableMemory: { nil })
            try service.start()
        }

        /// Submits and waits for the answer.
        func submit(_ change: (inout Submission) -> Void = { _ in }) async throws -> RunRecord {
            let path = artifacts.spoolDirectory + "/\(UInt64.random(in: 0 ... .max))"
            try FileSystem.write(Data("%PDF-1.7 test".utf8), to: path)
            let facts = RunDocument(fileExtension: "pdf", size: 13, sha256: Array(repeating: 0xAB, count: 32))
            var submission = Submission(
                document: SubmittedDocument(document: facts) { try FileSystem.move(path, to: $0) },
                fio: "Ахметов Нурлан Болатұлы")
            change(&submission)
            let sent = submission
            return try await withCheckedContinuation { continuation in
                service.submit(sent) { continuation.resume(returning: $0) }
            }.get().record
        }

        /// Waits for a run's end by long polls, as a client of this node would.
        func end(of id: RunID) async throws -> RunRecord {
            try await eventually("end of \(id)", within: .seconds(90)) {
                let record = try self.service.record(for: id)
                if record.state.isFinal { return record }
                let next = await withCheckedContinuation { continuation in
                    self.service.waitForChange(of: id, from: record.state, by: .after(.seconds(20))) {
                        continuation.resume(returning: $0)
                    }
                }
                return next?.state.isFinal == true ? next : nil
            }
        }

        func cancel(_ id: RunID) async throws -> CancelOutcome {
            try await withCheckedContinuation { continuation in
                service.cancel(id) { continuation.resume(returning: $0) }
            }.get()
        }
    }

    let folder = NSTemporaryDirectory() + "nodes-\(UInt64.random(in: 0 ... .max))"
    let server: PostgresServer
    let database: String
    private let nodes = Mutex<[Node]>([])

    init() async throws {
        server = try await PostgresServer.shared()
        database = try await server.makeDatabase()
    }

    deinit {
        for node in nodes.withLock({ $0 }) { node.service.drain(by: .after(.seconds(20))) }
        // Only a leftover in the system's temporary folder if it fails.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts a node.
    ///
    /// - Parameter url: through which it reaches PostgreSQL; nil goes straight.
    func node(
        url: String? = nil, _ environment: [String: String] = [:],
        judge: @escaping @Sendable (JudgeRequest) throws(ServiceError) -> Judgement = { _ throws(ServiceError) in
            .sample()
        }
    ) throws -> Node {
        let own = [
            "IDP_RUNS_DIR": folder, "IDP_WORKERS": "2", "IDP_DISK_RESERVE_BYTES": "0", "IDP_STORE": url ?? database,
            "IDP_NODE_LEASE": "3s",
        ]
        let node = try Node(try Settings.load(environment: own.merging(environment) { $1 }), judge: judge)
        nodes.withLock { $0.append(node) }
        return node
    }
}

/// Does what a test says.
private struct NodeJudge: DocumentJudge {
    let script: @Sendable (JudgeRequest) throws(ServiceError) -> Judgement

    func judge(_ request: JudgeRequest) throws(ServiceError) -> Judgement { try script(request) }
}
