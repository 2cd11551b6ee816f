/// Thrown where work notices that its token was cancelled.
public struct WorkCancelled: Error, Equatable, CategorizedError {
    /// Why.
    public let reason: CancellationToken.Reason

    /// An error for a token cancelled with `reason`.
    public init(reason: CancellationToken.Reason) {
        self.reason = reason
    }

    /// Nobody reads the answer of a client that is gone or of a run that was cancelled; a stop is said as one.
    public var serviceError: ServiceError {
        switch reason {
        case .clientGone, .requested: ServiceError(.clientClosedRequest, cause: "cancelled: \(reason)")
        case .shutdown: ServiceError(.shuttingDown, cause: "cancelled: \(reason)")
        case .deadline: ServiceError(.processingTimeout, cause: "cancelled: \(reason)")
        }
    }
}

/// Thrown when work did not end by its deadline.
public struct DeadlineExceeded: Error, Equatable, CategorizedError {
    /// An error that says so.
    public init() {}

    /// `PROCESSING_TIMEOUT`; callers that know the stage rethrow with its own code.
    public var serviceError: ServiceError { ServiceError(.processingTimeout, cause: "The deadline passed.") }
}

extension CancellationToken {
    /// Throws `WorkCancelled` if it was cancelled.
    public func check() throws {
        if let reason { throw WorkCancelled(reason: reason) }
    }
}
