/// Numbers as lower-case hexadecimal, as trace ids are written.
public enum HexText {
    /// Appends the 16 digits of `value`.
    public static func append(_ value: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            text.append(digit(UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15))
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
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
