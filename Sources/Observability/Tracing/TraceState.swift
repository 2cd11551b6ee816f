/// The grammar and limits of `tracestate` (W3C Trace Context, section 3.3).
enum TraceState {
    /// Members a list may have.
    static let memberLimit = 32
    /// Characters that are carried on; the Recommendation asks for at least 512.
    static let lengthLimit = 512

    /// The list as it is carried on: empty members left out, cut down to the length limit by whole members; nil if it
    /// breaks the grammar, has a key twice or too many members, and must be dropped whole.
    static func validated(_ bytes: UnsafeRawBufferPointer) -> String? {
        var members: [Substring] = []
        var keys: Set<Substring> = []
        for part in String(decoding: bytes, as: UTF8.self).split(separator: ",") {
            let member = part.trimmingBlanks()
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "=") else { return nil }
            let key = member[..<equals]
            guard isKey(key), isValue(member[member.index(after: equals)...]), keys.insert(key).inserted else {
                return nil
            }
            members.append(member)
        }
        guard members.count <= memberLimit else { return nil }
        return cut(members).joined(separator: ",")
    }

    /// Section 3.3.1.5: members above 128 characters go first, then those at the end.
    private static func cut(_ members: [Substring]) -> [Substring] {
        var members = members
        func length() -> Int { members.reduce(-1) { $0 + $1.utf8.count + 1 } }
        while length() > lengthLimit, let long = members.lastIndex(where: { $0.utf8.count > 128 }) {
            members.remove(at: long)
        }
        while length() > lengthLimit { members.removeLast() }
        return members
    }

    /// `simple-key` or `tenant@system`.
    private static func isKey(_ key: Substring) -> Bool {
        let parts = key.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return isIdentifier(parts[0], limit: 256, mayStartWithDigit: false)
        case 2:
            return isIdentifier(parts[0], limit: 241, mayStartWithDigit: true)
                && isIdentifier(parts[1], limit: 14, mayStartWithDigit: false)
        default: return false
        }
    }

    private static func isIdentifier(_ text: Substring.UTF8View, limit: Int, mayStartWithDigit: Bool) -> Bool {
        guard let first = text.first, text.count <= limit else { return false }
        guard isLowercase(first) || (mayStartWithDigit && isDigit(first)) else { return false }
        return text.allSatisfy { isLowercase($0) || isDigit($0) || "_-*/".utf8.contains($0) }
    }

    /// Up to 256 printable characters without comma and equals sign, not ending with a space.
    private static func isValue(_ value: Substring) -> Bool {
        guard let last = value.utf8.last, last != UInt8(ascii: " "), value.utf8.count <= 256 else { return false }
        return value.utf8.allSatisfy {
            (0x20...0x7e).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
        }
    }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
