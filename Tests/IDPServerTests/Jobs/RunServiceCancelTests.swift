import Foundation
import Observability
import Pipeline
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct RunServiceCancelTests {
    @Test func cancelsAQueuedJobAtOnce() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let running = try await bench.submit().id
        await gate.arrivals(1)
        let queued = try await bench.submit().id
        guard case .accepted(let record) = try await bench.cancel(queued) else { throw Unexpected("not accepted") }
        #expect(record.state == .cancelled && record.errorCodes == [] && record.finishedAt != nil)
        #expect(bench.service.jobQueue.depth == 0)
        guard case .ended = try await bench.cancel(queued) else { throw Unexpected("not idempotent") }
        gate.open()
        #expect(try await bench.end(of: running).state == .completed)
        #expect(try bench.store.run(queued) == .found(record))
        #expect(bench.metric("idp_jobs_cancelled_total") == 1)
        let folder = bench.artifacts.folder(queued)
        #expect(try bench.text(folder.jobPath).contains("\"status\":\"cancelled\""))
        #expect(!FileManager.default.fileExists(atPath: folder.finalResultPath))
    }

    @Test func stopsARunningJobAndFreesItsSlot() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            if request.fio == "quick" { return .sample() }
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let id = try await bench.submit().id
        await gate.arrivals(1)
        let begin = ContinuousClock.now
        guard case .accepted = try await bench.cancel(id) else { throw Unexpected("not accepted") }
        #expect(try await bench.end(of: id).state == .cancelled)
        let next = try await bench.submit { $0.fio = "quick" }.id
        #expect(try await bench.end(of: next).state == .completed)
        // Generous for a loaded machine; what is shown is that nothing waits for the gate.
        #expect(begin.duration(to: .now) < .seconds(10))
        #expect(bench.metric("idp_jobs_cancelled_total") == 1)
        #expect(bench.metric("jobs_failed_total") == 0)
    }

    /// Who was told that it will be cancelled must not find a verdict later.
    @Test func keepsACancelThatTheWorkDidNotNotice() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(CancellationToken())
            return .sample()
        }
        try bench.service.start()
        let id = try await bench.submit().id
        await gate.arrivals(1)
        _ = try await bench.cancel(id)
        guard case .found(let stored) = try bench.store.run(id) else { throw Unexpected("not stored") }
        #expect(stored.isCancelRequested)
        gate.open()
        let record = try await bench.end(of: id)
        #expect(record.state == .cancelled && record.verdict == nil)
        #expect(try bench.service.judgement(for: id) == nil)
    }
}
