internal import EventHTTP
internal import Observability

extension ServiceError {
    /// What the front refused by itself, in the terms of the registry.
    init(_ refusal: Refusal) {
        switch refusal {
        case .badRequest(let what):
            self.init(.badRequest, "Malformed request: \(what)")
        case .targetTooLong(let limit):
            self.init(.uriTooLong, "The request target is longer than \(limit) bytes")
        case .headTooLarge(let limit):
            self.init(.headersTooLarge, "The request's head is larger than \(limit) bytes")
        case .tooManyFields(let limit):
            self.init(.headersTooLarge, "The request has more than \(limit) header fields")
        case .methodNotSupported:
            self.init(.notImplemented, "The request method is not implemented")
        case .methodNotAllowed:
            self.init(.methodNotAllowed, "The request method is not allowed here")
        case .versionNotSupported:
            self.init(.httpVersionNotSupported, "HTTP/1.1 and HTTP/1.0 are spoken here")
        case .transferCodingNotSupported:
            self.init(.notImplemented, "The only transfer coding taken is chunked")
        case .expectationFailed:
            self.init(.expectationFailed, "The only expectation met is 100-continue")
        case .bodyTooLarge(let limit):
            self = .tooLarge(limitBytes: limit)
        case .malformedMultipart(let what):
            self.init(.badRequest, "Malformed multipart/form-data: \(what)")
        case .invalidPart(let field, let reason):
            self.init(.validationError, fields: [FieldError(field: field, message: reason)])
        case .unsupportedMediaType:
            self = .multipartWanted
        case .headTimeout, .bodyTimeout:
            self.init(.requestTimeout)
        case .handlerTimeout:
            self.init(.processingTimeout)
        case .spoolFailed(let isFull):
            self.init(
                isFull ? .storageFull : .storageFailed, retryAfter: isFull ? FileError.fullRetryAfter : nil,
                cause: "the upload could not be written to the spool directory")
        case .unanswered:
            self.init(.internalProcessingError, cause: "a handler ended without an answer")
        case .stopping:
            self.init(.shuttingDown)
        }
    }

    /// A body over its limit: names the field, the limit and the setting.
    static func tooLarge(limitBytes: Int) -> ServiceError {
        let message = "must be at most \(limitBytes) bytes (IDP_MAX_UPLOAD_BYTES)"
        return ServiceError(
            .fileTooLarge, "The file is larger than \(limitBytes) bytes, the limit set by IDP_MAX_UPLOAD_BYTES",
            fields: [FieldError(field: "file", message: message)])
    }

    /// A body of another media type where a form is wanted.
    static let multipartWanted = ServiceError(
        .unsupportedMediaType, "Send the document as multipart/form-data with the fields file and fio",
        fields: [FieldError(field: "Content-Type", message: "must be multipart/form-data with a boundary")])
}
