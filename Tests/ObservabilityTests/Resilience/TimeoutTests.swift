import Dispatch
import Observability
import Synchronization
import Testing

/// A timeout stops the work; it does not merely stop waiting for it.
struct TimeoutTests {
    @Test func asyncWorkIsCancelledAtTheDeadline() async {
        let wasCancelled = Atomic(false)
        await #expect(throws: DeadlineExceeded.self) {
            try await withTimeout(.after(.milliseconds(20))) {
                do {
                    try await Task.sleep(for: .seconds(60))
                } catch {
                    wasCancelled.store(true, ordering: .relaxed)
                    throw error
                }
            }
        }
        let seen = wasCancelled.load(ordering: .relaxed)
        #expect(seen)
    }

    @Test func asyncResultsAndErrorsComeThrough() async throws {
        struct Own: Error {}
        #expect(try await withTimeout(.after(.seconds(60))) { 7 } == 7)
        await #expect(throws: Own.self) { try await withTimeout(.after(.seconds(60))) { throw Own() } }
        await #expect(throws: DeadlineExceeded.self) { try await withTimeout(.after(.zero)) { 7 } }
    }

    /// Work that listens to its token: here it waits on a group that the token's handler leaves.
    private func blockUntilCancelled(_ token: CancellationToken) throws {
        let group = DispatchGroup()
        group.enter()
        token.whileCancellable(onCancel: { _ in group.leave() }) { group.wait() }
        try token.check()
    }

    @Test func blockingWorkGetsATokenThatTheDeadlineCancels() {
        #expect(throws: DeadlineExceeded.self) {
            try withTimeout(.after(.milliseconds(20))) { _, token in try blockUntilCancelled(token) }
        }
    }

    @Test func theParentsTokenReachesTheWork() {
        let parent = CancellationToken()
        #expect(throws: WorkCancelled(reason: .shutdown)) {
            try withTimeout(.after(.seconds(60)), parent: parent) { _, token in
                parent.cancel(.shutdown)
                try blockUntilCancelled(token)
            }
        }
        #expect(throws: WorkCancelled(reason: .shutdown)) {
            try withTimeout(.after(.seconds(60)), parent: parent) { _, _ in Issue.record("must not begin") }
        }
    }

    @Test func workThatEndsKeepsItsResult() throws {
        let seen = try withTimeout(.after(.seconds(60)), parent: CancellationToken()) { deadline, token in
            #expect(!token.isCancelled && !deadline.hasPassed)
            return 5
        }
        #expect(seen == 5)
        struct Own: Error {}
        #expect(throws: Own.self) { try withTimeout(.after(.seconds(60))) { _, _ in throw Own() } }
    }
}
