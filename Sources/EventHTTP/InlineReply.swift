/// Collects an answer into memory that the loop reuses: nothing is allocated once the buffers have grown.
///
/// `Content-Length`, `Date`, `Connection` and `Transfer-Encoding` are the front's business. A body that HEAD, 204 and
/// 304 may not have is left out by the front, its length kept where that is right (RFC 9110 §9.3.2).
public struct InlineReply: ~Copyable {
    /// Owned by the loop (or `RenderedReply`), which outlives every reply; touched on its thread only.
    let state: UnsafeMutablePointer<ReplyState>

    /// Sets the status, 200 ... 599. Without one, an answer has status 200.
    public mutating func status(_ status: Int) {
        precondition((200...599).contains(status), "An answer's status is from 200 to 599.")
        state.pointee.status = status
    }

    /// Adds a field.
    public mutating func field(_ name: StaticString, _ value: StaticString) {
        field(name, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    /// Adds a field. A byte that a value may not hold (RFC 9110 §5.5) is sent as a space, so that no value can begin
    /// a line of its own.
    public mutating func field(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        state.pointee.fields.append(name)
        state.pointee.fields.append(": ")
        state.pointee.fields.appendFieldValue(value)
        state.pointee.fields.append("\r\n")
    }

    /// Adds a field with a decimal number.
    public mutating func field(_ name: StaticString, _ value: Int) {
        state.pointee.fields.append(name)
        state.pointee.fields.append(": ")
        state.pointee.fields.append(decimal: value)
        state.pointee.fields.append("\r\n")
    }

    /// Adds a field with a text value. It walks a `String`: for answers that are not on the hot path.
    public mutating func field(_ name: StaticString, text value: String) {
        var value = value
        value.withUTF8 { field(name, UnsafeRawBufferPointer($0)) }
    }

    /// Sets the `Content-Type` and adds `bytes` to the body. They are copied.
    public mutating func body(contentType: StaticString, _ bytes: UnsafeRawBufferPointer) {
        field("Content-Type", contentType)
        appendBody(bytes)
    }

    /// Adds bytes to the body. They are copied.
    public mutating func appendBody(_ bytes: UnsafeRawBufferPointer) {
        state.pointee.body.append(bytes)
    }

    /// Adds a text of the program to the body.
    public mutating func appendBody(_ text: StaticString) {
        state.pointee.body.append(text)
    }

    /// Adds a decimal number to the body.
    public mutating func appendBody(decimal number: Int) {
        state.pointee.body.append(decimal: number)
    }

    /// Adds a `String` to the body: for answers that are not on the hot path.
    public mutating func appendBody(text: String) {
        var text = text
        text.withUTF8 { state.pointee.body.append(UnsafeRawBufferPointer($0)) }
    }

    /// Closes the connection after this answer.
    public mutating func close() {
        state.pointee.closes = true
    }

    /// Throws away what was collected, to begin again.
    public mutating func reset() {
        state.pointee.reset()
    }
}

/// An answer collected outside of a loop: for tests of responders.
public struct RenderedReply: Sendable {
    /// The status; 200 if none was set.
    public let status: Int
    /// The fields as lines, each ended by CRLF.
    public let fields: String
    /// The body.
    public let body: [UInt8]
    /// Whether the connection is to be closed.
    public let closes: Bool

    /// Runs `write` with an empty reply and keeps what it collected.
    public init(_ write: (inout InlineReply) throws -> Void) rethrows {
        let state = ReplyState.make()
        defer { ReplyState.free(state) }
        var reply = InlineReply(state: state)
        try write(&reply)
        status = state.pointee.statusOrDefault
        fields = state.pointee.fields.bytes.text
        body = Array(state.pointee.body.bytes)
        closes = state.pointee.closes
    }
}
