import Dispatch
import Observability
import Synchronization
import TestSupport
import Testing

/// Retries with a clock that is moved by hand and chance that has a seed.
struct RetryTests {
    private struct Failure: Error, Equatable {
        var number = 0
        var isRetryable = true
        var retryAfter: Duration?
    }

    /// A clock that only waiting moves.
    private final class ManualTime: Sendable {
        let start = ContinuousClock.now
        let elapsed = Mutex(Duration.zero)
        let waits = Mutex<[Duration]>([])
        /// What each wait lasts beyond what was asked for.
        let lateness: Duration
        let random: Mutex<SeededRandom>

        init(seed: UInt64 = 1, lateness: Duration = .zero) {
            random = Mutex(SeededRandom(seed))
            self.lateness = lateness
        }

        func advance(_ duration: Duration) { elapsed.withLock { $0 += duration } }

        var environment: RetryEnvironment {
            RetryEnvironment(
                now: { self.start + self.elapsed.withLock { $0 } },
                wait: { duration, _ in self.pass(duration) },
                sleep: { self.pass($0) },
                fraction: { self.random.withLock { Double.random(in: 0..<1, using: &$0) } })
        }

        private func pass(_ duration: Duration) {
            waits.withLock { $0.append(duration) }
            advance(duration + lateness)
        }
    }

    private func policy(_ attempts: Int, _ backoff: Backoff = Backoff()) -> RetryPolicy {
        RetryPolicy(
            attempts: attempts, backoff: backoff, isRetryable: { ($0 as? Failure)?.isRetryable ?? false },
            retryAfter: { ($0 as? Failure)?.retryAfter })
    }

    @Test func succeedsAtTheAttemptThatSucceeds() throws {
        let time = ManualTime()
        var calls = 0
        let value = try retry(policy(5), environment: time.environment) { attempt in
            calls += 1
            #expect(attempt.number == calls)
            if calls < 3 { throw Failure(number: calls) }
            return "done"
        }
        #expect(value == "done" && calls == 3)
        #expect(time.waits.withLock { $0.count } == 2)
    }

    @Test func givesTheLastErrorWhenAttemptsAreUsedUp() {
        let time = ManualTime()
        var calls = 0
        #expect(throws: Failure(number: 4)) {
            try retry(policy(4), environment: time.environment) { _ in
                calls += 1
                throw Failure(number: calls)
            }
        }
    }

    @Test func finalErrorsAreNotRetried() {
        let time = ManualTime()
        var calls = 0
        #expect(throws: Failure(number: 1, isRetryable: false)) {
            try retry(policy(4), environment: time.environment) { _ in
                calls += 1
                throw Failure(number: calls, isRetryable: false)
            }
        }
        #expect(calls == 1 && time.waits.withLock { $0.isEmpty })
    }

    @Test func retryAfterIsTheLeastWait() {
        let time = ManualTime()
        #expect(throws: Failure.self) {
            try retry(policy(2), environment: time.environment) { _ in throw Failure(retryAfter: .seconds(3)) }
        }
        #expect(time.waits.withLock { $0 } == [.seconds(3)])
    }

    @Test func aWaitThatWouldEndBeyondTheDeadlineIsNotBegun() {
        let time = ManualTime()
        let deadline = Deadline(time.start + .seconds(2))
        var calls = 0
        #expect(throws: Failure.self) {
            try retry(policy(9), deadline: deadline, environment: time.environment) { _ in
                calls += 1
                throw Failure(retryAfter: .seconds(2))
            }
        }
        #expect(calls == 1 && time.waits.withLock { $0.isEmpty })
        #expect(throws: DeadlineExceeded.self) {
            try retry(policy(9), deadline: Deadline(time.start), environment: time.environment) { _ in calls += 1 }
        }
        #expect(calls == 1)
    }

    /// The properties, over many seeds: no attempt begins at or after the deadline, and each wait is within its jitter.
    @Test func noAttemptBeginsBeyondTheDeadline() {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("seed \(seed)")
        var random = SeededRandom(seed)
        for _ in 0..<500 {
            let backoff = Backoff(
                base: .milliseconds(Int.random(in: 0...300, using: &random)),
                cap: .milliseconds(Int.random(in: 300...3000, using: &random)))
            let time = ManualTime(
                seed: random.next(), lateness: .milliseconds(Int.random(in: 0...50, using: &random)))
            let deadline = Deadline(time.start + .milliseconds(Int.random(in: 1...5000, using: &random)))
            let attempts = Int.random(in: 1...12, using: &random)
            let work = Duration.milliseconds(Int.random(in: 0...200, using: &random))
            var calls = 0
            _ = try? retry(policy(attempts, backoff), deadline: deadline, environment: time.environment) { _ in
                calls += 1
                #expect(time.environment.now() < deadline.instant)
                time.advance(work)
                throw Failure(number: calls)
            }
            #expect((1...attempts).contains(calls))
            for (index, wait) in time.waits.withLock({ $0 }).enumerated() {
                #expect(wait >= .zero && wait <= backoff.ceiling(afterAttempt: index + 1))
            }
        }
    }

    @Test func ceilingsDoubleUpToTheCapAndNeverOverflow() {
        let backoff = Backoff(base: .milliseconds(100), cap: .seconds(1))
        #expect(
            (1...6).map { backoff.ceiling(afterAttempt: $0) }
                == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(Backoff(base: .seconds(1), cap: .seconds(1 << 61)).ceiling(afterAttempt: 1_000_000) > .seconds(1 << 60))
        #expect(backoff.delay(afterAttempt: 2, fraction: 0.5) == .milliseconds(100))
        #expect(Backoff(base: .zero, cap: .zero).ceiling(afterAttempt: 50) == .zero)
    }

    @Test func theBudgetAndTheObserverAreAsked() {
        let time = ManualTime()
        let allowed = Atomic(2)
        let seen = Mutex<[Int]>([])
        var policy = policy(10)
        policy.mayRetry = { allowed.wrappingSubtract(1, ordering: .relaxed).newValue >= 0 }
        policy.onRetry = { event in seen.withLock { $0.append(event.failedAttempt) } }
        var calls = 0
        #expect(throws: Failure.self) {
            try retry(policy, environment: time.environment) { _ in
                calls += 1
                throw Failure()
            }
        }
        #expect(calls == 3)
        #expect(seen.withLock { $0 } == [1, 2])
    }

    @Test func cancellationEndsALiveWaitAtOnce() {
        let token = CancellationToken()
        let start = ContinuousClock.now
        var policy = policy(3, Backoff(base: .seconds(60), cap: .seconds(60)))
        policy.retryAfter = { _ in .seconds(60) }
        // The hook runs just before the wait, so that the cancellation meets it.
        policy.onRetry = { _ in DispatchQueue(label: "test.cancel").async { token.cancel(.clientGone) } }
        #expect(throws: WorkCancelled(reason: .clientGone)) {
            try retry(policy, cancellation: token) { _ in throw Failure() }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func theAsyncFormDoesTheSame() async throws {
        let time = ManualTime()
        let calls = Mutex(0)
        let value = try await retry(policy(5), environment: time.environment) { attempt in
            await Task.yield()
            let number = calls.withLock { calls -> Int in
                calls += 1
                return calls
            }
            if number < 4 { throw Failure() }
            return attempt.number
        }
        #expect(value == 4)
        let task = Task {
            try await retry(RetryPolicy(attempts: 3, isRetryable: { _ in true }, retryAfter: { _ in .seconds(60) })) {
                _ in throw Failure()
            } as Void
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func byDefaultTheCodeDecides() {
        let time = ManualTime()
        var calls = 0
        #expect(throws: ServiceError.self) {
            try retry(RetryPolicy(), environment: time.environment) { _ in
                calls += 1
                throw ServiceError(.storageFailed)
            }
        }
        #expect(calls == 3)
        calls = 0
        #expect(throws: ServiceError.self) {
            try retry(RetryPolicy(), environment: time.environment) { _ in
                calls += 1
                throw ServiceError(.documentUnreadable)
            }
        }
        #expect(calls == 1)
    }
}
