/// One try of a retried call.
public struct Attempt: Sendable {
    /// From 1.
    public let number: Int
    /// The caller's deadline: an attempt caps its own limit at it.
    public let deadline: Deadline?
}

/// Calls `operation` until it succeeds, its error is final, or the deadline leaves no room for another attempt; blocks
/// the calling thread in between. Only for work that may be done twice.
///
/// - Throws: the last attempt's error; `DeadlineExceeded` if the deadline had passed before the first attempt;
///   `WorkCancelled` once the token is cancelled.
public func retry<Result>(
    _ policy: RetryPolicy, deadline: Deadline? = nil, cancellation: CancellationToken? = nil,
    environment: RetryEnvironment = .live, _ operation: (Attempt) throws -> Result
) throws -> Result {
    if let deadline, environment.now() >= deadline.instant { throw DeadlineExceeded() }
    var number = 1
    while true {
        try cancellation?.check()
        do {
            return try operation(Attempt(number: number, deadline: deadline))
        } catch {
            try cancellation?.check()
            let wait = policy.wait(
                after: error, attempt: number, now: environment.now(), deadline: deadline,
                fraction: environment.fraction)
            guard let wait else { throw error }
            policy.onRetry(RetryEvent(failedAttempt: number, error: error, wait: wait))
            environment.wait(wait, cancellation)
            // A wait that came back late must not start an attempt beyond the deadline.
            if let deadline, environment.now() >= deadline.instant { throw error }
            number += 1
        }
    }
}

/// The form for tasks: suspends instead of blocking, and ends with `CancellationError` when the task is cancelled.
///
/// - Throws: as the blocking form.
public func retry<Result: Sendable>(
    _ policy: RetryPolicy, deadline: Deadline? = nil, environment: RetryEnvironment = .live,
    isolation: isolated (any Actor)? = #isolation, _ operation: (Attempt) async throws -> Result
) async throws -> Result {
    if let deadline, environment.now() >= deadline.instant { throw DeadlineExceeded() }
    var number = 1
    while true {
        try Task.checkCancellation()
        do {
            return try await operation(Attempt(number: number, deadline: deadline))
        } catch {
            try Task.checkCancellation()
            let wait = policy.wait(
                after: error, attempt: number, now: environment.now(), deadline: deadline,
                fraction: environment.fraction)
            guard let wait else { throw error }
            policy.onRetry(RetryEvent(failedAttempt: number, error: error, wait: wait))
            try await environment.sleep(wait)
            if let deadline, environment.now() >= deadline.instant { throw error }
            number += 1
        }
    }
}
