/// One field of a request that is wrong, and what would be right.
public struct FieldError: Sendable, Equatable, Codable {
    /// The field's name as the caller wrote it (`file`, `fio`, a header's or a query parameter's name).
    public var field: String
    /// What is wrong and what would be right; never the value itself.
    public var message: String

    /// A finding about one field.
    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }
}

/// An operating error with its code: what every module of the service throws across its border.
///
/// `message` goes to callers and holds no path, no internal text and nothing personal. `cause` is for the log only.
public struct ServiceError: Error, Sendable {
    /// What it is to callers, metrics and logs.
    public var code: ErrorCode
    /// For the caller; the code's title unless something more helpful can be said.
    public var message: String
    /// The fields at fault, where the request has any.
    public var fields: [FieldError]
    /// Seconds until a retry can help, for `Retry-After`.
    public var retryAfter: Int?
    /// The methods that a resource allows, for `Allow` (405 only).
    public var allow: [String]
    /// Further fields of the answer's head: a challenge that says more than the plain one, how a rate stands.
    public var answerFields: [HTTPErrorAnswer.Field] = []
    /// How many document workers the document has cost on this run: crashed, hung or used up. From two on it is poison.
    public var workersLost: Int
    /// What really happened; logged once where the error is handled, never sent.
    public var cause: String?

    /// An error of a code; its message is the code's title unless one is given.
    public init(
        _ code: ErrorCode, _ message: String? = nil, fields: [FieldError] = [], retryAfter: Int? = nil,
        allow: [String] = [], workersLost: Int = 0, cause: String? = nil
    ) {
        self.code = code
        self.message = message ?? code.title
        self.fields = fields
        self.retryAfter = retryAfter
        self.allow = allow
        self.workersLost = workersLost
        self.cause = cause
    }
    /// Whether the document kills what reads it: a retry would only cost more workers, so a job that ends with this is
    /// to be dead-lettered.
    public var isPoison: Bool { workersLost >= 2 }

    /// Whether the same request may succeed later, unchanged: as its code says, but never for a poisonous document.
    public var isRetryable: Bool { code.isRetryable && !isPoison }
}
