/// `Host = uri-host [ ":" port ]` (RFC 9110 §7.2).
enum HostSyntax {
    /// Whether `value` is a host, in brackets if it is an IPv6 address, with or without a port. An empty one is not:
    /// our scheme has an authority always.
    static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first else { return false }
        var index = 0
        if first == UInt8(ascii: "[") {
            while index < value.count && value[index] != UInt8(ascii: "]") { index += 1 }
            guard index < value.count, index > 1 else { return false }
            for byte in value[1..<index] {
                guard ByteClass.isHexDigit(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") else {
                    return false
                }
            }
            index += 1
        } else {
            while index < value.count && value[index] != UInt8(ascii: ":") {
                let byte = value[index]
                guard ByteClass.isHost(byte), byte != UInt8(ascii: "["), byte != UInt8(ascii: "]") else { return false }
                index += 1
            }
            guard index > 0 else { return false }
        }
        guard index < value.count else { return true }
        guard value[index] == UInt8(ascii: ":") else { return false }
        return value[(index + 1)...].allSatisfy(ByteClass.isDigit)
    }
}

/// Comma-separated lists of tokens (RFC 9110 §5.6.1).
enum ListSyntax {
    /// Whether `token`, in lower case, is one of the list's members, case-insensitively.
    static func contains(_ list: UnsafeRawBufferPointer, _ token: StaticString) -> Bool {
        var index = 0
        while index < list.count {
            while index < list.count && (ByteClass.isBlank(list[index]) || list[index] == 44) { index += 1 }
            let start = index
            while index < list.count && list[index] != 44 { index += 1 }
            var end = index
            while end > start && ByteClass.isBlank(list[end - 1]) { end -= 1 }
            if UnsafeRawBufferPointer(rebasing: list[start..<end]).equalsIgnoringCase(token) { return true }
        }
        return false
    }
}
