/// An answer that is made on a queue and handed to an `Exchange`.
public struct Response: Sendable {
    /// 200 ... 599.
    public var status: Int
    /// Fields in the order they are sent. `Content-Length`, `Date`, `Connection` and `Transfer-Encoding` are left out
    /// if they are here: they are the front's business.
    public var fields: [(name: String, value: String)] = []
    /// What follows the head.
    public var body: ResponseBody
    /// Whether the connection is closed after the answer.
    public var closes = false

    /// An answer of these parts.
    public init(status: Int, fields: [(String, String)] = [], body: ResponseBody = .none) {
        precondition((200...599).contains(status), "An answer's status is from 200 to 599.")
        self.status = status
        // With room for what is added on the way out, a request id for instance.
        self.fields.reserveCapacity(fields.count + 4)
        for (name, value) in fields { self.fields.append((name: name, value: value)) }
        self.body = body
    }
}

/// The body of a `Response`.
public enum ResponseBody: Sendable {
    /// No bytes.
    case none
    /// All of it.
    case bytes([UInt8])
    /// All of it, in memory that is not copied: for large bodies, and for one that several answers share.
    case shared(SharedBytes)
    /// It comes bit by bit, in chunks.
    case stream(BodyStream)
}

/// Bytes that stay where they are, unchanged, for as long as their owner is referenced.
///
/// `@unchecked Sendable`: the owner is, and the bytes are only read, which is what whoever makes one promises.
public struct SharedBytes: @unchecked Sendable {
    /// Owned by `owner`.
    let bytes: UnsafeRawBufferPointer
    let owner: any AnyObject & Sendable

    /// Bytes that `owner` keeps. It is let go of on a loop's thread, when the socket has taken the last of them.
    public init(_ bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
        self.bytes = bytes
        self.owner = owner
    }

    /// Calls `body` with the bytes, valid during the call.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(owner) { try body(bytes) }
    }
}
