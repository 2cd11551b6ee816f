/// What a metric and a label may be called in the Prometheus data model.
enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isValid(_ name: String) -> Bool {
        isWord(name.utf8, alsoColon: true)
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`, and not `le`, which histograms own.
    static func isValidLabel(_ name: String) -> Bool {
        isWord(name.utf8, alsoColon: false) && !name.hasPrefix("__") && name != "le"
    }

    /// A name made of a foreign one: each byte that may not stand becomes an underscore.
    static func sanitized(_ name: String) -> String {
        var bytes = name.utf8.map { isWordByte($0) ? $0 : UInt8(ascii: "_") }
        if bytes.first.map({ isDigit($0) }) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A label name made of a foreign one.
    static func sanitizedLabel(_ name: String) -> String {
        let name = sanitized(name)
        if name == "le" { return "le_" }
        return name.hasPrefix("__") ? "label" + name : name
    }

    private static func isWord(_ bytes: String.UTF8View, alsoColon: Bool) -> Bool {
        guard let first = bytes.first, !isDigit(first) else { return false }
        return bytes.allSatisfy { isWordByte($0) || (alsoColon && $0 == UInt8(ascii: ":")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
