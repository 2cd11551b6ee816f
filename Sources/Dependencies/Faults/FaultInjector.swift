public import Observability

/// A fault that a load test injects into the calls of a dependency.
public struct InjectedFault: Sendable, Hashable {
    /// What happens.
    public enum Kind: Sendable, Hashable {
        /// The call breaks at once.
        case error
        /// The call begins later.
        case delay(LatencyDistribution)
        /// Nothing comes until the call is given up.
        case hang

        /// The value of the metric's label `fault`.
        public var word: String {
            switch self {
            case .error: "error"
            case .delay: "delay"
            case .hang: "hang"
            }
        }
    }

    /// The dependency's name.
    public var dependency: String
    /// What happens.
    public var kind: Kind
    /// In which part of the calls, above 0 to 1.
    public var rate: Double

    /// A fault.
    public init(dependency: String, kind: Kind, rate: Double) {
        precondition(rate > 0 && rate <= 1, "a rate is above 0 and at most 1")
        self.dependency = dependency
        self.kind = kind
        self.rate = rate
    }
}

/// Injects faults where calls are about to be made, each by its own chance. Thread-safe.
public final class FaultInjector: Sendable {
    /// How an injected fault ends a call.
    public enum Failure: Error, Sendable, Hashable {
        /// At once.
        case broken
        /// When its time had passed.
        case hung
    }

    /// What is injected.
    public let faults: [InjectedFault]
    private let environment: RetryEnvironment
    private let onInjection: @Sendable (InjectedFault) -> Void

    /// - Parameter onInjection: told of each injection, for a metric.
    public init(
        _ faults: [InjectedFault], environment: RetryEnvironment = .live,
        onInjection: @escaping @Sendable (InjectedFault) -> Void = { _ in }
    ) {
        self.faults = faults
        self.environment = environment
        self.onInjection = onInjection
    }

    /// Does to a call of a dependency what chance decides: nothing, a wait, a failure. Blocks the calling thread, never
    /// beyond the deadline.
    ///
    /// - Throws: `Failure`, or `WorkCancelled`.
    public func strike(_ dependency: String, by deadline: Deadline, _ cancellation: CancellationToken?) throws {
        for fault in faults where fault.dependency == dependency && environment.fraction() < fault.rate {
            onInjection(fault)
            let left = max(.zero, environment.now().duration(to: deadline.instant))
            switch fault.kind {
            case .error: throw Failure.broken
            case .delay(let distribution):
                let delay = distribution.quantile(environment.fraction())
                environment.wait(min(delay, left), cancellation)
                try cancellation?.check()
                if delay >= left { throw Failure.hung }
            case .hang:
                environment.wait(left, cancellation)
                try cancellation?.check()
                throw Failure.hung
            }
        }
    }
}
