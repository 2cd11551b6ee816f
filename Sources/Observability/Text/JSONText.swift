/// JSON written straight into a byte buffer: for lines and bodies whose members stand in a fixed order and that are
/// made on hot paths, where Foundation's encoder (unordered, allocating) does not fit.
public enum JSONText {
    /// Appends `value` as a JSON string with its quotes.
    public static func append(_ value: String, to text: inout [UInt8]) {
        text.append(quote)
        var value = value
        value.withUTF8 { appendEscaped($0, to: &text) }
        text.append(quote)
    }

    /// Appends bytes of any origin as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
    public static func append(bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        // Plain ASCII, the usual case, needs no repair.
        if bytes.allSatisfy({ $0 < 0x80 }) {
            text.append(quote)
            bytes.withMemoryRebound(to: UInt8.self) { appendEscaped($0, to: &text) }
            text.append(quote)
        } else {
            append(String(decoding: bytes, as: UTF8.self), to: &text)
        }
    }

    // Computed: a stored one would be set up lazily, with a check at each use.
    private static var quote: UInt8 { UInt8(ascii: "\"") }

    /// Appends what stands between the quotes. RFC 8259, section 7: quote, backslash and everything below U+0020 must
    /// be escaped; nothing else is.
    static func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        // Runs of clean bytes are copied whole; most strings are one run.
        var start = 0
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 || byte == quote || byte == backslash {
                text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
                appendEscape(byte, to: &text)
                start = position + 1
            }
            position += 1
        }
        text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
    }

    private static var backslash: UInt8 { UInt8(ascii: "\\") }

    private static func appendEscape(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(backslash)
        switch byte {
        case quote, backslash: text.append(byte)
        case UInt8(ascii: "\n"): text.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): text.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): text.append(UInt8(ascii: "t"))
        default:
            text.append(text: "u00")
            HexText.append(byte, to: &text)
        }
    }
}
