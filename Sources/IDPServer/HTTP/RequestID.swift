/// The id that correlates one request's answer, log lines and errors (`X-Request-ID`).
///
/// A caller's own id is taken over when it is 1 to 128 of `[A-Za-z0-9._-]`, so that it can stand in a log line and a
/// header as it is; anything else is replaced.
enum RequestID {
    /// The most characters that a caller's id may have.
    static let lengthMax = 128

    /// Whether a caller's value can be taken over.
    static func isAcceptable(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.isEmpty, bytes.count <= lengthMax else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
    }
}

/// Makes request ids of 32 hexadecimal digits without formatting machinery: a random 64-bit prefix drawn once and a
/// counter that starts at a random place. One per loop; not for secrets.
struct RequestIDSource {
    /// Digits in an id.
    static let length = 32

    private let prefix = UInt64.random(in: .min ... .max)
    private var counter = UInt64.random(in: .min ... .max)

    /// Writes the next id; `buffer` has room for `length` bytes.
    mutating func next(into buffer: UnsafeMutableRawBufferPointer) {
        counter &+= 1
        write(prefix, into: buffer, at: 0)
        write(counter, into: buffer, at: 16)
    }

    /// The next id as a string.
    mutating func next() -> String {
        withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 8) { buffer in
            next(into: buffer)
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    private func write(_ number: UInt64, into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        var rest = number
        for position in stride(from: 15, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            buffer[offset + position] = digit < 10 ? digit &+ 48 : digit &+ 87
            rest >>= 4
        }
    }
}
