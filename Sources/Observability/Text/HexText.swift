/// Numbers as lower-case hexadecimal, as trace ids are written.
public enum HexText {
    /// Appends the 16 digits of `value`.
    public static func append(_ value: UInt64, to text: inout [UInt8]) {
        text.append(capacity: 16) { scratch in
            for index in 0..<16 {
                scratch[index] = digit(UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 15)
            }
            return 0..<16
        }
    }

    /// Appends the 2 digits of `byte`.
    public static func append(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }

    /// The value of a lower-case digit; nil for anything else (`traceparent` knows no upper case).
    static func value(ofLowercase digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The digit of a value below 16.
    @inline(__always)
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
