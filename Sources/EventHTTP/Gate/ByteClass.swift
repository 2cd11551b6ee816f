/// Which bytes may stand where in a request head: tables of 256 entries, looked up byte by byte.
enum ByteClass {
    private static let token: UInt8 = 1
    private static let fieldValue: UInt8 = 2
    private static let target: UInt8 = 4
    private static let host: UInt8 = 8
    private static let hexDigit: UInt8 = 16

    /// The classes of each byte. Made once and never freed: it is read by every loop until the process ends.
    /// `nonisolated(unsafe)`: written during its lazy initialisation only.
    nonisolated(unsafe) private static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in UInt8.min...UInt8.max {
            let isAlphanumeric = isDigit(byte) || (byte | 0x20) &- 97 < 26
            var classes: UInt8 = 0
            if isAlphanumeric || contains("!#$%&'*+-.^_`|~", byte) { classes |= token }
            if byte == 9 || (byte >= 32 && byte != 127) { classes |= fieldValue }
            if byte > 32 && byte < 127 && !contains("\"<>\\^`{|}#", byte) { classes |= target }
            if isAlphanumeric || contains("-._~%!$&'()*+,;=:[]", byte) { classes |= host }
            if isDigit(byte) || (byte | 0x20) &- 97 < 6 { classes |= hexDigit }
            table[Int(byte)] = classes
        }
        return UnsafePointer(table)
    }()

    /// A character of a token (RFC 9110 §5.6.2): methods and field names.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool { table[Int(byte)] & token != 0 }

    /// A byte of a field value: visible, blank, tab or obs-text (RFC 9110 §5.5).
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 32 && byte != 127 || byte == 9 }

    /// A byte of a request target: visible ASCII without what no URI holds (RFC 3986) and without `#`.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { table[Int(byte)] & target != 0 }

    /// A byte of a host and port.
    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool { table[Int(byte)] & host != 0 }

    /// `0` to `9`.
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    /// A hexadecimal digit of either case.
    @inline(__always)
    static func isHexDigit(_ byte: UInt8) -> Bool { table[Int(byte)] & hexDigit != 0 }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8 { byte <= 57 ? byte &- 48 : (byte | 0x20) &- 87 }

    /// A blank or a tab.
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private static func contains(_ characters: StaticString, _ byte: UInt8) -> Bool {
        UnsafeBufferPointer(start: characters.utf8Start, count: characters.utf8CodeUnitCount).contains(byte)
    }
}
