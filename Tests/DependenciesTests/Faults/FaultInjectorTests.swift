import Dependencies
import Logging
import Observability
import OutboundHTTP
import Synchronization
import TestSupport
import Testing

/// Faults that a load test asks for: how often they strike, what they do, and that the machinery takes them for real.
struct FaultInjectorTests {
    private let time = ManualTime()

    /// Numbers one after the other, for what would be chance.
    private func environment(_ numbers: [Double]) -> RetryEnvironment {
        let left = Mutex(numbers)
        var environment = time.environment
        environment.fraction = { left.withLock { $0.isEmpty ? 0.5 : $0.removeFirst() } }
        return environment
    }

    private func injector(_ faults: [InjectedFault], _ numbers: [Double] = []) -> FaultInjector {
        FaultInjector(faults, environment: environment(numbers))
    }

    @Test func strikesByItsRateAndOnlyWhereItIsAimed() throws {
        let faults = injector([.init(dependency: "s3", kind: .error, rate: 0.1)], [0.09, 0.1, 0.9])
        try faults.strike("llm", by: time.deadline(.seconds(1)), nil)
        #expect(throws: FaultInjector.Failure.broken) {
            try faults.strike("s3", by: time.deadline(.seconds(1)), nil)
        }
        try faults.strike("s3", by: time.deadline(.seconds(1)), nil)
        try faults.strike("s3", by: time.deadline(.seconds(1)), nil)
        #expect(time.waits.isEmpty)
    }

    @Test func theRateIsKeptInTheLongRun() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed)
        let hits = Mutex(0)
        var environment = time.environment
        let numbers = Mutex((0..<10_000).map { _ in Double.random(in: 0..<1, using: &random) })
        environment.fraction = { numbers.withLock { $0.removeLast() } }
        let faults = FaultInjector([.init(dependency: "s3", kind: .error, rate: 0.25)], environment: environment) { _ in
            hits.withLock { $0 += 1 }
        }
        for _ in 0..<10_000 { try? faults.strike("s3", by: time.deadline(.seconds(1)), nil) }
        // 2,500 expected; ten standard deviations are 433.
        #expect(abs(hits.withLock { $0 } - 2500) < 433, "seed \(seed)")
    }

    @Test func aDelayIsWaitedForAndEndsWithTheDeadline() throws {
        let faults = injector([.init(dependency: "s3", kind: .delay(.constant(.seconds(2))), rate: 1)])
        try faults.strike("s3", by: time.deadline(.seconds(5)), nil)
        #expect(throws: FaultInjector.Failure.hung) {
            try faults.strike("s3", by: time.deadline(.seconds(1)), nil)
        }
        #expect(time.waits == [.seconds(2), .seconds(1)])
    }

    @Test func aHangLastsUntilTheDeadlineOrTheCancel() throws {
        let faults = injector([.init(dependency: "s3", kind: .hang, rate: 1)])
        #expect(throws: FaultInjector.Failure.hung) {
            try faults.strike("s3", by: time.deadline(.seconds(3)), nil)
        }
        #expect(time.waits == [.seconds(3)])
        let token = CancellationToken()
        token.cancel(.clientGone)
        #expect(throws: WorkCancelled(reason: .clientGone)) {
            try faults.strike("s3", by: time.deadline(.seconds(3)), token)
        }
    }

    @Test func aDependencyTakesThemForItsOwn() throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        // Per attempt a number for the chance, and one between for the pause.
        let faults = injector(
            [.init(dependency: "shop", kind: .error, rate: 0.5)], [0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
        var configuration = Dependency.Configuration(name: "shop")
        configuration.breaker.consecutiveFailures = 3
        let telemetry = DependencyTelemetry(
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            unixMilliseconds: { 0 }, faults: faults)
        let shop = Dependency(configuration, telemetry: telemetry, environment: time.environment)
        let asked = Mutex(0)
        func ask() throws {
            try shop.call(.init("ask", deadline: time.deadline(.seconds(60)))) { _ in asked.withLock { $0 += 1 } }
        }
        // The first attempt breaks, the second is made.
        try ask()
        #expect(asked.withLock { $0 } == 1)
        #expect(throws: HTTPDependencyError.self) { try ask() }
        #expect(shop.circuit == .open, "injected faults count as failures")
        #expect(asked.withLock { $0 } == 1, "nothing went out")
        let counts = Exposition(String(decoding: registry.rendered(), as: UTF8.self))
        let name = "idp_dependency_request_duration_seconds_count"
        #expect(counts.sum(name, ["dependency": "shop", "outcome": "reset"]) == 4)
        #expect(counts.sum(name, ["dependency": "shop", "outcome": "ok"]) == 1)
    }
}
