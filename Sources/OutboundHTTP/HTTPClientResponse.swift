/// Another service's answer, whatever its status. Redirects are answers, too: they are not followed.
public struct HTTPClientResponse: Sendable {
    /// The status code of the final answer.
    public let status: Int
    /// Its fields in order, without those of interim answers.
    public let fields: [(name: String, value: String)]
    /// Its content as it came (no content coding is asked for or undone).
    public let body: [UInt8]
    /// Whether the connection had carried a request before.
    public let usedPooledConnection: Bool

    /// The first field of a name, compared without case.
    public func field(_ name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.name.lowercased() == name }?.value
    }

    /// `Retry-After` in seconds where it is a number; its date form is not read, since this target has no clock.
    public var retryAfter: Int? {
        field("Retry-After").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
