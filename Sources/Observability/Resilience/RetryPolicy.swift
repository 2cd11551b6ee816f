/// When a failed call is tried again.
public struct RetryPolicy: Sendable {
    /// Attempts in all, the first included; at least 1.
    public var attempts: Int
    /// The waits between them.
    public var backoff: Backoff
    /// Whether an error may go away; the default asks its code.
    public var isRetryable: @Sendable (any Error) -> Bool
    /// What the failing side itself says about when to come back (`Retry-After`). The wait is never shorter.
    public var retryAfter: @Sendable (any Error) -> Duration?
    /// Asked before each attempt but the first; false ends the retries. A `RetryBudget` goes here.
    public var mayRetry: @Sendable () -> Bool
    /// Told of each retry before its wait: for a counter and a log line.
    public var onRetry: @Sendable (RetryEvent) -> Void

    /// A policy; by default 3 attempts of what is retryable by its code.
    public init(
        attempts: Int = 3, backoff: Backoff = Backoff(),
        isRetryable: @escaping @Sendable (any Error) -> Bool = { ServiceError.from($0).code.isRetryable },
        retryAfter: @escaping @Sendable (any Error) -> Duration? = { error in
            ServiceError.from(error).retryAfter.map { .seconds($0) }
        },
        mayRetry: @escaping @Sendable () -> Bool = { true },
        onRetry: @escaping @Sendable (RetryEvent) -> Void = { _ in }
    ) {
        precondition(attempts >= 1, "There is at least one attempt.")
        self.attempts = attempts
        self.backoff = backoff
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
        self.mayRetry = mayRetry
        self.onRetry = onRetry
    }

    /// One attempt, no retry.
    public static let never = RetryPolicy(attempts: 1)

    /// The wait before the next attempt, or nil if the error is final: not retryable, attempts or budget used up, or
    /// the wait would end at or after `deadline`. A pure decision but for `mayRetry`.
    func wait(
        after error: any Error, attempt: Int, now: ContinuousClock.Instant, deadline: Deadline?,
        fraction: () -> Double
    ) -> Duration? {
        guard attempt < attempts, !(error is CancellationError), !(error is WorkCancelled), isRetryable(error) else {
            return nil
        }
        let jittered = backoff.delay(afterAttempt: attempt, fraction: fraction())
        let wait = max(jittered, retryAfter(error) ?? .zero)
        if let deadline, now.advanced(by: wait) >= deadline.instant { return nil }
        return mayRetry() ? wait : nil
    }
}

/// A retry about to happen.
public struct RetryEvent: Sendable {
    /// The attempt that failed, from 1.
    public let failedAttempt: Int
    /// What it failed with.
    public let error: any Error
    /// How long until the next.
    public let wait: Duration
}
