import Foundation
import Observability
import Pipeline
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

/// The stores that keep `JobStore`'s promises: each test of `JobStoreTests` runs against all of them.
enum StoreKind: CaseIterable {
    case sqlite, postgres

    /// A place for a store of a test's own; nothing is in it yet.
    func place() async throws -> StorePlace {
        switch self {
        case .sqlite:
            let folder = NSTemporaryDirectory() + "store-\(UInt64.random(in: 0 ... .max))"
            return StorePlace(
                open: {
                    try SQLiteJobStore(path: folder + "/jobs.sqlite") {
                        SQLiteJobStore.DocumentSync(sync: {}, coversStore: false)
                    }
                },
                // A leftover in the system's temporary folder if it fails.
                remove: { try? FileManager.default.removeItem(atPath: folder) })
        case .postgres:
            let url = try await PostgresServer.shared().makeDatabase()
            return StorePlace(
                open: { try PostgresJobStore(PostgresConfiguration(url: url, timeout: .seconds(30))) }, remove: {})
        }
    }
}

/// Where a store is: opened any number of times, one after the other.
struct StorePlace {
    var open: () throws -> any JobStore
    var remove: () -> Void
}

extension RunRecord {
    /// A run that came in `index` milliseconds after a fixed moment.
    static func sample(
        _ index: Int64 = 0, kind: RunKind = .job, state: RunState = .accepted
    ) throws -> RunRecord {
        let moment = Timestamp(milliseconds: 1_795_439_258_000 + index)
        var record = RunRecord(
            id: RunID(at: moment), kind: kind, createdAt: moment, fio: "Қасымова Әлия",
            today: try #require(CalendarDate(iso: "2026-11-23")),
            document: RunDocument(fileExtension: "pdf", size: 10, sha256: Array(repeating: 7, count: 32)))
        record.state = state
        return record
    }
}

extension JobStore {
    /// Writes and waits for the commit.
    func written(_ change: StoreWrite) async throws {
        try await withCheckedContinuation { continuation in
            write(change) { continuation.resume(returning: $0) }
        }.get()
    }
}

/// What every store promises, whatever it is made of.
@Suite(.timeLimit(.minutes(2)))
struct JobStoreTests {
    @Test(arguments: StoreKind.allCases) func givesBackEverythingOfARun(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        var full = try RunRecord.sample()
        full.priority = JobPriority(9)
        full.requestID = "req"
        full.callbackURL = "https://example.org/hook"
        full.caller = "bank"
        full.trace = TraceContext(traceIDHigh: .max, traceIDLow: 1, spanID: 0xAB, flags: 1, state: "vendor=1")
        full.deadlineAt = Timestamp(milliseconds: 5)
        full.idempotencyKey = "key"
        full.fingerprint = Array(repeating: 9, count: 32)
        full.share = "192.0.2.7"
        full.contentKey = Array(repeating: 3, count: 32)
        try await store.written(.insert(full, nil, document: nil))
        #expect(try store.run(full.id) == .found(full))
        #expect(try store.judgement(of: full.id) == nil)
        full.state = .completed
        full.startedAt = Timestamp(milliseconds: 1)
        full.finishedAt = Timestamp(milliseconds: 2)
        full.attempts = 3
        full.isCancelRequested = true
        full.verdict = false
        full.reasons = [.multipleDocuments, .fioMissing]
        try await store.written(.update(full, .sample(.fioMissing)))
        #expect(try store.run(full.id) == .found(full))
        #expect(try store.judgement(of: full.id) == .sample(.fioMissing))
        store.close()
        let again = try place.open()
        #expect(try again.run(full.id) == .found(full))
        #expect(try again.judgement(of: full.id) == .sample(.fioMissing))
    }

    /// A result is never replaced by another one.
    @Test(arguments: StoreKind.allCases) func neverChangesAnEndedRun(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        var run = try RunRecord.sample()
        try await store.written(.insert(run, nil, document: nil))
        run.state = .completed
        run.verdict = true
        try await store.written(.update(run, .sample()))
        var other = run
        other.state = .failed
        other.verdict = nil
        // A store may say so, or keep it to itself.
        try? await store.written(.update(other, .sample(.fioMissing)))
        #expect(try store.run(run.id) == .found(run))
        #expect(try store.judgement(of: run.id) == .sample())
    }

    @Test(arguments: StoreKind.allCases) func listsUnfinishedJobsInTheirOrder(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        var runs = try (0..<6).map { try RunRecord.sample(Int64($0)) }
        runs[1].state = .running
        runs[1].attempts = 2
        runs[2].priority = JobPriority(9)
        runs[3].state = .completed
        runs[4].attempts = 7
        runs[5].kind = .sync
        for run in runs { try await store.written(.insert(run, nil, document: nil)) }
        #expect(try store.unfinishedJobs().map(\.id) == [runs[2], runs[0], runs[1], runs[4]].map(\.id))
    }

    @Test(arguments: StoreKind.allCases) func remembersExpiredRunsForAWhile(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        let run = try RunRecord.sample(0, state: .failed)
        try await store.written(.insert(run, nil, document: nil))
        #expect(try store.endedRuns(above: nil, below: RunID(floorOf: run.createdAt), limit: 10).isEmpty)
        let later = RunID(floorOf: run.createdAt.advanced(by: .milliseconds(1)))
        let ended = [EndedRun(id: run.id, kind: .job, state: .failed)]
        #expect(try store.endedRuns(above: nil, below: later, limit: 10) == ended)
        #expect(try store.endedRuns(above: run.id, below: later, limit: 10).isEmpty)
        try await store.written(.expire([run.id], at: Timestamp(milliseconds: 10)))
        #expect(try store.run(run.id) == .expired)
        try await store.written(.forgetExpired(before: Timestamp(milliseconds: 10)))
        #expect(try store.run(run.id) == .expired)
        try await store.written(.forgetExpired(before: Timestamp(milliseconds: 11)))
        #expect(try store.run(run.id) == .unknown)
    }

    @Test(arguments: StoreKind.allCases) func tellsWhichRunsWereRemovedOfLate(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        let records = try (0..<3).map { try RunRecord.sample($0, state: .completed) }
        for record in records { try await store.written(.insert(record, nil, document: nil)) }
        for (number, record) in records.enumerated() {
            try await store.written(.expire([record.id], at: Timestamp(milliseconds: Int64(1000 * number))))
        }
        let ids = records.map(\.id)
        #expect(try store.expiredRuns(since: Timestamp(milliseconds: 0), limit: 10) == ids.reversed())
        #expect(try store.expiredRuns(since: Timestamp(milliseconds: 0), limit: 1) == [ids[2]])
        #expect(try store.expiredRuns(since: Timestamp(milliseconds: 1000), limit: 10) == [ids[2], ids[1]])
        #expect(try store.expiredRuns(since: Timestamp(milliseconds: 2001), limit: 10).isEmpty)
        store.close()
    }

    /// One change that the store refuses must not cost the others of its batch their commit.
    @Test(arguments: StoreKind.allCases) func failsOnlyTheChangeAtFault(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        let runs = try (0..<20).map { try RunRecord.sample(Int64($0)) }
        try await store.written(.insert(runs[0], nil, document: nil))
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

    /// A failed run waits again once for each wish, and never one that was judged.
    @Test(arguments: StoreKind.allCases) func putsOnlyFailedRunsBackInLine(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        var failed = try RunRecord.sample(0)
        var judged = try RunRecord.sample(1)
        for run in [failed, judged] { try await store.written(.insert(run, nil, document: nil)) }
        failed.state = .failed
        failed.attempts = 2
        failed.failure = .ocrFailed
        failed.deadLetter = .workersLost
        judged.state = .completed
        for run in [failed, judged] { try await store.written(.update(run, nil)) }
        #expect(try store.list(RunFilter(isDeadLetter: true), before: nil, limit: 9) == [failed])
        var again = failed
        again.state = .accepted
        again.attempts = 0
        again.failure = nil
        again.deadLetter = nil
        again.replays = 1
        try await store.written(.replay(again))
        #expect(try store.run(failed.id) == .found(again))
        #expect(try store.list(RunFilter(isDeadLetter: true), before: nil, limit: 9).isEmpty)
        #expect(try store.unfinishedJobs() == [again])
        var other = judged
        other.state = .accepted
        // A node that was not told of its replay's success writes it again, and PostgreSQL lets it.
        for run in kind == .postgres ? [other] : [again, other] {
            let error = await #expect(throws: ServiceError.self) { try await store.written(.replay(run)) }
            #expect(error?.code == .jobNotReplayable)
        }
        #expect(try store.run(judged.id) == .found(judged))
    }

    @Test(arguments: StoreKind.allCases) func keepsACallersKeyUnique(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        func run(_ index: Int64, _ key: String?, _ caller: String?) throws -> RunRecord {
            var run = try RunRecord.sample(index)
            run.idempotencyKey = key
            run.fingerprint = [1]
            run.caller = caller
            return run
        }
        var first = try run(0, "/v1/jobs a", nil)
        first.state = .failed
        let others = [
            try run(1, "/v1/jobs a", "bank"), try run(2, "/v1/jobs b", nil), try run(3, nil, nil), try run(4, nil, nil),
        ]
        for run in [first] + others { try await store.written(.insert(run, nil, document: nil)) }
        let error = await #expect(throws: ServiceError.self) {
            try await store.written(.insert(try run(5, "/v1/jobs a", nil), nil, document: nil))
        }
        #expect(error?.code == .idempotencyInProgress)
        #expect(try store.run(matching: .idempotencyKey("/v1/jobs a", caller: nil)) == first)
        #expect(try store.run(matching: .idempotencyKey("/v1/jobs a", caller: "bank")) == others[0])
        #expect(try store.run(matching: .idempotencyKey("/v1/jobs c", caller: nil)) == nil)
        // What has not ended does not expire.
        try await store.written(.expire([others[0].id], at: Timestamp(milliseconds: 10)))
        #expect(try store.run(others[0].id) == .found(others[0]))
        // The key lives as long as its run.
        try await store.written(.expire([first.id], at: Timestamp(milliseconds: 10)))
        #expect(try store.run(matching: .idempotencyKey("/v1/jobs a", caller: nil)) == nil)
        try await store.written(.insert(try run(6, "/v1/jobs a", nil), nil, document: nil))
    }

    @Test(arguments: StoreKind.allCases) func findsTheLatestRunOfAContent(kind: StoreKind) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        let states: [RunState] = [.completed, .accepted, .running, .failed, .cancelled]
        var runs: [RunRecord] = []
        for (index, state) in states.enumerated() {
            var run = try RunRecord.sample(Int64(index), state: state)
            run.contentKey = [7]
            runs.append(run)
            try await store.written(.insert(run, nil, document: nil))
        }
        let start = RunID(floorOf: runs[0].createdAt)
        #expect(try store.run(matching: .content([7], since: start)) == runs[2])
        #expect(try store.run(matching: .content([8], since: start)) == nil)
        #expect(try store.run(matching: .content([7], since: RunID(floorOf: runs[3].createdAt))) == nil)
    }
}
