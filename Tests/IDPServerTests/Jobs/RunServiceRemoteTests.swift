import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

/// Runs whose folders are kept beside this machine as well.
@Suite(.timeLimit(.minutes(2)))
struct RunServiceRemoteTests {
    /// Storage that does what a test says.
    private final class FakeRemote: RemoteArtifacts {
        struct State {
            var refusal: ServiceError?
            var stored: [RunID] = []
            var followed: [RunID: RunState] = [:]
            var removed: [RunID] = []
        }

        let state = Mutex(State())

        func store(_ record: RunRecord, _ folder: RunFolder) throws(ServiceError) {
            if let refusal = state.withLock({ $0.refusal }) { throw refusal }
            state.withLock { $0.stored.append(record.id) }
        }

        func fetchDocument(
            of record: RunRecord, by deadline: Deadline, cancellation: CancellationToken?
        ) throws(ServiceError) {
            throw ServiceError(.dependencyUnavailable)
        }

        func hasDocument(_ record: RunRecord) -> Bool { state.withLock { $0.stored.contains(record.id) } }
        func follow(_ record: RunRecord) { state.withLock { $0.followed[record.id] = record.state } }
        func remove(_ id: RunID) { state.withLock { $0.removed.append(id) } }
        func sweep(before day: String, isKnown: (RunID) -> Bool) {}
        var failure: String? { state.withLock { $0.refusal == nil ? nil : "refuses" } }
        func probe() {}
        func drain(by deadline: Deadline) -> Bool { true }
    }

    @Test func aJobsDocumentIsThereBeforeItIsAccepted() async throws {
        let remote = FakeRemote()
        let bench = try RunBench(remote: remote) { _ in .sample() }
        try bench.service.start()
        let run = try await bench.submit()
        #expect(remote.state.withLock { $0.stored } == [run.id])
        #expect(try await bench.end(of: run.id).state == .completed)
        while remote.state.withLock({ $0.followed[run.id] }) != .completed {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test(arguments: [ErrorCode.dependencyUnavailable, .storageFailed])
    func whatTheStorageRefusesIsNoJobAndHurtsNothingElse(code: ErrorCode) async throws {
        let remote = FakeRemote()
        remote.state.withLock { $0.refusal = ServiceError(code, retryAfter: 3) }
        let bench = try RunBench(remote: remote) { _ in .sample() }
        try bench.service.start()
        let error = await #expect(throws: ServiceError.self) { try await bench.submit() }
        #expect(error?.code == code && error?.retryAfter == 3)
        #expect(try bench.service.list().runs.isEmpty)
        #expect(bench.artifacts.days().flatMap { bench.artifacts.runs(on: $0) }.isEmpty)
        while remote.state.withLock({ $0.removed.isEmpty }) { try await Task.sleep(for: .milliseconds(10)) }
        // The store is well, a verdict can be had, and `/ready` says what is wrong.
        let checks = bench.service.readiness()
        #expect(checks.first { $0.name == "store" }?.isPassing == true)
        #expect(checks.first { $0.name == "artifacts" }?.isPassing == false)
        #expect(try await bench.process().record?.state == .completed)
        remote.state.withLock { $0.refusal = nil }
        #expect(try await bench.end(of: bench.submit().id).state == .completed)
    }
}
