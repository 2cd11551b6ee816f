import Foundation
import Observability
import Pipeline
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct RunServiceProcessTests {
    @Test func judgesWhileTheCallerWaits() async throws {
        let bench = try RunBench { request in
            request.isInteractive ? .sample(.fioMismatch) : .sample()
        }
        try bench.service.start()
        let outcome = try await bench.process()
        #expect(try outcome.result.get() == .sample(.fioMismatch))
        let record = try #require(outcome.record)
        #expect(record.kind == .sync && record.state == .completed && record.verdict == false)
        #expect(try bench.service.record(for: record.id) == record)
        #expect(try bench.store.run(record.id) == .found(record))
        #expect(try bench.service.judgement(for: record.id) == .sample(.fioMismatch))
        #expect(bench.metric("jobs_submitted_total") == 0)
        #expect(bench.metric("jobs_completed_total") == 0)
        #expect(bench.metric("idp_runs_total{verdict=\"false\",code=\"FIO_MISMATCH\"}") == 1)
        let result = try bench.text(bench.artifacts.folder(record.id).finalResultPath)
        #expect(result == "{\"errors\":[{\"code\":\"FIO_MISMATCH\"}],\"run_id\":\"\(record.id)\",\"verdict\":false}")
    }

    @Test func givesAFailedRunItsRecord() async throws {
        let bench = try RunBench { _ throws(ServiceError) in throw ServiceError(.tooManyPages) }
        try bench.service.start()
        let outcome = try await bench.process()
        #expect(throws: ServiceError.self) { try outcome.result.get() }
        let record = try #require(outcome.record)
        #expect(record.state == .failed && record.errorCodes == ["TOO_MANY_PAGES"])
        #expect(bench.metric("jobs_failed_total") == 0)
    }

    @Test func doesNotWaitBehindJobs() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            if !request.isInteractive { try gate.pass(request.cancellation) }
            return .sample()
        }
        try bench.service.start()
        var ids: [RunID] = []
        for _ in 0..<5 { ids.append(try await bench.submit().id) }
        await gate.arrivals(1)
        #expect(try await bench.process().record?.state == .completed)
        gate.open()
        for id in ids { _ = try await bench.end(of: id) }
    }

    @Test func refusesWhenAllSlotsAndPlacesAreTaken() async throws {
        let gate = Gate()
        let environment = ["IDP_INTERACTIVE_SLOTS": "1", "IDP_INTERACTIVE_QUEUE_LIMIT": "1"]
        let bench = try RunBench(environment: environment) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        async let first = bench.process()
        await gate.arrivals(1)
        let gone = CancellationToken()
        async let second = bench.process(cancellation: gone)
        while bench.service.interactiveQueue.depth < 1 { await Task.yield() }
        let refused = try await bench.process()
        guard case .failure(let error) = refused.result else { throw Unexpected("taken") }
        #expect(error.code == .serverBusy && (error.retryAfter ?? 0) >= 1 && refused.record == nil)
        // A caller who has gone gives his place away, and is still answered.
        gone.cancel(.clientGone)
        async let third = bench.process()
        guard case .failure(let left) = try await second.result else { throw Unexpected("ran") }
        #expect(left.code == .clientClosedRequest)
        gate.open()
        #expect(try await first.record?.state == .completed)
        #expect(try await third.record?.state == .completed)
    }

    @Test func stopsForAClientThatGoesAway() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let token = CancellationToken()
        async let outcome = bench.process(cancellation: token)
        await gate.arrivals(1)
        token.cancel(.clientGone)
        guard case .failure(let error) = try await outcome.result else { throw Unexpected("judged") }
        #expect(error.code == .clientClosedRequest)
        #expect(try await outcome.record?.state == .cancelled)
    }

    @Test func answersAtOnceWhenTheDeadlineHasPassed() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let outcome = try await bench.process(deadline: .after(.zero))
        guard case .failure(let error) = outcome.result else { throw Unexpected("judged") }
        #expect(error.code == .processingTimeout)
        #expect(outcome.record?.state == .failed)
    }
}
