/// Why the front itself refuses a request, with the facts that a message needs. Limits are in bytes unless said
/// otherwise.
public enum Refusal: Sendable, Equatable {
    /// The message is not HTTP as RFC 9112 says; the text names what is malformed.
    case badRequest(StaticText)
    case targetTooLong(limit: Int)
    case headTooLarge(limit: Int)
    /// `limit` is a number of fields.
    case tooManyFields(limit: Int)
    /// A method that nobody knows (501).
    case methodNotSupported
    /// TRACE, CONNECT and QUERY (405).
    case methodNotAllowed
    case versionNotSupported
    case transferCodingNotSupported
    case expectationFailed
    case bodyTooLarge(limit: Int)
    /// The multipart body is broken; the text names how.
    case malformedMultipart(String)
    /// One part of a form is not acceptable; `field` is its name as the client sent it.
    case invalidPart(field: String, reason: String)
    /// A multipart body was planned, and the request's `Content-Type` is another.
    case unsupportedMediaType
    case headTimeout
    case bodyTimeout
    case handlerTimeout
    /// An upload could not be written; `isFull` if the disk had no room.
    case spoolFailed(isFull: Bool)
    /// The exchange was dropped without an answer.
    case unanswered
    /// The server stops and takes no more requests.
    case stopping

    /// The HTTP status that belongs to the refusal.
    public var status: Int {
        switch self {
        case .badRequest, .malformedMultipart: 400
        case .targetTooLong: 414
        case .headTooLarge, .tooManyFields: 431
        case .methodNotSupported, .transferCodingNotSupported: 501
        case .methodNotAllowed: 405
        case .versionNotSupported: 505
        case .expectationFailed: 417
        case .bodyTooLarge: 413
        case .invalidPart: 422
        case .unsupportedMediaType: 415
        case .headTimeout, .bodyTimeout: 408
        case .handlerTimeout: 504
        case .spoolFailed(let isFull): isFull ? 507 : 502
        case .unanswered: 500
        case .stopping: 503
        }
    }
}

/// A text of the program itself: a `StaticString` that can be compared. It never holds what a client sent.
public struct StaticText: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The text.
    public let text: StaticString

    /// The literal's text.
    public init(stringLiteral value: StaticString) {
        text = value
    }

    /// The text as a string.
    public var description: String { text.description }

    /// Texts are equal if their bytes are.
    public static func == (left: StaticText, right: StaticText) -> Bool {
        left.description == right.description
    }
}
