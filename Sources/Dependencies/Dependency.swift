public import Observability
private import Synchronization

// DESIGN: the order in which the values of `Resilience` stand around a call, from the outside in:
//
//   bulkhead      how many callers may be in here at all, waits between attempts included; refuses at once
//   deadline      nothing begins or waits beyond it
//   retry         full jitter, Retry-After, and a budget that all callers of the dependency share
//   limit         adaptive, asked for each attempt: a slow dependency gets fewer at a time
//   breaker       asked for each attempt: while it is open nothing is sent
//   attempt       a deadline of its own, a span, a duration by outcome
//   fault         what a load test injects: to everything above it, it is the dependency's
//
// The limit stands outside of the breaker: a call that it refuses must not be the probe of a half-open one.

/// Another service or store that may be slow, wrong or gone, and what stands between it and its callers. One per
/// dependency and process; every call of it goes through `call`. Thread-safe.
public final class Dependency: Sendable {
    /// How much is asked of it, and how patiently.
    public struct Configuration: Sendable {
        /// A constant word (`s3`, `llm`): the label in metrics and logs.
        public var name: String
        /// Attempts of a call in all.
        public var attempts = 3
        /// How long one attempt may take.
        public var attemptTimeout: Duration = .seconds(10)
        /// Waits between attempts.
        public var backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
        /// When it is kept away from. Its return is noticed within ten seconds also where a patient caller sleeps.
        public var breaker = {
            var breaker = CircuitBreakerStateMachine.Configuration()
            breaker.openMax = .seconds(5)
            return breaker
        }()
        /// How many attempts run at a time.
        public var limit = GradientLimit.Configuration()
        /// How many calls there may be at a time, waits between attempts included.
        public var callsMax = 64
        /// Retries for each call.
        public var retryRatio = 0.2
        /// Retries a second that are allowed without any call.
        public var retriesPerSecond = 10.0

        /// The defaults above.
        public init(name: String) {
            self.name = name
        }
    }

    /// How long a call waits for a dependency that does not work.
    public enum Patience: Sendable, Hashable {
        /// A few attempts; at once no, where the breaker is open: somebody waits for the answer.
        case fewAttempts
        /// Until the deadline, however often it takes: work that can wait and must not be lost.
        case untilDeadline
    }

    /// What a call is, to the machinery around it.
    public struct Options: Sendable {
        /// A constant word for spans and logs (`put`, `chat`).
        public var operation: String
        /// When the caller needs the answer.
        public var deadline: Deadline
        /// How long a failing dependency is waited for.
        public var patience = Patience.fewAttempts
        /// Whether it may be done twice. What may not is tried once.
        public var isRepeatable = true
        /// Ends the call.
        public var cancellation: CancellationToken?
        /// The caller's span.
        public var parent: TraceContext?
        /// What the spans of the attempts say beside the dependency and the outcome.
        public var attributes: [RecordedSpan.Attribute] = []

        /// A call of this name.
        public init(_ operation: String, deadline: Deadline) {
            self.operation = operation
            self.deadline = deadline
        }
    }

    /// One attempt of a call.
    public struct Attempt: Sendable {
        /// From 1.
        public let number: Int
        /// The nearer of the attempt's own limit and the caller's deadline.
        public let deadline: Deadline
        /// What to hand on to the other side: the attempt's span, or the caller's context where none is recorded.
        public let trace: TraceContext?
        /// The attempt's span, if it is recorded.
        public let span: RecordedSpan?
    }

    private let configuration: Configuration
    private let telemetry: DependencyTelemetry
    private let environment: RetryEnvironment
    private let breaker: CircuitBreaker
    private let limiter: ConcurrencyLimiter
    private let budget: RetryBudget
    private let active = Atomic<Int>(0)

    /// A dependency that nothing is known of yet: breaker closed. It shows in the metrics from now on.
    public init(
        _ configuration: Configuration, telemetry: DependencyTelemetry, environment: RetryEnvironment = .live
    ) {
        self.configuration = configuration
        self.telemetry = telemetry
        self.environment = environment
        let name = configuration.name
        breaker = CircuitBreaker(
            configuration.breaker,
            isFailure: { DependencyFailure.of($0).isRetryable },
            now: environment.now,
            onTransition: { telemetry.circuitMoved(name, to: $0) })
        limiter = ConcurrencyLimiter(configuration.limit, now: environment.now)
        budget = RetryBudget(
            ratio: configuration.retryRatio, minimumPerSecond: configuration.retriesPerSecond, now: environment.now)
        telemetry.add(self)
    }

    /// Its name.
    public var name: String { configuration.name }
    /// What its breaker thinks of it.
    public var circuit: CircuitBreakerStateMachine.State { breaker.state }
    /// Attempts that may run at a time now.
    public var concurrencyLimit: Int { limiter.limit }
    /// Calls that run now.
    public var activeCalls: Int { active.load(ordering: .relaxed) }

    /// Calls the dependency: `body` makes one attempt, blocking, and is run as often as the options and the dependency
    /// allow. Blocks the calling thread; never a loop's.
    ///
    /// - Parameter outcome: what a result counts as; a word as in `DependencyFailure.outcome`.
    /// - Throws: the last attempt's error, `DependencyRefusal` where there was none, `DeadlineExceeded` or
    ///   `WorkCancelled`.
    public func call<Result>(
        _ options: Options, outcome: (Result) -> String = { _ in "ok" }, _ body: (Attempt) throws -> Result
    ) throws -> Result {
        guard active.wrappingAdd(1, ordering: .relaxed).newValue <= configuration.callsMax else {
            active.wrappingSubtract(1, ordering: .relaxed)
            throw refusal(.bulkhead, after: .seconds(1))
        }
        defer { active.wrappingSubtract(1, ordering: .relaxed) }
        budget.noteCall()
        var attempts = 0
        var round = 0
        var last: (any Error)?
        while true {
            round += 1
            do {
                return try retry(
                    policy(options), deadline: options.deadline, cancellation: options.cancellation,
                    environment: environment
                ) { _ in
                    try attempt(options, &attempts, outcome, body)
                }
            } catch {
                let failure = DependencyFailure.of(error)
                guard options.patience == .untilDeadline, options.isRepeatable, failure.isRetryable,
                    !(error is DeadlineExceeded)
                else { throw error }
                // A refusal says less than what the dependency itself said before.
                if last == nil || !(error is DependencyRefusal) { last = error }
                try wait(after: last ?? error, failure, round, options, attempts)
            }
        }
    }

    /// Between rounds of a patient call. The first attempt of the next round is a retry, too: the budget must have it.
    private func wait(
        after error: any Error, _ failure: DependencyFailure, _ round: Int, _ options: Options, _ attempts: Int
    ) throws {
        var round = round
        repeat {
            let ceiling = configuration.backoff.delay(afterAttempt: round, fraction: environment.fraction())
            let pause = max(ceiling, failure.retryAfter ?? .zero, .milliseconds(20))
            guard environment.now().advanced(by: pause) < options.deadline.instant else { throw error }
            telemetry.waits(name, options.operation, failure, pause, attempts)
            environment.wait(pause, options.cancellation)
            try options.cancellation?.check()
            round += 1
        } while attempts > 0 && !mayRetry()
        if attempts > 0 { telemetry.retried(name) }
    }

    private func policy(_ options: Options) -> RetryPolicy {
        RetryPolicy(
            attempts: options.isRepeatable ? configuration.attempts : 1, backoff: configuration.backoff,
            // What was refused here is not asked again at once: that is what the refusal is for.
            isRetryable: { !($0 is DependencyRefusal) && DependencyFailure.of($0).isRetryable },
            retryAfter: { DependencyFailure.of($0).retryAfter },
            mayRetry: { self.mayRetry() },
            onRetry: { event in
                self.telemetry.retried(self.name)
                let failure = DependencyFailure.of(event.error)
                self.telemetry.waits(self.name, options.operation, failure, event.wait, event.failedAttempt)
            })
    }

    private func mayRetry() -> Bool {
        if budget.takeRetry() { return true }
        telemetry.budgetExhausted(name)
        return false
    }

    private func attempt<Result>(
        _ options: Options, _ attempts: inout Int, _ outcome: (Result) -> String, _ body: (Attempt) throws -> Result
    ) throws -> Result {
        guard let admission = limiter.admit() else { throw refusal(.limit, after: .milliseconds(100)) }
        var isEntered = false
        do {
            return try breaker.run {
                isEntered = true
                attempts += 1
                return try timed(options, attempts, admission, outcome, body)
            }
        } catch {
            if isEntered { throw error }
            limiter.end(admission, .ignored)
            // Never longer than a breaker stays open at first: others' probes may close it before.
            let seconds = ServiceError.from(error).retryAfter ?? 1
            throw refusal(.circuit, after: .seconds(min(1, seconds)))
        }
    }

    private func timed<Result>(
        _ options: Options, _ number: Int, _ admission: ConcurrencyLimiter.Admission, _ outcome: (Result) -> String,
        _ body: (Attempt) throws -> Result
    ) throws -> Result {
        let start = environment.now()
        let span = telemetry.tracing.startSpan(
            "\(name) \(options.operation)", kind: .client, parent: options.parent, attributes: options.attributes)
        if number > 1 { span?.set("http.request.resend_count", number - 1) }
        let trace = span?.context ?? options.parent
        let deadline = Deadline(min(start.advanced(by: configuration.attemptTimeout), options.deadline.instant))
        func ended(_ word: String, _ end: ConcurrencyLimiter.Outcome) {
            limiter.end(admission, end)
            telemetry.attempted(name, word, start.duration(to: environment.now()), trace)
            if word != "ok" {
                span?.set("error.type", word)
                span?.setStatus(.error(nil))
            }
            span?.end()
        }
        do {
            try strike(by: deadline, options.cancellation)
            let result = try body(Attempt(number: number, deadline: deadline, trace: trace, span: span))
            ended(outcome(result), .answered)
            return result
        } catch {
            let failure = DependencyFailure.of(error)
            switch failure.kind {
            case .timeout, .overload: ended(failure.outcome, .dropped)
            case .transient, .permanent, .cancelled: ended(failure.outcome, .ignored)
            }
            throw error
        }
    }

    /// Injected faults look like a broken connection and like silence.
    private func strike(by deadline: Deadline, _ cancellation: CancellationToken?) throws {
        do {
            try telemetry.faults?.strike(name, by: deadline, cancellation)
        } catch let failure as FaultInjector.Failure {
            throw HTTPDependencyError(failure, dependency: name)
        }
    }

    private func refusal(_ reason: DependencyRefusal.Reason, after wait: Duration) -> DependencyRefusal {
        telemetry.refused(name, reason)
        return DependencyRefusal(dependency: name, reason: reason, retryAfter: wait)
    }
}
