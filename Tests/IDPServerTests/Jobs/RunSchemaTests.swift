import Foundation
import GRDB
import Pipeline
import Testing

@testable import IDPServer

/// Files of earlier releases open, with everything that is in them.
struct RunSchemaTests {
    /// A file as the release before wrote it: judgements among the runs.
    private func makeSchemaTwo(_ path: String, runs: [(record: RunRecord, judgement: Judgement?)]) throws {
        let queue = try DatabaseQueue(path: path)
        try RunSchema.migrator.migrate(queue, upTo: "2: shares, dead letters, unique keys")
        try queue.write { database in
            for (record, judgement) in runs {
                let bytes = try judgement.map { try JSONEncoder().encode($0) }
                try database.execute(
                    sql: """
                        INSERT INTO run (run_id, kind, state, created_at, attempts, priority, cancel_requested, today,
                        document_extension, document_size, document_sha256, idempotency_key, fingerprint, verdict,
                        reasons, fio, judgement, share, dead_letter)
                        VALUES (?, 1, ?, ?, 1, 5, 0, ?, 'pdf', 10, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        record.id.data, RunRow.number(record.state), record.createdAt.milliseconds,
                        record.today.description, Data(record.document.sha256), record.idempotencyKey,
                        record.fingerprint.map { Data($0) }, record.verdict,
                        record.reasons.map(\.rawValue).joined(separator: ","), record.fio, bytes, record.share,
                        record.deadLetter?.rawValue,
                    ])
            }
            try database.execute(sql: "INSERT INTO expired VALUES (?, 5)", arguments: [Data(repeating: 1, count: 16)])
        }
        let names = try queue.read { try $0.columns(in: "run").map(\.name) }
        #expect(names.contains("judgement"), "the file is not of schema 2")
        try queue.close()
    }

    @Test func aFileOfSchemaTwoKeepsEverything() async throws {
        let folder = NSTemporaryDirectory() + "schema-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/jobs.sqlite"
        var judged = try RunRecord.sample(1, state: .completed)
        judged.attempts = 1
        judged.verdict = false
        judged.reasons = [.docDateTooOld, .fioMismatch]
        judged.idempotencyKey = "/v1/jobs key"
        judged.fingerprint = Array(repeating: 9, count: 32)
        judged.share = "10.0.0.1"
        var waiting = try RunRecord.sample(2)
        waiting.attempts = 1
        var dead = try RunRecord.sample(3, state: .failed)
        dead.attempts = 1
        dead.deadLetter = .workersLost
        let judgement = Judgement.sample(.docDateTooOld)
        try makeSchemaTwo(path, runs: [(judged, judgement), (waiting, nil), (dead, nil)])

        func open() throws -> SQLiteJobStore {
            try SQLiteJobStore(path: path) { SQLiteJobStore.DocumentSync(sync: {}, coversStore: false) }
        }
        let store = try open()
        for record in [judged, waiting, dead] { #expect(try store.run(record.id) == .found(record)) }
        let kept = try #require(try store.judgement(of: judged.id))
        #expect(try JSONEncoder().encode(kept).count == JSONEncoder().encode(judgement).count)
        #expect(kept.reasons == judgement.reasons && kept.verdict == false)
        #expect(try store.judgement(of: waiting.id) == nil)
        #expect(try store.unfinishedJobs().map(\.id) == [waiting.id])
        #expect(try store.list(RunFilter(isDeadLetter: true), before: nil, limit: 9).map(\.id) == [dead.id])
        let match = RunMatch.idempotencyKey("/v1/jobs key", caller: nil)
        #expect(try store.run(matching: match)?.id == judged.id)
        #expect(try store.expiredRuns(since: Timestamp(milliseconds: 0), limit: 9).isEmpty, "no id of ours")
        // It can be written to, and opens again.
        waiting.state = .completed
        waiting.verdict = true
        try await store.written(.update(waiting, .sample()))
        store.close()
        let again = try open()
        #expect(try again.judgement(of: waiting.id)?.verdict == true)
        #expect(try again.unfinishedJobs().isEmpty)
        again.close()
    }
}
