import Foundation
import Observability
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct SQLiteJobStoreTests {
    private let path = NSTemporaryDirectory() + "store-\(UInt64.random(in: 0 ... .max))/jobs.sqlite"

    private func open(_ path: String) throws -> SQLiteJobStore {
        try SQLiteJobStore(path: path) { SQLiteJobStore.DocumentSync(sync: {}, coversStore: false) }
    }

    private func remove() {
        try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent)
    }

    private func record(_ index: Int64 = 0) throws -> RunRecord { try RunRecord.sample(index) }

    private func write(_ store: SQLiteJobStore, _ change: StoreWrite) async throws { try await store.written(change) }

    @Test func keepsPersonalDataOutOfItsErrors() async throws {
        let store = try open(path)
        defer { remove() }
        let run = try record()
        try await write(store, .insert(run, nil, document: nil))
        let error = await #expect(throws: ServiceError.self) {
            try await write(store, .insert(run, nil, document: nil))
        }
        #expect(error?.code == .storageFailed)
        #expect(error?.cause?.contains("Қасымова") == false)
    }

    /// Power loss at any point of the log: what was acknowledged while the log was that long is there, nothing is torn.
    @Test func survivesACutAtAnyWrite() async throws {
        let store = try open(path)
        defer { remove() }
        let wal = path + "-wal"
        func length() throws -> Int {
            try #require(try FileManager.default.attributesOfItem(atPath: wal)[.size] as? Int)
        }
        let start = try length()
        var acknowledged: [(run: RunRecord, length: Int)] = []
        for index in 0..<40 {
            let run = try record(Int64(index))
            try await write(store, .insert(run, nil, document: nil))
            acknowledged.append((run, try length()))
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: wal))
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed)
        for round in 0..<25 {
            let cut = Int.random(in: start...bytes.count, using: &random)
            let copy = path + "-cut-\(round)"
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            try bytes.prefix(cut).write(to: URL(fileURLWithPath: copy + "-wal"))
            let after = try open(copy)
            for (run, length) in acknowledged {
                switch try after.run(run.id) {
                case .found(let found): #expect(found == run, "seed \(seed), cut \(cut)")
                case .unknown: #expect(length > cut, "seed \(seed), cut \(cut)")
                case .expired: throw Unexpected("expired")
                }
            }
            after.close()
        }
    }

    @Test func flushesEachCommitAndSearchesByIndex() async throws {
        let store = try open(path)
        defer { remove() }
        #expect(try store.pragma("synchronous") == 2)
        #expect(try store.pragma("journal_mode") == "wal")
        for sql in [
            "SELECT * FROM run WHERE run_id = ?",
            "SELECT * FROM run WHERE kind = ? AND state = ? AND run_id < ? ORDER BY run_id DESC LIMIT ?",
            "SELECT * FROM run WHERE kind = ? AND run_id < ? ORDER BY run_id DESC LIMIT ?",
            "SELECT * FROM run WHERE state = ? AND run_id < ? ORDER BY run_id DESC LIMIT ?",
            "SELECT * FROM run WHERE run_id < ? ORDER BY run_id DESC LIMIT ?",
            "SELECT run_id FROM run WHERE run_id > ? AND run_id < ? AND state >= ? ORDER BY run_id LIMIT ?",
            "SELECT state, COUNT(*) FROM run WHERE kind = ? GROUP BY state",
            "SELECT * FROM run WHERE kind = ? AND state IN (?, ?)",
            "SELECT * FROM run WHERE idempotency_key = ? AND IFNULL(caller, '') = ?",
            "SELECT * FROM run WHERE content_key = ? AND run_id >= ? ORDER BY run_id DESC LIMIT 1",
            "SELECT * FROM run WHERE dead_letter IS NOT NULL AND run_id < ? ORDER BY run_id DESC LIMIT ?",
        ] {
            let plan = try store.plan(of: sql)
            #expect(plan.contains("USING") && !plan.contains("SCAN"), "\(sql): \(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(sql): \(plan)")
        }
    }

    @Test func isReadableByItsOwnerOnly() throws {
        let store = try open(path)
        defer { remove() }
        for suffix in ["", "-wal", "-shm"] {
            let facts = try FileManager.default.attributesOfItem(atPath: path + suffix)
            #expect(facts[.posixPermissions] as? Int == 0o600)
        }
        withExtendedLifetime(store) {}
    }

    @Test func refusesAFileThatIsNoStore() throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        defer { remove() }
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
        #expect(throws: ServiceError.self) { try open(path) }
    }
}
