internal import Foundation

/// RFC 4648, section 5, without padding, as RFC 7515 wants it.
enum Base64URL {
    /// The bytes; nil for anything that is not written in this alphabet.
    static func decode(_ text: some Sequence<UInt8>) -> Data? {
        var plain: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): plain.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): plain.append(UInt8(ascii: "/"))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                plain.append(byte)
            default: return nil
            }
        }
        guard plain.count % 4 != 1 else { return nil }
        plain += Array(repeating: UInt8(ascii: "="), count: (4 - plain.count % 4) % 4)
        return Data(base64Encoded: Data(plain))
    }
}
