import Foundation
import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct RunServiceDrainTests {
    /// Runs the blocking drain away from the cooperative pool.
    private func drain(_ bench: RunBench, in duration: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: bench.service.drain(by: .after(duration))) }
        }
    }

    @Test func handsBackWhatCannotFinishInTime() async throws {
        let gate = Gate()
        let folder = RunBench.newFolder()
        let copy = folder + "-next"
        var ids: [RunID] = []
        do {
            let bench = try RunBench(in: folder, environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
                try gate.pass(request.cancellation)
                return .sample()
            }
            try bench.service.start()
            for _ in 0..<3 { ids.append(try await bench.submit().id) }
            try await bench.reach(.running, ids[0])
            await gate.arrivals(1)
            #expect(await drain(bench, in: .seconds(4)))
            #expect(bench.metric("idp_jobs_handed_back_total") == 1)
            #expect(bench.service.readiness().first { $0.name == "draining" }?.isPassing == false)
            let error = await #expect(throws: ServiceError.self) { try await bench.submit() }
            #expect(error?.code == .shuttingDown)
            try FileManager.default.copyItem(atPath: folder, toPath: copy)
        }
        let next = try RunBench(in: copy) { _ in .sample() }
        try next.service.start()
        for id in ids { #expect(try await next.end(of: id).state == .completed) }
        #expect(try next.service.record(for: ids[0]).attempts == 2)
        #expect(next.metric("jobs_completed_total") == 3)
    }

    @Test func letsRunningWorkFinish() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let job = try await bench.submit().id
        async let sync = bench.process()
        await gate.arrivals(2)
        async let isDone = drain(bench, in: .seconds(20))
        while bench.service.admission(for: .sync)?.code != .shuttingDown { await Task.yield() }
        gate.open()
        #expect(await isDone)
        #expect(try await sync.record?.state == .completed)
        #expect(bench.service.recentRecord(for: job)?.state == .completed)
    }

    @Test func tellsWaitingCallersThatItStops() async throws {
        let gate = Gate()
        let environment = ["IDP_INTERACTIVE_SLOTS": "1", "IDP_WORKERS": "1"]
        let bench = try RunBench(environment: environment) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        async let running = bench.process()
        await gate.arrivals(1)
        async let waiting = bench.process()
        while bench.service.interactiveQueue.depth < 1 { await Task.yield() }
        #expect(await drain(bench, in: .seconds(4)))
        for outcome in try await [running, waiting] {
            guard case .failure(let error) = outcome.result else { throw Unexpected("judged") }
            #expect(error.code == .shuttingDown)
        }
    }

    @Test func letsLongPollsGo() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let id = try await bench.submit().id
        try await bench.reach(.running, id)
        let begin = ContinuousClock.now
        async let record = withCheckedContinuation { continuation in
            bench.service.waitForChange(of: id, from: .running, by: .after(.seconds(60))) {
                continuation.resume(returning: $0)
            }
        }
        while !bench.service.index.isWatched(id) { await Task.yield() }
        bench.service.announceStop()
        #expect(await record?.state == .running)
        #expect(begin.duration(to: .now) < .seconds(30))
        gate.open()
        _ = try await bench.end(of: id)
    }
}
