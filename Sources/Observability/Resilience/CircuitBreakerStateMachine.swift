/// Decides whether a dependency is called: closed (yes), open (no, for a while), half-open (a few probes). Pure: time
/// is given, nothing is done.
public struct CircuitBreakerStateMachine: Sendable {
    /// When it opens, and for how long.
    public struct Configuration: Sendable, Hashable {
        /// Calls that must have ended in the window before a share of failures means anything.
        public var callsMin = 20
        /// The share of failures that opens it.
        public var failureShare = 0.5
        /// Failures in a row that open it however few the calls.
        public var consecutiveFailures = 5
        /// The window that calls are counted in; then the count begins anew.
        public var window: Duration = .seconds(10)
        /// How long it stays open the first time; doubled each time that a probe fails.
        public var openMin: Duration = .seconds(1)
        /// The longest that it stays open, which bounds how late a recovery is noticed.
        public var openMax: Duration = .seconds(8)
        /// Probes that run at a time when half-open, and that must succeed in a row to close it.
        public var probes = 1

        /// The defaults above.
        public init() {}
    }

    /// The states by the names that metrics show.
    public enum State: String, Sendable, CaseIterable {
        case closed, open, halfOpen = "half_open"
    }

    /// What a caller may do.
    public enum Permission: Sendable, Hashable {
        /// Call, and report the outcome with this generation.
        case allowed(generation: Int)
        /// Do not; it can be tried again after this time.
        case refused(retryAfter: Duration)
    }

    /// The state as of the last event.
    public private(set) var state: State = .closed

    private let configuration: Configuration
    // Every change of state begins a new generation; outcomes of calls allowed in an older one say nothing now.
    private var generation = 0
    private var windowStart: ContinuousClock.Instant
    private var calls = 0
    private var failures = 0
    private var failuresInARow = 0
    private var openUntil: ContinuousClock.Instant
    private var openFor: Duration
    private var probesRunning = 0
    private var probesSucceeded = 0

    /// A closed breaker.
    public init(_ configuration: Configuration = Configuration(), now: ContinuousClock.Instant) {
        self.configuration = configuration
        windowStart = now
        openUntil = now
        openFor = configuration.openMin
    }

    /// Asks for a call.
    public mutating func permit(now: ContinuousClock.Instant) -> Permission {
        switch state {
        case .closed:
            return .allowed(generation: generation)
        case .open:
            guard now >= openUntil else { return .refused(retryAfter: now.duration(to: openUntil)) }
            enter(.halfOpen, now)
            probesRunning = 1
            return .allowed(generation: generation)
        case .halfOpen:
            guard probesRunning < configuration.probes else { return .refused(retryAfter: configuration.openMin) }
            probesRunning += 1
            return .allowed(generation: generation)
        }
    }

    /// Reports how a permitted call ended.
    public mutating func report(success: Bool, generation: Int, now: ContinuousClock.Instant) {
        guard generation == self.generation else { return }
        switch state {
        case .closed: reportClosed(success, now)
        case .halfOpen: reportProbe(success, now)
        case .open: break
        }
    }

    /// Reports a permitted call that was given up before it said anything about the dependency (cancelled).
    public mutating func reportNothing(generation: Int) {
        if generation == self.generation, state == .halfOpen { probesRunning -= 1 }
    }

    private mutating func reportClosed(_ success: Bool, _ now: ContinuousClock.Instant) {
        if windowStart.duration(to: now) >= configuration.window {
            windowStart = now
            calls = 0
            failures = 0
        }
        calls += 1
        failures += success ? 0 : 1
        failuresInARow = success ? 0 : failuresInARow + 1
        let isShareReached =
            calls >= configuration.callsMin && Double(failures) >= Double(calls) * configuration.failureShare
        if failuresInARow >= configuration.consecutiveFailures || isShareReached {
            openFor = configuration.openMin
            open(now)
        }
    }

    private mutating func reportProbe(_ success: Bool, _ now: ContinuousClock.Instant) {
        probesRunning -= 1
        guard success else {
            openFor = min(openFor * 2, configuration.openMax)
            return open(now)
        }
        probesSucceeded += 1
        if probesSucceeded >= configuration.probes { enter(.closed, now) }
    }

    private mutating func open(_ now: ContinuousClock.Instant) {
        enter(.open, now)
        openUntil = now.advanced(by: openFor)
    }

    private mutating func enter(_ new: State, _ now: ContinuousClock.Instant) {
        state = new
        generation += 1
        windowStart = now
        calls = 0
        failures = 0
        failuresInARow = 0
        probesRunning = 0
        probesSucceeded = 0
    }
}
