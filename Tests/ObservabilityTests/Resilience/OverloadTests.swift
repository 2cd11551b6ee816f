@testable import Observability
import Synchronization
import Testing

/// Budget, breaker and limiter: pure machines with a clock moved by hand.
struct OverloadTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// How many of twenty retries the budget grants.
    private func granted(_ budget: inout RetryBudgetState, _ now: ContinuousClock.Instant) -> Int {
        var count = 0
        for _ in 0..<20 where budget.withdraw(at: now) { count += 1 }
        return count
    }

    @Test func aBudgetIsAShareOfTheCallsAndAFixedRate() {
        var budget = RetryBudgetState(ratio: 0.2, minimumPerSecond: 0, start: start)
        #expect(granted(&budget, at(0)) == 0)
        for _ in 0..<50 { budget.deposit(at: at(1)) }
        #expect(granted(&budget, at(2)) == 10)
        // What was earned and what was spent both age out after ten seconds.
        #expect(granted(&budget, at(10.5)) == 0)
        for _ in 0..<50 { budget.deposit(at: at(11)) }
        #expect(granted(&budget, at(13)) == 10)
        #expect(granted(&budget, at(1000)) == 0)
        var fixed = RetryBudgetState(ratio: 0, minimumPerSecond: 1, start: start)
        #expect(granted(&fixed, at(5)) == 10)
        #expect(granted(&fixed, at(14.9)) == 0)
        #expect(granted(&fixed, at(15)) == 10)
    }

    /// The bar: a dead dependency makes at most a fifth more load.
    @Test func retriesOfADeadDependencyStayWithinTheBudget() {
        let budget = RetryBudget(ratio: 0.2, minimumPerSecond: 0)
        let environment = RetryEnvironment(
            now: { ContinuousClock.now }, wait: { _, _ in }, sleep: { _ in }, fraction: { 0 })
        let policy = RetryPolicy(
            attempts: 5, isRetryable: { _ in true }, retryAfter: { _ in nil }, mayRetry: { budget.takeRetry() })
        var calls = 0
        for _ in 0..<1000 {
            budget.noteCall()
            _ = try? retry(policy, environment: environment) { _ in
                calls += 1
                throw DeadlineExceeded()
            }
        }
        #expect((1000...1200).contains(calls), "\(calls)")
    }

    @Test func aBreakerOpensProbesAndCloses() {
        var breaker = CircuitBreakerStateMachine(now: start)
        for _ in 0..<5 { breaker.report(success: false, generation: 0, now: at(0)) }
        #expect(breaker.state == .open)
        #expect(breaker.permit(now: at(0.25)) == .refused(retryAfter: .milliseconds(750)))
        // One probe at a time; its failure opens for twice as long.
        guard case .allowed(let probe) = breaker.permit(now: at(1)) else { return #expect(Bool(false)) }
        #expect(breaker.state == .halfOpen)
        #expect(breaker.permit(now: at(1)) == .refused(retryAfter: .seconds(1)))
        // The late outcome of a call from before says nothing.
        breaker.report(success: true, generation: 0, now: at(1))
        #expect(breaker.state == .halfOpen)
        breaker.report(success: false, generation: probe, now: at(1))
        #expect(breaker.state == .open)
        #expect(breaker.permit(now: at(2.5)) == .refused(retryAfter: .milliseconds(500)))
        guard case .allowed(let next) = breaker.permit(now: at(3)) else { return #expect(Bool(false)) }
        // A probe that was cancelled makes room for another one.
        breaker.reportNothing(generation: next)
        guard case .allowed(let last) = breaker.permit(now: at(3)) else { return #expect(Bool(false)) }
        breaker.report(success: true, generation: last, now: at(3))
        #expect(breaker.state == .closed)
    }

    @Test func aShareOfFailuresOpensIt() {
        var breaker = CircuitBreakerStateMachine(now: start)
        for call in 0..<18 { breaker.report(success: call.isMultiple(of: 2), generation: 0, now: at(0)) }
        #expect(breaker.state == .closed)
        breaker.report(success: true, generation: 0, now: at(1))
        breaker.report(success: false, generation: 0, now: at(1))
        #expect(breaker.state == .open)
        var calm = CircuitBreakerStateMachine(now: start)
        for call in 0..<1000 {
            calm.report(success: call % 10 > 0, generation: 0, now: at(Double(call) / 10))
        }
        #expect(calm.state == .closed)
    }

    @Test func theBreakersShellRefusesAndTells() async throws {
        let time = Mutex(start)
        let seen = Mutex<[CircuitBreakerStateMachine.State]>([])
        let breaker = CircuitBreaker(
            now: { time.withLock { $0 } }, onTransition: { state in seen.withLock { $0.append(state) } })
        for _ in 0..<10 { _ = try? breaker.run { throw ServiceError(.validationError) } }
        #expect(breaker.state == .closed)
        for _ in 0..<5 { _ = try? breaker.run { throw ServiceError(.storageFailed) } }
        let refusal = #expect(throws: ServiceError.self) {
            try breaker.run { Issue.record("must not be called") }
        }
        #expect(refusal?.code == .dependencyUnavailable && refusal?.retryAfter == 2)
        time.withLock { $0 += .seconds(1) }
        let probed = try await breaker.run { () async -> Int in
            await Task.yield()
            return 7
        }
        #expect(probed == 7)
        #expect(seen.withLock { $0 } == [.open, .halfOpen, .closed])
    }

    @Test func theLimitFollowsLatency() {
        var limit = GradientLimit()
        for _ in 0..<500 { limit.note(seconds: 0.1, running: limit.current) }
        let grown = limit.current
        #expect(grown > 8)
        for _ in 0..<30 { limit.note(seconds: 1, running: limit.current) }
        #expect(limit.current < grown / 2, "\(limit.current) of \(grown)")
        for _ in 0..<2000 { limit.note(seconds: 0.1, running: limit.current) }
        #expect(limit.current >= grown / 2)
        let before = limit.current
        for _ in 0..<100 { limit.note(seconds: 0.1, running: 0) }
        #expect(limit.current == before)
        for _ in 0..<1000 { limit.noteDrop() }
        #expect(limit.current == 1)
    }

    @Test func theLimiterNeverAdmitsBeyondItsLimit() throws {
        var configuration = GradientLimit.Configuration()
        configuration.initial = 3
        let limiter = ConcurrencyLimiter(configuration)
        let admitted = (0..<10).compactMap { _ in limiter.admit() }
        #expect(admitted.count == 3 && limiter.running == 3)
        limiter.end(admitted[0], .ignored)
        #expect(limiter.admit() != nil && limiter.admit() == nil)
    }
}
