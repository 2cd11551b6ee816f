import Dependencies
import Logging
import Observability
import Synchronization
import TestSupport
import Testing

/// One call of a dependency through everything that stands around it, with time in the test's hand.
struct DependencyTests {
    private struct Fault: DependencyError {
        var kind = DependencyFailure.Kind.transient
        var retryAfter: Duration?
        var dependencyFailure: DependencyFailure {
            DependencyFailure(outcome: "broken", kind: kind, retryAfter: retryAfter)
        }
    }

    private let time = ManualTime()
    private let registry = MetricRegistry(exclusiveLanes: 0)

    private func makeDependency(_ change: (inout Dependency.Configuration) -> Void = { _ in }) -> Dependency {
        var configuration = Dependency.Configuration(name: "shop")
        change(&configuration)
        let telemetry = DependencyTelemetry(
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            unixMilliseconds: { 0 })
        return Dependency(configuration, telemetry: telemetry, environment: time.environment)
    }

    private func options(_ seconds: Int = 60, _ patience: Dependency.Patience = .fewAttempts) -> Dependency.Options {
        var options = Dependency.Options("ask", deadline: time.deadline(.seconds(seconds)))
        options.patience = patience
        return options
    }

    private var exposition: Exposition {
        Exposition(String(decoding: registry.rendered(), as: UTF8.self))
    }

    @Test func aCallThatWorksIsMadeOnceAndTimed() throws {
        let dependency = makeDependency()
        let answer = try dependency.call(options()) { attempt in
            time.advance(.milliseconds(40))
            return attempt.number
        }
        #expect(answer == 1 && dependency.activeCalls == 0 && time.waits.isEmpty)
        let labels = ["dependency": "shop", "outcome": "ok"]
        #expect(exposition.sum("idp_dependency_request_duration_seconds_count", labels) == 1)
        #expect(exposition.sum("idp_dependency_request_duration_seconds_sum", labels) == 0.04)
        #expect(exposition.sum("idp_circuit_breaker_state", ["dependency": "shop", "state": "closed"]) == 1)
    }

    @Test func whatBreaksIsTriedAgainWithJitter() throws {
        let dependency = makeDependency { $0.backoff = Backoff(base: .milliseconds(100), cap: .seconds(5)) }
        var numbers: [Int] = []
        let answer = try dependency.call(options()) { attempt in
            numbers.append(attempt.number)
            if attempt.number < 3 { throw Fault() }
            return "there"
        }
        #expect(answer == "there" && numbers == [1, 2, 3])
        #expect(time.waits == [.milliseconds(50), .milliseconds(100)])
        #expect(exposition.sum("idp_dependency_retries_total") == 2)
        #expect(exposition.sum("idp_dependency_request_duration_seconds_count", ["outcome": "broken"]) == 2)
    }

    @Test(arguments: [DependencyFailure.Kind.permanent, .cancelled])
    func whatWouldFailAgainIsTriedOnce(kind: DependencyFailure.Kind) {
        let dependency = makeDependency()
        for patience in [Dependency.Patience.fewAttempts, .untilDeadline] {
            var attempts = 0
            #expect(throws: Fault.self) {
                try dependency.call(options(60, patience)) { _ in
                    attempts += 1
                    throw Fault(kind: kind)
                }
            }
            #expect(attempts == 1)
        }
        // Such failures say that the dependency works.
        #expect(dependency.circuit == .closed)
    }

    @Test func whatMayNotBeDoneTwiceIsNot() {
        let dependency = makeDependency()
        var attempts = 0
        var options = options(60, .untilDeadline)
        options.isRepeatable = false
        #expect(throws: Fault.self) {
            try dependency.call(options) { _ in
                attempts += 1
                throw Fault()
            }
        }
        #expect(attempts == 1)
    }

    @Test func theOtherSidesRetryAfterIsHonouredWithinTheDeadline() throws {
        let dependency = makeDependency()
        #expect(
            try dependency.call(options()) { attempt in
                if attempt.number == 1 { throw Fault(retryAfter: .seconds(7)) }
                return attempt.number
            } == 2)
        #expect(time.waits == [.seconds(7)])
        #expect(throws: Fault.self) {
            try dependency.call(options(5)) { _ in throw Fault(retryAfter: .seconds(7)) }
        }
        #expect(time.waits == [.seconds(7)])
    }

    @Test func anAttemptHasTheNearerOfItsOwnLimitAndTheCallersDeadline() throws {
        let dependency = makeDependency { $0.attemptTimeout = .seconds(10) }
        let limits = try [60, 3].map { seconds in
            let start = time.now
            return try dependency.call(options(seconds)) { start.duration(to: $0.deadline.instant) }
        }
        #expect(limits == [.seconds(10), .seconds(3)])
        let passed = options(0)
        #expect(throws: Observability.DeadlineExceeded.self) { try dependency.call(passed) { _ in 1 } }
    }

    @Test func aBrokenDependencyIsLeftAloneAndProbed() throws {
        let dependency = makeDependency { $0.attempts = 1 }
        var sent = 0
        for _ in 0..<50 {
            _ = try? dependency.call(options()) { _ in
                sent += 1
                throw Fault()
            }
        }
        #expect(sent == 5 && dependency.circuit == .open)
        #expect(throws: DependencyRefusal.self) { try dependency.call(options()) { _ in 1 } }
        #expect(exposition.sum("idp_dependency_refused_total", ["reason": "circuit"]) == 46)
        #expect(exposition.sum("idp_circuit_breaker_state", ["state": "open"]) == 1)
        time.advance(.seconds(1))
        #expect(try dependency.call(options()) { _ in 1 } == 1)
        #expect(dependency.circuit == .closed)
    }

    @Test func aPatientCallOutlivesAnOutageAndSendsLittle() throws {
        let dependency = makeDependency()
        let back = time.now + .seconds(60)
        var sent = 0
        let answer = try dependency.call(options(300, .untilDeadline)) { attempt in
            sent += 1
            if time.now < back { throw Fault() }
            return attempt.number
        }
        #expect(answer == sent && sent < 40, "\(sent)")
        // Back within ten seconds of the dependency's return.
        #expect(time.now < back + .seconds(10))
    }

    @Test func aPatientCallEndsAtItsDeadlineWithTheLastError() {
        let dependency = makeDependency()
        let end = time.now + .seconds(30)
        #expect(throws: (any Error).self) {
            try dependency.call(options(30, .untilDeadline)) { _ in throw Fault() }
        }
        #expect(time.now <= end)
    }

    @Test func allCallersTogetherRetryWithinTheBudget() {
        let dependency = makeDependency {
            $0.retriesPerSecond = 0
            $0.attempts = 5
            // No time passes: all of it is one window.
            $0.backoff = Backoff(base: .zero, cap: .zero)
            // Never opens: only the budget is looked at.
            $0.breaker.consecutiveFailures = .max
            $0.breaker.callsMin = .max
        }
        var sent = 0
        for _ in 0..<1000 {
            _ = try? dependency.call(options()) { _ in
                sent += 1
                throw Fault()
            }
        }
        #expect(sent > 1000 && sent <= 1200, "\(sent)")
        #expect(exposition.sum("idp_retry_budget_exhausted_total") > 0)
    }

    @Test func moreCallsThanTheBulkheadHoldsAreRefusedAtOnce() {
        let dependency = makeDependency { $0.callsMax = 2 }
        let refused = Mutex<[DependencyRefusal.Reason]>([])
        func nested(_ depth: Int) {
            do {
                try dependency.call(options()) { _ in if depth > 0 { nested(depth - 1) } }
            } catch {
                refused.withLock { $0.append((error as? DependencyRefusal)?.reason ?? .circuit) }
            }
        }
        nested(4)
        #expect(refused.withLock { $0 } == [.bulkhead] && dependency.activeCalls == 0)
    }

    @Test func aCancelledCallStopsWaiting() {
        let dependency = makeDependency()
        let token = CancellationToken()
        var options = options(60, .untilDeadline)
        options.cancellation = token
        var attempts = 0
        #expect(throws: WorkCancelled(reason: .requested)) {
            try dependency.call(options) { _ in
                attempts += 1
                if attempts == 2 { token.cancel(.requested) }
                throw Fault()
            }
        }
        #expect(attempts == 2)
    }

    /// Whatever happens in whatever order, the books balance at the end.
    @Test func anyCourseOfEventsLeavesNoCallBehind() {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0...UInt64.max, using: &random)
        var state = seed
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        let dependency = makeDependency()
        for _ in 0..<2000 {
            let patience: Dependency.Patience = next(2) == 0 ? .fewAttempts : .untilDeadline
            _ = try? dependency.call(options(Int(next(20)) + 1, patience)) { _ in
                time.advance(.milliseconds(Int(next(3000))))
                switch next(6) {
                case 0: throw Fault()
                case 1: throw Fault(kind: .timeout)
                case 2: throw Fault(kind: .overload, retryAfter: .seconds(Int(next(4))))
                case 3: throw Fault(kind: .permanent)
                default: break
                }
            }
        }
        #expect(dependency.activeCalls == 0, "seed \(seed)")
        time.advance(.seconds(60))
        // Half-open lets a probe through, so no admission was lost on the way.
        #expect((try? dependency.call(options()) { _ in 1 }) == 1, "seed \(seed)")
    }
}
