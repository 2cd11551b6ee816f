import Foundation
import Observability
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct RunServiceStorageTests {
    @Test func acceptsNothingWhoseDocumentIsNotDurable() async throws {
        let failure = Mutex<ServiceError?>(ServiceError(.storageFailed, cause: "injected"))
        let bench = try RunBench(syncDocuments: { () throws(ServiceError) in
            if let error = failure.withLock({ $0 }) { throw error }
        }) { _ in .sample() }
        try bench.service.start()
        let error = await #expect(throws: ServiceError.self) { try await bench.submit() }
        #expect(error?.code == .jobSubmitFailed)
        #expect(bench.metric("jobs_submitted_total") == 0)
        #expect(bench.service.readiness().first { $0.name == "store" }?.isPassing == false)
        for queue in bench.service.intake { queue.sync {} }
        #expect(bench.artifacts.days().flatMap { bench.artifacts.runs(on: $0) }.isEmpty)
        #expect(try bench.service.list().runs.isEmpty)
        // The store is tried again once a second; when it works, so does the service.
        failure.withLock { $0 = nil }
        while bench.service.unavailability != nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await bench.end(of: bench.submit().id).state == .completed)
    }

    @Test func saysThatTheDiskIsFull() async throws {
        let bench = try RunBench(syncDocuments: { () throws(ServiceError) in throw ServiceError(.storageFull) }) { _ in
            .sample()
        }
        try bench.service.start()
        let error = await #expect(throws: ServiceError.self) { try await bench.submit() }
        #expect(error?.code == .storageFull)
    }

    @Test func takesNothingBelowTheReserve() async throws {
        let bench = try RunBench(environment: ["IDP_DISK_RESERVE_BYTES": "1000TiB"]) { _ in .sample() }
        try bench.service.start()
        #expect(bench.service.admission(for: .job)?.code == .storageFull)
        #expect(bench.service.admission(for: .sync)?.code == .storageFull)
        #expect(bench.service.readiness().first { $0.name == "disk" }?.isPassing == false)
    }

    @Test func acceptsNothingWhoseFolderCannotBeMade() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let submission = try bench.submission {
            $0.document.move = { _ in throw FileError(call: "rename", path: "x", number: EXDEV) }
        }
        let result = await withCheckedContinuation { continuation in
            bench.service.submit(submission) { continuation.resume(returning: $0) }
        }
        guard case .failure(let error) = result else { throw Unexpected("accepted") }
        #expect(error.code == .jobSubmitFailed && bench.service.jobQueue.reserve())
    }

    /// Durability costs little under load: submissions that come together share flushes and transactions.
    @Test func sharesFlushesAmongSubmissions() async throws {
        // Nothing but submissions shall write: the first job keeps the only slot.
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_QUEUE_LIMIT": "100000", "IDP_WORKERS": "1"]) { request
            throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        _ = try await bench.submit()
        let before = bench.store.statistics
        let each = 10
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask { for _ in 0..<each { _ = try await bench.submit() } }
            }
            try await group.waitForAll()
        }
        let after = bench.store.statistics
        let flushes = after.logFlushes - before.logFlushes + after.documentSyncs - before.documentSyncs
        let perSubmission = Double(flushes) / Double(64 * each)
        print("flushes per submission: \(perSubmission), in \(begin.duration(to: .now))")
        #expect(perSubmission <= 0.1)
        gate.open()
    }

    /// A submission that comes alone is on stable storage after one flush, and no timer had a part in it: also where
    /// the jobs of earlier ones run and end meanwhile.
    @Test func aLoneSubmissionWaitsForOneFlush() async throws {
        let gate = Gate()
        let held = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try held.service.start()
        _ = try await held.submit()
        await gate.arrivals(1)
        let before = held.store.statistics
        for _ in 0..<40 { _ = try await held.submit() }
        let after = held.store.statistics
        #expect(after.documentSyncs - before.documentSyncs == 40)
        #expect(after.logFlushes - before.logFlushes <= 2, "only the first job's start and a sweep may write as well")
        #expect(after.waits == 0)
        gate.open()

        let running = try RunBench { _ in .sample() }
        try running.service.start()
        var last: RunID?
        for _ in 0..<40 { last = try await running.submit().id }
        if let last { _ = try await running.end(of: last) }
        #expect(running.store.statistics.waits == 0)
    }

    /// What people read of a run is there in the end however many came at once, also while its job still waits.
    @Test func jobsThatComeInACrowdAreDescribed() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let ids = try await withThrowingTaskGroup(of: RunID.self) { group in
            for _ in 0..<64 { group.addTask { try await bench.submit().id } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let end = ContinuousClock.now + .seconds(60)
        func undescribed() -> Int {
            ids.count { id in
                let folder = bench.artifacts.folder(id)
                return access(folder.metadataPath, F_OK) != 0 || access(folder.jobPath, F_OK) != 0
            }
        }
        while undescribed() > 0 {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(20))
        }
        gate.open()
        for id in ids { #expect(try await bench.end(of: id).state == .completed) }
        for id in ids { #expect(try bench.text(bench.artifacts.folder(id).jobPath).contains("completed")) }
    }

    /// The control of the benchmark: with batches of one, each submission has a flush of its own.
    @Test func batchesOfOneFlushEachByItself() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_STORE_BATCH": "1", "IDP_WORKERS": "1"]) { request
            throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        _ = try await bench.submit()
        let before = bench.store.statistics
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 { group.addTask { _ = try await bench.submit() } }
            try await group.waitForAll()
        }
        #expect(bench.store.statistics.documentSyncs - before.documentSyncs == 32)
        gate.open()
    }

    @Test func removesRunsAfterTheirRetention() async throws {
        let clock = Mutex(Timestamp(milliseconds: 1_780_000_000_000))
        let bench = try RunBench(environment: ["IDP_RUNS_RETENTION_DAYS": "2"], now: { clock.withLock { $0 } }) {
            _ in .sample()
        }
        try bench.service.start()
        let old = try await bench.end(of: bench.submit().id)
        clock.withLock { $0 = $0.advanced(by: .seconds(3 * 86_400)) }
        let young = try await bench.end(of: bench.submit().id)
        let now = clock.withLock { $0 }
        #expect(bench.service.expireRuns(createdBefore: now.advanced(by: .seconds(-2 * 86_400)), at: now) == 1)
        #expect(bench.service.recentRecord(for: old.id) == nil)
        try await eventually("the removal in the count") { bench.metric("idp_jobs{state=\"completed\"}") == 1 }
        let error = #expect(throws: ServiceError.self) { try bench.service.record(for: old.id) }
        #expect(error?.code == .jobExpired)
        #expect(try bench.service.record(for: young.id) == young)
        #expect(!FileManager.default.fileExists(atPath: bench.artifacts.folder(old.id).dayPath))
        #expect(FileManager.default.fileExists(atPath: bench.artifacts.folder(young.id).path))
    }
}
