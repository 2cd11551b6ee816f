internal import Synchronization

/// Bounds the extra load that retries make: a share of the recent calls and a small fixed rate (Finagle's budget). One
/// per dependency, shared by all its callers. Thread-safe.
public final class RetryBudget: Sendable {
    private let state: Mutex<RetryBudgetState>
    private let now: @Sendable () -> ContinuousClock.Instant

    /// A budget of 20 % of the calls of the last 10 seconds and 10 retries a second, unless said otherwise.
    public init(
        ratio: Double = 0.2, minimumPerSecond: Double = 10,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        state = Mutex(RetryBudgetState(ratio: ratio, minimumPerSecond: minimumPerSecond, start: now()))
        self.now = now
    }

    /// Notes a first attempt, which earns a share of a retry.
    public func noteCall() {
        let time = now()
        state.withLock { $0.deposit(at: time) }
    }

    /// Takes one retry out of the budget; false if there is none. For `RetryPolicy.mayRetry`.
    public func takeRetry() -> Bool {
        let time = now()
        return state.withLock { $0.withdraw(at: time) }
    }
}

/// The budget's arithmetic: a ring of seconds.
struct RetryBudgetState: Sendable {
    private static let windowSeconds = 10

    /// Retries that a call earns.
    let ratio: Double
    /// Retries that are there without any call.
    let minimumPerSecond: Double
    private let start: ContinuousClock.Instant
    private var seconds = [(calls: Int, retries: Int)](repeating: (0, 0), count: windowSeconds)
    private var current: Int64 = 0

    /// A budget whose seconds count from `start`.
    init(ratio: Double, minimumPerSecond: Double, start: ContinuousClock.Instant) {
        precondition(ratio >= 0 && minimumPerSecond >= 0, "A budget is not negative.")
        self.ratio = ratio
        self.minimumPerSecond = minimumPerSecond
        self.start = start
    }

    /// Notes a call.
    mutating func deposit(at now: ContinuousClock.Instant) {
        advance(to: now)
        seconds[slot(current)].calls += 1
    }

    /// Takes a retry, if there is one.
    mutating func withdraw(at now: ContinuousClock.Instant) -> Bool {
        advance(to: now)
        let calls = seconds.reduce(0) { $0 + $1.calls }
        let retries = seconds.reduce(0) { $0 + $1.retries }
        let allowed = Double(calls) * ratio + minimumPerSecond * Double(Self.windowSeconds)
        guard Double(retries + 1) <= allowed else { return false }
        seconds[slot(current)].retries += 1
        return true
    }

    private mutating func advance(to now: ContinuousClock.Instant) {
        let second = max(start.duration(to: now).components.seconds, current)
        for passed in 1...Int64(Self.windowSeconds) where current + passed <= second {
            seconds[slot(current + passed)] = (0, 0)
        }
        current = second
    }

    private func slot(_ second: Int64) -> Int { Int(second % Int64(Self.windowSeconds)) }
}
