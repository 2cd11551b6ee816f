/// The one registry of error codes: what callers, jobs, callbacks, logs and metrics may see.
///
/// A code is stable: its raw value is part of the API and never changes meaning. What goes with a code (status, title,
/// whether a retry can help) stands here and nowhere else; `httpError(_:)` is the one way from a code to an answer.
public enum ErrorCode: String, CaseIterable, Sendable, Codable {
    case badRequest = "BAD_REQUEST"
    case unsupportedFileType = "UNSUPPORTED_FILE_TYPE"
    case uploadReadFailed = "UPLOAD_READ_FAILED"
    case unauthorized = "UNAUTHORIZED"
    case forbidden = "FORBIDDEN"
    case notFound = "NOT_FOUND"
    case jobNotFound = "JOB_NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case requestTimeout = "REQUEST_TIMEOUT"
    case idempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS"
    case jobNotCancellable = "JOB_NOT_CANCELLABLE"
    case jobNotReplayable = "JOB_NOT_REPLAYABLE"
    case jobExpired = "JOB_EXPIRED"
    case fileTooLarge = "FILE_TOO_LARGE"
    case uriTooLong = "URI_TOO_LONG"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case expectationFailed = "EXPECTATION_FAILED"
    case validationError = "VALIDATION_ERROR"
    case idempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED"
    case documentUnreadable = "DOCUMENT_UNREADABLE"
    case documentEncrypted = "DOCUMENT_ENCRYPTED"
    case tooManyPages = "TOO_MANY_PAGES"
    case rateLimited = "RATE_LIMITED"
    case queueFull = "QUEUE_FULL"
    case serverBusy = "SERVER_BUSY"
    case headersTooLarge = "HEADERS_TOO_LARGE"
    case clientClosedRequest = "CLIENT_CLOSED_REQUEST"
    case internalProcessingError = "INTERNAL_PROCESSING_ERROR"
    case jobSubmitFailed = "JOB_SUBMIT_FAILED"
    case notImplemented = "NOT_IMPLEMENTED"
    case ocrFailed = "OCR_FAILED"
    case llmFailed = "LLM_FAILED"
    case storageFailed = "STORAGE_FAILED"
    case shuttingDown = "SHUTTING_DOWN"
    case dependencyUnavailable = "DEPENDENCY_UNAVAILABLE"
    case processingTimeout = "PROCESSING_TIMEOUT"
    case ocrTimeout = "OCR_TIMEOUT"
    case llmTimeout = "LLM_TIMEOUT"
    case httpVersionNotSupported = "HTTP_VERSION_NOT_SUPPORTED"
    case storageFull = "STORAGE_FULL"

    /// The HTTP status that answers with this code (RFC 9110; 499 is nginx's "client closed request", recorded only).
    public var httpStatus: Int {
        switch self {
        case .badRequest, .unsupportedFileType, .uploadReadFailed: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound, .jobNotFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .idempotencyInProgress, .jobNotCancellable, .jobNotReplayable: 409
        case .jobExpired: 410
        case .fileTooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMediaType: 415
        case .expectationFailed: 417
        case .validationError, .idempotencyKeyReused, .documentUnreadable, .documentEncrypted, .tooManyPages: 422
        case .rateLimited, .queueFull, .serverBusy: 429
        case .headersTooLarge: 431
        case .clientClosedRequest: 499
        case .internalProcessingError, .jobSubmitFailed: 500
        case .notImplemented: 501
        case .ocrFailed, .llmFailed, .storageFailed: 502
        case .shuttingDown, .dependencyUnavailable: 503
        case .processingTimeout, .ocrTimeout, .llmTimeout: 504
        case .httpVersionNotSupported: 505
        case .storageFull: 507
        }
    }

    /// Whether the same request may succeed later, unchanged.
    public var isRetryable: Bool {
        switch self {
        case .requestTimeout, .idempotencyInProgress, .rateLimited, .queueFull, .serverBusy, .clientClosedRequest,
            .internalProcessingError, .jobSubmitFailed, .ocrFailed, .llmFailed, .storageFailed, .shuttingDown,
            .dependencyUnavailable, .processingTimeout, .ocrTimeout, .llmTimeout, .storageFull, .uploadReadFailed:
            true
        case .badRequest, .unsupportedFileType, .unauthorized, .forbidden, .notFound, .jobNotFound, .methodNotAllowed,
            .jobNotCancellable, .jobNotReplayable, .jobExpired, .fileTooLarge, .uriTooLong, .unsupportedMediaType,
            .expectationFailed, .validationError, .idempotencyKeyReused, .documentUnreadable, .documentEncrypted,
            .tooManyPages, .headersTooLarge, .notImplemented, .httpVersionNotSupported:
            false
        }
    }

    /// The number that callbacks and Kafka results carry for a run that failed with this code; 0 where it has none.
    public var runNumber: Int {
        switch self {
        case .tooManyPages: 12
        case .storageFailed: 13
        case .ocrFailed: 20
        case .documentUnreadable: 22
        case .llmFailed: 26
        default: 0
        }
    }

    /// A short sentence, fixed per code: RFC 9457's `title` and the message where the thrower had nothing better.
    public var title: String {
        switch self {
        case .badRequest: "Malformed request"
        case .unsupportedFileType: "Unsupported file type"
        case .uploadReadFailed: "The upload could not be read"
        case .unauthorized: "Authentication required"
        case .forbidden: "Not allowed"
        case .notFound: "Not found"
        case .jobNotFound: "Job not found"
        case .methodNotAllowed: "Method not allowed"
        case .requestTimeout: "The request took too long to arrive"
        case .idempotencyInProgress: "A request with this idempotency key is still running"
        case .jobNotCancellable: "The job cannot be cancelled"
        case .jobNotReplayable: "Only a failed job can be replayed"
        case .jobExpired: "The job has expired"
        case .fileTooLarge: "File too large"
        case .uriTooLong: "Request target too long"
        case .unsupportedMediaType: "Unsupported media type"
        case .expectationFailed: "Expectation cannot be met"
        case .validationError: "Invalid request"
        case .idempotencyKeyReused: "Idempotency key used with another payload"
        case .documentUnreadable: "The document cannot be read"
        case .documentEncrypted: "The document is encrypted"
        case .tooManyPages: "The document has too many pages"
        case .rateLimited: "Rate limit exceeded"
        case .queueFull: "The queue is full"
        case .serverBusy: "The server is busy"
        case .headersTooLarge: "Request header fields too large"
        case .clientClosedRequest: "The client closed the request"
        case .internalProcessingError: "Internal processing error"
        case .jobSubmitFailed: "The job could not be submitted"
        case .notImplemented: "Not implemented"
        case .ocrFailed: "Text recognition failed"
        case .llmFailed: "The language model failed"
        case .storageFailed: "Storage failed"
        case .shuttingDown: "The server is shutting down"
        case .dependencyUnavailable: "A dependency is unavailable"
        case .processingTimeout: "Processing timed out"
        case .ocrTimeout: "Text recognition timed out"
        case .llmTimeout: "The language model timed out"
        case .httpVersionNotSupported: "HTTP version not supported"
        case .storageFull: "Storage is full"
        }
    }
}
