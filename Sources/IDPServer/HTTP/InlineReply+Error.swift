internal import EventHTTP
internal import Observability

extension InlineReply {
    /// Writes an error in the asked-for shape, with the request's id.
    mutating func write(_ error: ServiceError, requestID: String, format: ErrorBodyFormat, path: String?) {
        let answer = httpError(error, requestID: requestID, format: format, instance: path)
        reset()
        status(answer.status)
        field("X-Request-ID", text: requestID)
        for field in answer.fields { self.field(named: field.name, text: field.value) }
        answer.body.withUnsafeBytes { appendBody($0) }
    }
}
