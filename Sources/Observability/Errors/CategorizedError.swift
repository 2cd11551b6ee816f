/// An error of a module that knows its code. Each module's error enum conforms, so that one function maps them all.
public protocol CategorizedError: Error {
    /// The code, the caller's message and the log's cause.
    var serviceError: ServiceError { get }
}

extension ServiceError: CategorizedError {
    /// Itself.
    public var serviceError: ServiceError { self }

    /// What any error means to a caller. An error that no module has categorised is `INTERNAL_PROCESSING_ERROR`, with
    /// its type and text as the cause for the log.
    public static func from(_ error: any Error) -> ServiceError {
        switch error {
        case let known as any CategorizedError:
            known.serviceError
        case is CancellationError:
            ServiceError(.clientClosedRequest, cause: "The task was cancelled.")
        default:
            ServiceError(.internalProcessingError, cause: String(reflecting: error))
        }
    }
}
