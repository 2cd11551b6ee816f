internal import EventHTTP
internal import Observability

extension InlineReply {
    /// Writes an error in the shape that the request asked for, with its id; `head` is missing where it could not be
    /// read.
    mutating func write(_ error: ServiceError, requestID: String, to head: RequestHead?) {
        let path = head.map { String(decoding: $0.path, as: UTF8.self) }
        let answer = httpError(
            error, requestID: requestID, format: head?.errorFormat ?? .negotiated(accept: nil), instance: path)
        reset()
        status(answer.status)
        field("X-Request-ID", text: requestID)
        write(answer.fields)
        // An error is about one request, and may tell what is behind a key: nobody keeps it.
        field("Cache-Control", "no-store")
        field("X-Content-Type-Options", "nosniff")
        answer.body.withUnsafeBytes { appendBody($0) }
    }

    /// Adds fields that were made at run time.
    mutating func write(_ fields: [HTTPErrorAnswer.Field]) {
        for field in fields { self.field(named: field.name, text: field.value) }
    }
}

extension RequestHead {
    /// Which of the two error shapes the caller asked for.
    var errorFormat: ErrorBodyFormat {
        .negotiated(accept: field(.accept).map { String(decoding: $0, as: UTF8.self) })
    }
}
