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

    private static let quote = UInt8(ascii: "\"")

    /// RFC 8259, section 7: quote, backslash and everything below U+0020 must be escaped; nothing else is.
    private static func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        var clean = 0
        for (position, byte) in bytes.enumerated() where byte < 0x20 || byte == quote || byte == UInt8(ascii: "\\") {
            text.append(contentsOf: bytes[clean..<position])
            clean = position + 1
            text.append(UInt8(ascii: "\\"))
            switch byte {
            case quote, UInt8(ascii: "\\"): text.append(byte)
            case UInt8(ascii: "\n"): text.append(UInt8(ascii: "n"))
            case UInt8(ascii: "\r"): text.append(UInt8(ascii: "r"))
            case UInt8(ascii: "\t"): text.append(UInt8(ascii: "t"))
            default:
                text.append(contentsOf: "u00".utf8)
                HexText.append(byte, to: &text)
            }
        }
        text.append(contentsOf: bytes[clean...])
    }
}
