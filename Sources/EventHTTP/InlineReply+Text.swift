extension InlineReply {
    /// The status that was set; 200 when none was.
    public var currentStatus: Int { state.pointee.statusOrDefault }

    /// Bytes of the body that was collected.
    public var bodyBytes: Int { state.pointee.body.count }

    /// Adds a field whose name is known at run time only (error answers); the name is a token (RFC 9110, 5.6.2).
    public mutating func field(named name: String, text value: String) {
        var name = name
        name.withUTF8 { state.pointee.fields.append(UnsafeRawBufferPointer($0)) }
        state.pointee.fields.append(": ")
        var value = value
        value.withUTF8 { state.pointee.fields.appendFieldValue(UnsafeRawBufferPointer($0)) }
        state.pointee.fields.append("\r\n")
    }
}
