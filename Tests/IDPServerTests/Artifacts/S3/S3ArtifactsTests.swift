import Dependencies
import EventHTTP
import Foundation
import Logging
import Observability
import OutboundHTTP
import Pipeline
import TestSupport
import Testing

@testable import IDPServer

/// Run folders in a bucket.
@Suite(.serialized) struct S3ArtifactsTests {
    /// A node: a folder of its own and a bucket that it shares.
    private struct Node {
        let folder: TemporaryDirectory
        let local: DiskArtifactStore
        let remote: S3Artifacts

        init(_ server: S3Server) throws {
            folder = try TemporaryDirectory("node")
            local = try DiskArtifactStore(runsDirectory: folder.path)
            let registry = MetricRegistry(exclusiveLanes: 0)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let client = S3Client(
                .init(
                    endpoint: "http://127.0.0.1:\(server.port)", region: server.region, accessKey: server.accessKey,
                    secretKey: server.secretKey),
                http: OutboundHTTP.HTTPClient(),
                telemetry: DependencyTelemetry(registry: registry, logger: logger, unixMilliseconds: { 0 }))
            guard let location = S3Location("s3://\(server.bucket)/runs") else { throw CancellationError() }
            remote = S3Artifacts(location, client: client, local: local, registry: registry, logger: logger)
        }
    }

    private let bytes = Array("%PDF-1.7 test".utf8)

    private func record(
        at moment: Timestamp = .now(), kind: RunKind = .job, _ change: (inout RunRecord) -> Void = { _ in }
    ) -> RunRecord {
        let digest = SHA256Digest()
        bytes.withUnsafeBytes { digest.update($0) }
        let document = RunDocument(fileExtension: "pdf", size: bytes.count, sha256: digest.finish())
        var record = RunRecord(
            id: RunID(at: moment), kind: kind, createdAt: moment, fio: "Ахметов Нурлан Болатұлы",
            today: moment.day(), document: document)
        change(&record)
        return record
    }

    private func takeOver(_ record: RunRecord, _ node: Node) throws -> RunFolder {
        let path = node.local.spoolDirectory + "/\(UInt64.random(in: 0 ... .max))"
        try FileSystem.write(Data(bytes), to: path)
        let submitted = SubmittedDocument(document: record.document) { try FileSystem.move(path, to: $0) }
        return try node.local.takeOver(submitted, record)
    }

    private func key(_ record: RunRecord, _ rest: String) -> String {
        "runs/\(record.id.moment.day())/\(record.id)/\(rest)"
    }

    @Test func anotherNodeHasTheDocument() async throws {
        let server = try await S3Server()
        let (first, second) = (try Node(server), try Node(server))
        let record = record()
        let folder = try takeOver(record, first)
        try await blocking {
            try first.remote.store(record, folder)
            #expect(second.remote.hasDocument(record))
            try second.remote.fetchDocument(of: record, by: .after(.seconds(60)), cancellation: nil)
        }
        #expect(second.local.hasDocument(record))
        #expect(try await server.object(server.bucket, key(record, "input/document.pdf")) == bytes)
        #expect(try await server.object(server.bucket, key(record, "meta/metadata.json")) != nil)
    }

    @Test func anEndedRunLeavesTheDiskOnceItIsInTheBucket() async throws {
        let server = try await S3Server()
        let node = try Node(server)
        for kind in [RunKind.job, .sync] {
            let record = record(kind: kind)
            let folder = try takeOver(record, node)
            if kind == .job { try await blocking { try node.remote.store(record, folder) } }
            var ended = record
            ended.state = .completed
            ended.verdict = true
            ended.reasons = []
            node.remote.follow(record)
            node.remote.follow(ended)
            #expect(try await blocking { node.remote.drain(by: .after(.seconds(60))) })
            let keys = ["input/document.pdf", "meta/final_result.json", "meta/job.json", "meta/metadata.json"]
            #expect(try await server.keys(server.bucket) == keys.map { key(record, $0) })
            let job = try #require(try await server.object(server.bucket, key(record, "meta/job.json")))
            #expect(try JSONDecoder().decode(RunJobFile.self, from: Data(job)) == RunJobFile(ended))
            #expect(!FileManager.default.fileExists(atPath: folder.path))
            try await blocking { node.remote.remove(record.id) }
            #expect(try await server.keys(server.bucket).isEmpty)
        }
    }

    @Test func aDocumentThatWasChangedIsNotTaken() async throws {
        let server = try await S3Server()
        let node = try Node(server)
        let record = record()
        try await server.put(server.bucket, key(record, "input/document.pdf"), Array("%PDF-1.7 TEST".utf8))
        let code = try await blocking { () -> ErrorCode? in
            do throws(ServiceError) {
                try node.remote.fetchDocument(of: record, by: .after(.seconds(3)), cancellation: nil)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code == .storageFailed)
        #expect(!node.local.hasDocument(record))
    }

    @Test func theSweepRemovesWhatNoRowStandsFor() async throws {
        let server = try await S3Server()
        let node = try Node(server)
        let old = Timestamp.now().advanced(by: .seconds(-86_400 * 30))
        let (known, unknown, fresh) = (record(at: old), record(at: old), record())
        for record in [known, unknown, fresh] {
            try await server.put(server.bucket, key(record, "meta/job.json"), [1])
        }
        try await server.put(server.bucket, "runs/notes/readme.txt", [1])
        let day = Timestamp.now().advanced(by: .seconds(-86_400 * 14)).day().description
        let id = known.id
        try await blocking { node.remote.sweep(before: day) { $0 == id } }
        let left = try await server.keys(server.bucket)
        #expect(Set(left) == [key(known, "meta/job.json"), key(fresh, "meta/job.json"), "runs/notes/readme.txt"])
    }
}
