import Foundation
import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

/// Idempotency keys and equal documents.
@Suite(.timeLimit(.minutes(2)))
struct RunServiceRepeatTests {
    private func keyed(_ key: String, _ fingerprint: UInt8 = 1, caller: String? = nil) -> (inout Submission) -> Void {
        { submission in
            submission.idempotencyKey = "/v1/jobs " + key
            submission.fingerprint = Array(repeating: fingerprint, count: 32)
            submission.caller = caller
        }
    }

    @Test func aKeyMakesOneRun() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let first = try await bench.submitted(keyed("a"))
        #expect(first.origin == .new)
        _ = try await bench.end(of: first.record.id)
        let again = try await bench.submitted(keyed("a"))
        #expect(again.origin == .replayed && again.record.id == first.record.id)
        let error = await #expect(throws: ServiceError.self) { try await bench.submitted(keyed("a", 2)) }
        #expect(error?.code == .idempotencyKeyReused)
        #expect(try await bench.submitted(keyed("a", caller: "bank")).origin == .new)
        #expect(try await bench.submitted(keyed("b")).origin == .new)
        #expect(bench.metric("jobs_submitted_total") == 3)
        #expect(bench.metric("idp_idempotency_replays_total{outcome=\"replayed\"}") == 1)
        #expect(bench.metric("idp_idempotency_replays_total{outcome=\"other_payload\"}") == 1)
    }

    @Test func ofManyAtOnceOneMakesTheRun() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let runs = try await withThrowingTaskGroup(of: SubmittedRun.self) { group in
            for _ in 0..<50 { group.addTask { try await bench.submitted(keyed("a")) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(runs.map(\.record.id)).count == 1)
        #expect(runs.count { $0.origin == .new } == 1)
        #expect(try bench.service.list().runs.count == 1)
    }

    @Test func aKeyOutlivesARestart() async throws {
        let folder = RunBench.newFolder()
        let copy = folder + "-next"
        let first: RunID
        do {
            let bench = try RunBench(in: folder) { _ in .sample() }
            try bench.service.start()
            first = try await bench.submit(keyed("a")).id
            _ = try await bench.end(of: first)
            try FileManager.default.copyItem(atPath: folder, toPath: copy)
        }
        let next = try RunBench(in: copy) { _ in .sample() }
        try next.service.start()
        let again = try await next.submitted(keyed("a"))
        #expect(again.origin == .replayed && again.record.id == first)
    }

    /// What was refused before any work is not kept: the key is as good as new.
    @Test func aRefusedSubmissionKeepsNoKey() async throws {
        let isBroken = Mutex(true)
        let sync: @Sendable () throws(ServiceError) -> Void = { () throws(ServiceError) in
            if isBroken.withLock({ $0 }) { throw ServiceError(.storageFull) }
        }
        let bench = try RunBench(syncDocuments: sync) { _ in .sample() }
        try bench.service.start()
        let error = await #expect(throws: ServiceError.self) { try await bench.submit(keyed("a")) }
        #expect(error?.code == .storageFull)
        isBroken.withLock { $0 = false }
        while bench.service.admission(for: .job) != nil { await Task.yield() }
        #expect(try await bench.submitted(keyed("a", 2)).origin == .new)
    }

    /// A caller that has lost its answer gets it also when there is no place for anything new.
    @Test func aRepeatIsAnsweredAlsoWhenTheQueueIsFull() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: [
            "IDP_WORKERS": "1", "IDP_QUEUE_LIMIT": "1", "IDP_INTERACTIVE_SLOTS": "1", "IDP_INTERACTIVE_QUEUE_LIMIT": "1",
        ]) { request throws(ServiceError) in
            if !request.isInteractive { try gate.pass(request.cancellation) }
            return .sample()
        }
        try bench.service.start()
        let called = try await bench.process(keyed("sync"))
        let first = try await bench.submit(keyed("a")).id
        await gate.arrivals(1)
        _ = try await bench.submit(keyed("b"))
        #expect(bench.service.admission(for: .job)?.code == .queueFull)
        #expect(throws: ServiceError.self) { try bench.service.arrival(of: .job, share: "", key: { nil }) }
        for _ in 0..<50 {
            let place = try bench.service.arrival(of: .job, share: "", key: { "/v1/jobs a" })
            // It takes nobody's place.
            #expect(bench.service.uploads(of: .job).count == 0)
            withExtendedLifetime(place) {}
        }
        let again = try await bench.submitted(keyed("a"))
        #expect(again.origin == .replayed && again.record.id == first)
        let new = await #expect(throws: ServiceError.self) { try await bench.submit(keyed("new")) }
        #expect(new?.code == .queueFull && (new?.retryAfter ?? 0) >= 1)

        // The same for calls that wait.
        let admissions = (0..<1000).prefix { _ in bench.service.limiter.admit() != nil }.count
        #expect(admissions < 1000)
        let outcome = await bench.processWithinLimit(try bench.submission(keyed("sync")))
        #expect(outcome.origin == .replayed && outcome.record?.id == called.record?.id)
        let refused = await bench.processWithinLimit(try bench.submission(keyed("other")))
        guard case .failure(let error) = refused.result else { throw Unexpected("taken") }
        #expect(error.code == .serverBusy)
        gate.open()
    }

    @Test func aSynchronousRunThatGoesOnIsInProgress() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample(.docDateTooOld)
        }
        try bench.service.start()
        async let first = bench.process(keyed("a"))
        await gate.arrivals(1)
        for (fingerprint, code) in [(1, ErrorCode.idempotencyInProgress), (2, .idempotencyKeyReused)] {
            let second = try await bench.process(keyed("a", UInt8(fingerprint)))
            guard case .failure(let error) = second.result else { throw Unexpected("ran") }
            #expect(error.code == code)
        }
        gate.open()
        let id = try #require(try await first.record?.id)
        let third = try await bench.process(keyed("a"))
        #expect(third.origin == .replayed && third.record?.id == id && third.record?.verdict == false)
        #expect(third.record?.errorCodes == ["DOC_DATE_TOO_OLD"])
    }

    @Test func aFailedSynchronousRunIsAnsweredWithItsErrorAgain() async throws {
        let bench = try RunBench { _ throws(ServiceError) in throw ServiceError(.documentUnreadable) }
        try bench.service.start()
        let first = try await bench.process(keyed("a"))
        let second = try await bench.process(keyed("a"))
        guard case .failure(let error) = second.result else { throw Unexpected("judged") }
        #expect(error.code == .documentUnreadable)
        #expect(second.origin == .replayed && second.record?.id == first.record?.id)
    }

    /// A caller whose connection broke has no answer: it may ask again.
    @Test func aBrokenOffSynchronousRunKeepsNoKey() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let token = CancellationToken()
        async let first = bench.process(cancellation: token, keyed("a"))
        await gate.arrivals(1)
        token.cancel(.clientGone)
        #expect(try await first.record?.state == .cancelled)
        gate.open()
        let second = try await bench.process(keyed("a"))
        #expect(second.origin == .new && second.record?.state == .completed)
    }

    @Test func equalDocumentsAreOneRunWithinTheWindow() async throws {
        let clock = Mutex(Timestamp(milliseconds: 1_780_000_000_000))
        let bench = try RunBench(environment: ["IDP_DEDUP_WINDOW": "1h"], now: { clock.withLock { $0 } }) { _ in
            .sample()
        }
        try bench.service.start()
        let first = try await bench.submit()
        #expect(try await bench.submitted().origin == .deduplicated)
        #expect(try await bench.submitted { $0.fio = "ахметов Нурлан БОЛАТҰЛЫ" }.record.id == first.id)
        #expect(try await bench.submitted { $0.fio = "Ахметов Нурлан" }.origin == .new)
        #expect(try await bench.submitted { $0.caller = "bank" }.origin == .new)
        _ = try await bench.end(of: first.id)
        let sync = try await bench.process()
        #expect(sync.origin == .deduplicated && sync.record?.id == first.id && sync.record?.verdict == true)
        clock.withLock { $0 = $0.advanced(by: .seconds(3601)) }
        #expect(try await bench.submitted().origin == .new)
    }

    @Test func equalDocumentsAreDifferentRunsUnlessAsked() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let first = try await bench.submitted()
        let second = try await bench.submitted()
        #expect(second.origin == .new && second.record.id != first.record.id)
    }
}
