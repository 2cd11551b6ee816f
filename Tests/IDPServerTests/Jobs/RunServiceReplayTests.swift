import Foundation
import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

/// Dead letters and their replay; deadlines of jobs that wait.
@Suite(.timeLimit(.minutes(2)))
struct RunServiceReplayTests {
    private func replay(_ bench: RunBench, _ id: RunID) async throws -> RunRecord {
        try await withCheckedContinuation { continuation in
            bench.service.replay(id) { continuation.resume(returning: $0) }
        }.get()
    }

    /// A bench whose document ends its workers until the box says false.
    private func poisoned(_ isPoison: Box) throws -> RunBench {
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            if isPoison.value { throw ServiceError(.ocrFailed, workersLost: 2, cause: "workers lost") }
            return .sample()
        }
        try bench.service.start()
        return bench
    }

    @Test func aPoisonousDocumentIsSetAsideAndTheQueueGoesOn() async throws {
        let isPoison = Box(true)
        let bench = try poisoned(isPoison)
        let bad = try await bench.end(of: bench.submit().id)
        #expect(bad.state == .failed && bad.failure == .ocrFailed && bad.deadLetter == .workersLost)
        #expect(bench.metric("idp_jobs_dead_lettered_total{code=\"OCR_FAILED\"}") == 1)
        #expect(bench.metric("jobs_failed_total") == 1)
        isPoison.value = false
        #expect(try await bench.end(of: bench.submit().id).state == .completed)
        #expect(try bench.service.list(RunFilter(isDeadLetter: true)).runs.map(\.id) == [bad.id])
    }

    @Test func aReplayedJobEndsWithItsVerdict() async throws {
        let isPoison = Box(true)
        let bench = try poisoned(isPoison)
        let bad = try await bench.end(of: bench.submit().id)
        isPoison.value = false
        let again = try await replay(bench, bad.id)
        #expect(again.state == .accepted && again.replays == 1 && again.failure == nil && again.deadLetter == nil)
        let end = try await bench.end(of: bad.id)
        #expect(end.state == .completed && end.verdict == true && end.attempts == 1 && end.today == bad.today)
        #expect(try bench.service.judgement(for: bad.id) == .sample())
        let folder = bench.artifacts.folder(bad.id)
        #expect(try bench.text(folder.finalResultPath).contains("true"))
        #expect(try bench.text(folder.jobPath).contains("completed"))
        #expect(try bench.service.list(RunFilter(isDeadLetter: true)).runs.isEmpty)
        #expect(bench.metric("idp_jobs_replayed_total") == 1)
        #expect(bench.metric("idp_jobs{state=\"failed\"}") == 0)
        #expect(bench.metric("idp_job_transitions_total{from=\"failed\",to=\"accepted\"}") == 1)
        let error = await #expect(throws: ServiceError.self) { try await replay(bench, bad.id) }
        #expect(error?.code == .jobNotReplayable)
    }

    @Test func manyReplaysAtOnceAreOne() async throws {
        let isPoison = Box(true)
        let bench = try poisoned(isPoison)
        let bad = try await bench.end(of: bench.submit().id)
        isPoison.value = false
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        _ = try await replay(bench, bad.id)
                    } catch let error as ServiceError {
                        // It has been judged meanwhile.
                        #expect(error.code == .jobNotReplayable)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await bench.end(of: bad.id).replays == 1)
        #expect(bench.metric("idp_jobs_replayed_total") == 1)
    }

    @Test func onlyFailedJobsAreReplayed() async throws {
        let bench = try poisoned(Box(false))
        let done = try await bench.end(of: bench.submit().id)
        let sync = try await bench.process().record
        for id in [done.id, try #require(sync?.id)] {
            let error = await #expect(throws: ServiceError.self) { try await replay(bench, id) }
            #expect(error?.code == .jobNotReplayable)
        }
        let error = await #expect(throws: ServiceError.self) { try await replay(bench, RunID(at: .now())) }
        #expect(error?.code == .jobNotFound)
        #expect(bench.service.jobQueue.reserve())
    }

    @Test func aReplayedJobIsThereAfterARestart() async throws {
        let folder = RunBench.newFolder()
        let copy = folder + "-next"
        let gate = Gate()
        let isPoison = Box(true)
        let id: RunID
        do {
            let bench = try RunBench(in: folder, environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
                if isPoison.value { throw ServiceError(.ocrFailed, workersLost: 2) }
                try gate.pass(request.cancellation)
                return .sample()
            }
            try bench.service.start()
            id = try await bench.end(of: bench.submit().id).id
            isPoison.value = false
            let blocker = try await bench.submit().id
            await gate.arrivals(1)
            #expect(try await replay(bench, id).state == .accepted)
            #expect(bench.service.jobQueue.position(of: id) == 0)
            try FileManager.default.copyItem(atPath: folder, toPath: copy)
            gate.open()
            _ = try await bench.end(of: blocker)
        }
        let next = try RunBench(in: copy) { _ in .sample() }
        try next.service.start()
        let end = try await next.end(of: id)
        #expect(end.state == .completed && end.replays == 1)
    }

    @Test func aJobWhoseDeadlinePassesInTheQueueEndsThen() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let blocker = try await bench.submit()
        await gate.arrivals(1)
        let late = try await bench.submit { $0.timeout = .milliseconds(50) }
        let end = try await bench.end(of: late.id)
        #expect(end.state == .failed && end.failure == .processingTimeout && end.attempts == 0)
        #expect(bench.service.recentRecord(for: blocker.id)?.state == .running)
        #expect(bench.service.jobQueue.depth == 0)
        gate.open()
    }
}

/// A value that tests and judges share.
final class Box: Sendable {
    private let content: Mutex<Bool>

    init(_ value: Bool) { content = Mutex(value) }

    var value: Bool {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
