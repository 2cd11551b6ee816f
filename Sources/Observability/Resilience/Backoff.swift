/// How long to wait between attempts: capped exponential growth with full jitter (a uniform choice between nothing and
/// the ceiling, which spreads callers that failed together). A pure value.
public struct Backoff: Sendable, Hashable {
    /// The ceiling of the first wait.
    public var base: Duration
    /// The highest ceiling.
    public var cap: Duration

    /// 100 ms doubling up to 10 s unless said otherwise.
    public init(base: Duration = .milliseconds(100), cap: Duration = .seconds(10)) {
        precondition(base >= .zero && cap >= base, "A backoff's base is not negative and not above its cap.")
        self.base = base
        self.cap = cap
    }

    /// The longest wait after failed attempt number `attempt` (1 is the first): `min(cap, base · 2^(attempt-1))`.
    public func ceiling(afterAttempt attempt: Int) -> Duration {
        precondition(attempt >= 1, "Attempts count from 1.")
        var ceiling = base
        // Doubling stops at the cap, so it cannot overflow however many attempts there were.
        for _ in 1..<attempt where ceiling < cap { ceiling = ceiling > cap / 2 ? cap : ceiling * 2 }
        return min(ceiling, cap)
    }

    /// The wait after attempt number `attempt`; `fraction` is the jitter, uniform in 0..<1.
    public func delay(afterAttempt attempt: Int, fraction: Double) -> Duration {
        precondition((0..<1).contains(fraction), "A jitter fraction is in 0..<1.")
        return ceiling(afterAttempt: attempt) * fraction
    }
}
