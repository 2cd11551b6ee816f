internal import Glibc

/// `Host = uri-host [ ":" port ]` (RFC 9110 §7.2).
enum HostSyntax {
    /// Whether `value` is a host, in brackets if it is an IPv6 address, with or without a port. An empty one is not:
    /// our scheme has an authority always.
    static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first else { return false }
        var index = 0
        if first == UInt8(ascii: "[") {
            while index < value.count && value[index] != UInt8(ascii: "]") { index += 1 }
            guard index < value.count, isIPv6(value[1..<index]) else { return false }
            index += 1
        } else {
            while index < value.count && value[index] != UInt8(ascii: ":") {
                let byte = value[index]
                guard ByteClass.isHost(byte), byte != UInt8(ascii: "["), byte != UInt8(ascii: "]") else { return false }
                index += 1
            }
            guard index > 0, PercentSyntax.isValid(UnsafeRawBufferPointer(rebasing: value[..<index])) else {
                return false
            }
        }
        guard index < value.count else { return true }
        return value[index] == UInt8(ascii: ":") && isPort(value[(index + 1)...])
    }

    /// Digits of a number that a port can have, or none at all (RFC 3986 §3.2.3).
    private static func isPort(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        var number = 0
        for byte in text {
            guard ByteClass.isDigit(byte) else { return false }
            number = number * 10 + Int(byte - 48)
            guard number <= 65_535 else { return false }
        }
        return true
    }

    /// An IPv6 address in numbers, without a zone (RFC 3986 §3.2.2).
    private static func isIPv6(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        // The longest is an address with an IPv4 one at its end.
        guard text.count < INET6_ADDRSTRLEN else { return false }
        var address = in6_addr()
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { copy in
            for (index, byte) in text.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[text.count] = 0
            guard let base = copy.baseAddress else { return false }
            return inet_pton(AF_INET6, base, &address) == 1
        }
    }
}

/// Percent-encoding (RFC 3986 §2.1).
enum PercentSyntax {
    /// Whether two hexadecimal digits follow every `%`.
    static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        guard var rest = text.baseAddress, !text.isEmpty else { return true }
        let end = rest + text.count
        while let found = memchr(rest, 37, end - rest) {
            let percent = UnsafeRawPointer(found)
            guard end - percent > 2, ByteClass.isHexDigit(percent.load(fromByteOffset: 1, as: UInt8.self)),
                ByteClass.isHexDigit(percent.load(fromByteOffset: 2, as: UInt8.self))
            else { return false }
            rest = percent + 3
        }
        return true
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

/// The value of `Transfer-Encoding` (RFC 9112 §6.1).
enum CodingSyntax {
    /// Whether the last coding is `chunked` and none before it: only then the end of the body can be found.
    static func endsInChunks(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let comma = value.lastIndex(of: UInt8(ascii: ",")) else { return value.equalsIgnoringCase("chunked") }
        var start = comma + 1
        while start < value.count && ByteClass.isBlank(value[start]) { start += 1 }
        return UnsafeRawBufferPointer(rebasing: value[start...]).equalsIgnoringCase("chunked")
            && !ListSyntax.contains(UnsafeRawBufferPointer(rebasing: value[..<comma]), "chunked")
    }
}
