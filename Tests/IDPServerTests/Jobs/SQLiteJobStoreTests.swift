import Foundation
import Observability
import Pipeline
import Synchronization
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

    private func record(_ index: Int64 = 0, kind: RunKind = .job, state: RunState = .accepted) throws -> RunRecord {
        let moment = Timestamp(milliseconds: 1_795_439_258_000 + index)
        var record = RunRecord(
            id: RunID(at: moment), kind: kind, createdAt: moment, fio: "Қасымова Әлия",
            today: try #require(CalendarDate(iso: "2026-11-23")),
            document: RunDocument(fileExtension: "pdf", size: 10, sha256: Array(repeating: 7, count: 32)))
        record.state = state
        return record
    }

    private func write(_ store: SQLiteJobStore, _ change: StoreWrite) async throws {
        try await withCheckedContinuation { continuation in
            store.write(change) { continuation.resume(returning: $0) }
        }.get()
    }

    @Test func givesBackEverythingOfARun() async throws {
        let store = try open(path)
        defer { remove() }
        var full = try record()
        full.priority = JobPriority(9)
        full.requestID = "req"
        full.callbackURL = "https://example.org/hook"
        full.caller = "bank"
        full.trace = TraceContext(traceIDHigh: .max, traceIDLow: 1, spanID: 0xAB, flags: 1, state: "vendor=1")
        full.deadlineAt = Timestamp(milliseconds: 5)
        full.idempotencyKey = "key"
        full.fingerprint = Array(repeating: 9, count: 32)
        try await write(store, .insert(full, nil, document: nil))
        #expect(try store.run(full.id) == .found(full))
        #expect(try store.judgement(of: full.id) == nil)
        full.state = .completed
        full.startedAt = Timestamp(milliseconds: 1)
        full.finishedAt = Timestamp(milliseconds: 2)
        full.attempts = 3
        full.isCancelRequested = true
        full.verdict = false
        full.reasons = [.multipleDocuments, .fioMissing]
        try await write(store, .update(full, .sample(.fioMissing)))
        #expect(try store.run(full.id) == .found(full))
        #expect(try store.judgement(of: full.id) == .sample(.fioMissing))
        store.close()
        let again = try open(path)
        #expect(try again.run(full.id) == .found(full))
        #expect(try again.judgement(of: full.id) == .sample(.fioMissing))
    }

    /// A result is never replaced by another one.
    @Test func neverChangesAnEndedRun() async throws {
        let store = try open(path)
        defer { remove() }
        var run = try record()
        try await write(store, .insert(run, nil, document: nil))
        run.state = .completed
        run.verdict = true
        try await write(store, .update(run, .sample()))
        var other = run
        other.state = .failed
        other.verdict = nil
        try await write(store, .update(other, .sample(.fioMissing)))
        #expect(try store.run(run.id) == .found(run))
        #expect(try store.judgement(of: run.id) == .sample())
    }

    @Test func listsUnfinishedJobsInTheirOrder() async throws {
        let store = try open(path)
        defer { remove() }
        var runs = try (0..<6).map { try record(Int64($0)) }
        runs[1].state = .running
        runs[1].attempts = 2
        runs[2].priority = JobPriority(9)
        runs[3].state = .completed
        runs[4].attempts = 7
        runs[5].kind = .sync
        for run in runs { try await write(store, .insert(run, nil, document: nil)) }
        #expect(try store.unfinishedJobs().map(\.id) == [runs[2], runs[0], runs[1], runs[4]].map(\.id))
    }

    @Test func remembersExpiredRunsForAWhile() async throws {
        let store = try open(path)
        defer { remove() }
        let run = try record(0, state: .failed)
        try await write(store, .insert(run, nil, document: nil))
        #expect(try store.endedRuns(below: RunID(floorOf: run.createdAt), limit: 10).isEmpty)
        let later = RunID(floorOf: run.createdAt.advanced(by: .milliseconds(1)))
        #expect(try store.endedRuns(below: later, limit: 10) == [EndedRun(id: run.id, kind: .job, state: .failed)])
        try await write(store, .expire([run.id], at: Timestamp(milliseconds: 10)))
        #expect(try store.run(run.id) == .expired)
        try await write(store, .forgetExpired(before: Timestamp(milliseconds: 10)))
        #expect(try store.run(run.id) == .expired)
        try await write(store, .forgetExpired(before: Timestamp(milliseconds: 11)))
        #expect(try store.run(run.id) == .unknown)
    }

    /// One change that the store refuses must not cost the others of its batch their commit.
    @Test func failsOnlyTheChangeAtFault() async throws {
        let store = try open(path)
        defer { remove() }
        let runs = try (0..<20).map { try record(Int64($0)) }
        try await write(store, .insert(runs[0], nil, document: nil))
        let results = Mutex<[Int: Bool]>([:])
        await withCheckedContinuation { continuation in
            for (index, run) in runs.enumerated() {
                store.write(.insert(run, nil, document: nil)) { result in
                    let isDone = results.withLock { results in
                        results[index] = (try? result.get()) != nil
                        return results.count == runs.count
                    }
                    if isDone { continuation.resume() }
                }
            }
        }
        #expect(results.withLock { $0.filter { !$0.value }.map(\.key) } == [0])
        for run in runs { #expect(try store.run(run.id) == .found(run)) }
    }

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
        var random = SeededGenerator(seed: seed)
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
            "SELECT run_id FROM run WHERE run_id < ? AND state >= ? ORDER BY run_id LIMIT ?",
            "SELECT state, COUNT(*) FROM run WHERE kind = ? GROUP BY state",
            "SELECT * FROM run WHERE kind = ? AND state IN (?, ?)",
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
