internal import Synchronization

/// Keeps calls away from a dependency that fails, and lets probes find out when it is back. One per dependency.
/// Thread-safe.
public final class CircuitBreaker: Sendable {
    /// A change of state, for a metric and a log line.
    public typealias Transition = @Sendable (CircuitBreakerStateMachine.State) -> Void

    private let machine: Mutex<CircuitBreakerStateMachine>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let isFailure: @Sendable (any Error) -> Bool
    private let onTransition: Transition

    /// A closed breaker.
    ///
    /// - Parameters:
    ///   - isFailure: whether an error speaks against the dependency; by default one that is retryable. A refusal of a
    ///     bad request does not.
    ///   - onTransition: told of each change of state, on the thread that caused it.
    public init(
        _ configuration: CircuitBreakerStateMachine.Configuration = .init(),
        isFailure: @escaping @Sendable (any Error) -> Bool = { ServiceError.from($0).code.isRetryable },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        onTransition: @escaping Transition = { _ in }
    ) {
        machine = Mutex(CircuitBreakerStateMachine(configuration, now: now()))
        self.now = now
        self.isFailure = isFailure
        self.onTransition = onTransition
    }

    /// The state now.
    public var state: CircuitBreakerStateMachine.State { machine.withLock { $0.state } }

    /// Calls `operation` if the breaker lets it.
    ///
    /// - Throws: `DEPENDENCY_UNAVAILABLE` with a `Retry-After` while it does not; else what the operation throws.
    public func run<Result>(_ operation: () throws -> Result) throws -> Result {
        let generation = try enter()
        do {
            let result = try operation()
            leave(generation, error: nil)
            return result
        } catch {
            leave(generation, error: error)
            throw error
        }
    }

    /// The form for tasks.
    public func run<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ operation: () async throws -> Result
    ) async throws -> Result {
        let generation = try enter()
        do {
            let result = try await operation()
            leave(generation, error: nil)
            return result
        } catch {
            leave(generation, error: error)
            throw error
        }
    }

    private func enter() throws -> Int {
        let time = now()
        switch changing({ $0.permit(now: time) }) {
        case .allowed(let generation):
            return generation
        case .refused(let retryAfter):
            let seconds = Int(clamping: retryAfter.wholeNanoseconds / 1_000_000_000) + 1
            throw ServiceError(.dependencyUnavailable, retryAfter: seconds, cause: "the circuit is open")
        }
    }

    private func leave(_ generation: Int, error: (any Error)?) {
        let time = now()
        switch error {
        case .none:
            changing { $0.report(success: true, generation: generation, now: time) }
        case .some(let error) where error is CancellationError || error is WorkCancelled:
            changing { $0.reportNothing(generation: generation) }
        case .some(let error):
            let success = !isFailure(error)
            changing { $0.report(success: success, generation: generation, now: time) }
        }
    }

    /// Hands an event to the machine and tells of a change outside the lock.
    private func changing<Value: Sendable>(_ event: (inout CircuitBreakerStateMachine) -> Value) -> Value {
        let (value, changed) = machine.withLock { machine -> (Value, CircuitBreakerStateMachine.State?) in
            let before = machine.state
            let value = event(&machine)
            return (value, machine.state == before ? nil : machine.state)
        }
        if let changed { onTransition(changed) }
        return value
    }
}
