/// An error as HTTP says it: what `httpError` makes of a `ServiceError`.
public struct HTTPErrorAnswer: Sendable, Equatable {
    /// One field of the answer.
    public struct Field: Sendable, Equatable {
        /// The field's name as it is sent.
        public let name: String
        /// The field's value.
        public let value: String

        /// A field of this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The status code.
    public let status: Int
    /// `Content-Type` first, then what the code calls for: `Retry-After`, `Allow`, `WWW-Authenticate`,
    /// `Content-Language`.
    public let fields: [Field]
    /// The JSON body, UTF-8.
    public let body: [UInt8]
}

/// Turns an error into its HTTP answer: the one way from a code to a client, used by every route.
///
/// - Parameters:
///   - error: its `cause` is not sent.
///   - requestID: the id that `X-Request-ID` carries.
///   - runID: the run that the error is about, if there is one.
///   - traceID: 32 hexadecimal digits, if the request has a trace.
///   - format: the body's shape, from `ErrorBodyFormat.negotiated(accept:)`.
///   - instance: RFC 9457's `instance`: the path of the request without its query; nil leaves the member out.
public func httpError(
    _ error: ServiceError, requestID: String, runID: String? = nil, traceID: String? = nil,
    format: ErrorBodyFormat = .detail, instance: String? = nil
) -> HTTPErrorAnswer {
    var fields = [HTTPErrorAnswer.Field(name: "Content-Type", value: format.contentType)]
    if let seconds = error.retryAfter ?? error.code.defaultRetryAfter {
        fields.append(.init(name: "Retry-After", value: String(max(seconds, 1))))
    }
    // RFC 9110, 15.5.6: a 405 must carry Allow, even an empty one.
    if error.code == .methodNotAllowed {
        fields.append(.init(name: "Allow", value: error.allow.joined(separator: ", ")))
    }
    // RFC 9110, 15.5.2: a 401 must carry a challenge. Keys and tokens both come as bearer credentials.
    if error.code == .unauthorized, !error.answerFields.contains(where: { $0.name == "WWW-Authenticate" }) {
        fields.append(.init(name: "WWW-Authenticate", value: "Bearer"))
    }
    fields += error.answerFields
    if format == .problem { fields.append(.init(name: "Content-Language", value: "en")) }

    var writer = ErrorBodyWriter(error: error, requestID: requestID, runID: runID, traceID: traceID)
    switch format {
    case .detail: writer.writeDetail()
    case .problem: writer.writeProblem(instance: instance)
    }
    return HTTPErrorAnswer(status: error.code.httpStatus, fields: fields, body: writer.text)
}

/// Writes both shapes member by member, in the order of the contract.
private struct ErrorBodyWriter {
    let error: ServiceError
    let requestID: String
    let runID: String?
    let traceID: String?
    var text: [UInt8] = []

    mutating func writeDetail() {
        text.append(text: "{\"detail\":{\"code\":")
        JSONText.append(error.code.rawValue, to: &text)
        member("message", error.message)
        retryableAndIDs()
        if !error.fields.isEmpty {
            list("fields", error.fields) { field, text in
                text.append(text: "{\"field\":")
                JSONText.append(field.field, to: &text)
                text.append(text: ",\"message\":")
                JSONText.append(field.message, to: &text)
                text.append(UInt8(ascii: "}"))
            }
        }
        text.append(text: "}}")
    }

    mutating func writeProblem(instance: String?) {
        text.append(text: "{\"type\":")
        JSONText.append(error.code.problemType, to: &text)
        member("title", error.code.title)
        text.append(text: ",\"status\":")
        DecimalText.append(UInt64(error.code.httpStatus), to: &text)
        member("detail", error.message)
        if let instance { member("instance", instance) }
        member("code", error.code.rawValue)
        retryableAndIDs()
        if !error.fields.isEmpty {
            list("errors", error.fields) { field, text in
                text.append(text: "{\"detail\":")
                JSONText.append(field.message, to: &text)
                text.append(text: ",\"pointer\":")
                JSONText.append(field.pointer, to: &text)
                text.append(UInt8(ascii: "}"))
            }
        }
        text.append(UInt8(ascii: "}"))
    }

    private mutating func retryableAndIDs() {
        text.append(text: ",\"retryable\":\(error.isRetryable)")
        member("request_id", requestID)
        if let runID { member("run_id", runID) }
        if let traceID { member("trace_id", traceID) }
    }

    private mutating func member(_ name: String, _ value: String) {
        text.append(text: ",\"\(name)\":")
        JSONText.append(value, to: &text)
    }

    private mutating func list(
        _ name: String, _ fields: [FieldError], _ write: (FieldError, inout [UInt8]) -> Void
    ) {
        text.append(text: ",\"\(name)\":[")
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            write(field, &text)
        }
        text.append(UInt8(ascii: "]"))
    }
}

extension ErrorCode {
    /// RFC 9457's `type`. A URN: absolute and the same on every host and version, where a URL would promise a page at
    /// an address that a self-hosted service cannot know.
    public var problemType: String {
        "urn:idp:problem:" + rawValue.lowercased().replacing("_", with: "-")
    }

    /// Seconds for `Retry-After` where the thrower knows no better; nil for codes that do not send it.
    public var defaultRetryAfter: Int? {
        switch httpStatus {
        case 429: 1
        case 503: 5
        default: nil
        }
    }
}

extension FieldError {
    /// The field as a JSON Pointer in a URI fragment (RFC 6901, section 6): `#/fio`.
    var pointer: String {
        var text: [UInt8] = Array("#/".utf8)
        for byte in field.utf8 {
            switch byte {
            case UInt8(ascii: "~"): text.append(text: "~0")
            case UInt8(ascii: "/"): text.append(text: "~1")
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.append(byte)
            default:
                text.append(UInt8(ascii: "%"))
                text.append(contentsOf: String(byte, radix: 16, uppercase: true).utf8.suffix(2))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
