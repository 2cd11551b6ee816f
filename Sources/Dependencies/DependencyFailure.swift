public import Observability

/// What a failed call says about the dependency: whether to try again, whether it speaks against it, how it is counted.
public struct DependencyFailure: Sendable, Hashable {
    /// What kind of failure it was.
    public enum Kind: Sendable, Hashable {
        /// It may go away: a broken connection, an error of the other side. Counts against the dependency.
        case transient
        /// It took too long. Counts against the dependency, and lowers the adaptive limit.
        case timeout
        /// The other side says that it has too much to do. Counts against it, and lowers the adaptive limit.
        case overload
        /// The same call would fail again, and the dependency works: a refusal of what was asked.
        case permanent
        /// Nobody wants the answer any more; says nothing.
        case cancelled
    }

    /// The value of the metric's label `outcome`: a few stable words, never a text of the other side.
    public var outcome: String
    /// What kind of failure it was.
    public var kind: Kind
    /// When the other side wants to be asked again.
    public var retryAfter: Duration?

    /// A failure.
    public init(outcome: String, kind: Kind, retryAfter: Duration? = nil) {
        self.outcome = outcome
        self.kind = kind
        self.retryAfter = retryAfter
    }

    /// Whether another attempt may succeed.
    public var isRetryable: Bool {
        switch kind {
        case .transient, .timeout, .overload: true
        case .permanent, .cancelled: false
        }
    }

    /// What any error says: its own word if it has one, else what its code says.
    public static func of(_ error: any Error) -> DependencyFailure {
        switch error {
        case let known as any DependencyError: return known.dependencyFailure
        case is CancellationError, is WorkCancelled: return DependencyFailure(outcome: "cancelled", kind: .cancelled)
        case is DeadlineExceeded: return DependencyFailure(outcome: "timeout", kind: .timeout)
        default:
            let service = ServiceError.from(error)
            return DependencyFailure(
                outcome: service.code.rawValue.lowercased(), kind: service.isRetryable ? .transient : .permanent,
                retryAfter: service.retryAfter.map { .seconds($0) })
        }
    }
}

/// An error that knows what it says about the dependency that it came from.
public protocol DependencyError: Error {
    /// What it says.
    var dependencyFailure: DependencyFailure { get }
}

/// A call that was not made: the dependency is kept away from, or has all that it may have.
public struct DependencyRefusal: DependencyError, CategorizedError, Hashable {
    /// What refused it, as the metric's label `reason` names it.
    public enum Reason: String, Sendable, CaseIterable {
        /// The circuit breaker is open.
        case circuit
        /// The adaptive limit is reached.
        case limit
        /// The dependency's share of callers is used up.
        case bulkhead
    }

    /// The dependency's name.
    public let dependency: String
    /// What refused it.
    public let reason: Reason
    /// When it is worth another try.
    public let retryAfter: Duration

    /// Transient: nothing was asked, and a later call may be let through.
    public var dependencyFailure: DependencyFailure {
        DependencyFailure(outcome: "refused", kind: .transient, retryAfter: retryAfter)
    }

    /// `DEPENDENCY_UNAVAILABLE` with a `Retry-After`.
    public var serviceError: ServiceError {
        let seconds = Int(retryAfter / .seconds(1)) + 1
        return ServiceError(.dependencyUnavailable, retryAfter: seconds, cause: "\(dependency): \(reason.rawValue)")
    }
}
