/// What is to be done with the body of an accepted request.
public enum BodyPlan: Sendable {
    /// None is wanted. One that is sent all the same is read and thrown away, up to `ServerLimits.drainBytes`.
    case none
    /// Kept in memory, at most so many bytes; arrives as `Body.bytes`.
    case collect(limitBytes: Int)
    /// `multipart/form-data` (RFC 7578), read as a stream; file parts go to disk. Arrives as `Body.multipart`.
    case multipart(MultipartPlan)
    /// Only counted and hashed, at most so many bytes; arrives as `Body.digest`.
    case digest(limitBytes: Int)
}

/// How a `multipart/form-data` body is read: where files go, and what is too much.
public struct MultipartPlan: Sendable {
    /// Where file parts are written.
    public var spool: UploadSpool
    /// Parts of this name are files whether or not they carry a file name. Any other part is a file if it carries one.
    public var fileField = "file"
    /// The largest body in all, in bytes; more is answered 413.
    public var bodyLimitBytes = 52 << 20
    /// The largest single file, in bytes; more is answered 413.
    public var fileLimitBytes = 50 << 20
    /// The largest value of a part that is not a file, in bytes; more is a refusal that names the field.
    public var fieldLimitBytes = 64 << 10
    /// The largest head of one part, in bytes.
    public var partHeadLimitBytes = 8 << 10
    /// The most parts, files and fields together.
    public var partsLimit = 32
    /// Kept until the body has been read or given up, and then let go: for counting uploads that are on their way.
    public var place: (any AnyObject & Sendable)?

    /// A plan with the default limits, spooling to `spool`.
    public init(spool: UploadSpool) {
        self.spool = spool
    }
}
