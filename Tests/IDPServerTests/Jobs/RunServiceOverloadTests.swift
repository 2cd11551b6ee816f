import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

/// More than the service can take: it says so at the head, and takes up again what it can.
@Suite(.timeLimit(.minutes(2)))
struct RunServiceOverloadTests {
    @Test func withoutMemoryNothingIsTaken() async throws {
        let free = Mutex(10)
        let bench = try RunBench(
            environment: ["IDP_MEMORY_RESERVE_BYTES": "1MiB"], availableMemory: { free.withLock { $0 } }
        ) { _ in .sample() }
        try bench.service.start()
        for kind in [RunKind.job, .sync] {
            let refusal = try #require(bench.service.admission(for: kind))
            #expect(refusal.code.httpStatus == 503)
            #expect((refusal.retryAfter ?? 0) >= 1)
        }
        #expect(bench.service.readiness().first { $0.name == "memory" }?.isPassing == false)
        #expect(bench.metric("idp_requests_shed_total{reason=\"DEPENDENCY_UNAVAILABLE\"}") == 2)
        free.withLock { $0 = 8 << 20 }
        // Asked once a second.
        let end = ContinuousClock.now + .seconds(10)
        while bench.service.admission(for: .job) != nil {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(20))
        }
        let failing = bench.service.readiness().filter { !$0.isPassing }
        #expect(failing.isEmpty)
    }

    @Test func bodiesOnTheirWayTakePlaces() throws {
        let bench = try RunBench(
            environment: [
                "IDP_WORKERS": "1", "IDP_QUEUE_LIMIT": "1", "IDP_INTERACTIVE_SLOTS": "1",
                "IDP_INTERACTIVE_QUEUE_LIMIT": "1",
            ]
        ) { _ in .sample() }
        try bench.service.start()
        for (kind, code) in [(RunKind.job, ErrorCode.queueFull), (.sync, .serverBusy)] {
            var arriving: [UploadPlace] = []
            for _ in 0..<2 {
                #expect(bench.service.admission(for: kind) == nil)
                arriving.append(bench.service.uploads(of: kind).take())
            }
            #expect(bench.service.admission(for: kind)?.code == code)
            arriving.removeLast()
            #expect(bench.service.admission(for: kind) == nil)
        }
        #expect(bench.metric("idp_requests_shed_total{reason=\"QUEUE_FULL\"}") == 1)
        #expect(bench.metric("idp_requests_shed_total{reason=\"SERVER_BUSY\"}") == 1)
    }

    @Test func callsThatTimeOutBringTheLimitDownToTheSlots() async throws {
        let bench = try RunBench(
            environment: ["IDP_INTERACTIVE_SLOTS": "2", "IDP_INTERACTIVE_QUEUE_LIMIT": "10"]
        ) { _ throws(ServiceError) in throw ServiceError(.processingTimeout) }
        try bench.service.start()
        #expect(bench.metric("idp_concurrency_limit{pool=\"process\"}") == 14)
        for _ in 0..<30 {
            let submission = try bench.submission()
            _ = await withCheckedContinuation { continuation in
                bench.service.processWithinLimit(
                    submission, deadline: .after(.seconds(20)), cancellation: CancellationToken()
                ) { continuation.resume(returning: $0) }
            }
        }
        #expect(bench.service.limiter.limit == 2)
        #expect(bench.service.limiter.running == 0)
        #expect(bench.service.admission(for: .sync) == nil)
        let arriving = (0..<2).map { _ in bench.service.uploads(of: .sync).take() }
        #expect(bench.service.admission(for: .sync)?.code == .serverBusy)
        withExtendedLifetime(arriving) {}
        #expect(bench.metric("idp_concurrency_limit{pool=\"process\"}") == 2)
    }
}
