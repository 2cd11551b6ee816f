/// The id of a run: a UUID of version 7 (RFC 9562 §5.7), so that ids sort by the time they were made.
///
/// Bits: 48 of Unix milliseconds, version, 12 random, variant, 62 random. Its day names the run's folder.
struct RunID: Sendable, Hashable, Comparable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// A new id that carries `moment`.
    init(at moment: Timestamp) {
        var generator = SystemRandomNumberGenerator()
        self.init(at: moment, using: &generator)
    }

    /// A new id from given randomness.
    init(at moment: Timestamp, using generator: inout some RandomNumberGenerator) {
        let time = UInt64(clamping: moment.milliseconds) & 0xFFFF_FFFF_FFFF
        high = time << 16 | 0x7000 | generator.next() & 0x0FFF
        low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// The smallest id that an instant can have: ids made earlier lie below it, ids made later above.
    init(floorOf moment: Timestamp) {
        high = (UInt64(clamping: moment.milliseconds) & 0xFFFF_FFFF_FFFF) << 16 | 0x7000
        low = 0x8000_0000_0000_0000
    }

    /// From the canonical text (36 characters, lower case) of a version 7 UUID; nil for anything else.
    init?(_ text: some StringProtocol) {
        guard let (high, low) = RunID.words(text.utf8), high >> 12 & 0xF == 7, low >> 62 == 2 else { return nil }
        self.high = high
        self.low = low
    }

    /// The same from bytes of ASCII.
    init?(ascii text: UnsafeRawBufferPointer) {
        guard let (high, low) = RunID.words(text), high >> 12 & 0xF == 7, low >> 62 == 2 else { return nil }
        self.high = high
        self.low = low
    }

    /// From its 16 bytes, as stored; nil unless they are those of a version 7 UUID.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        let high = bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let low = bytes.dropFirst(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard high >> 12 & 0xF == 7, low >> 62 == 2 else { return nil }
        self.high = high
        self.low = low
    }

    /// The 16 bytes in network order: they compare as the ids do.
    var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// When it was made, to the millisecond.
    var moment: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }

    /// The canonical text.
    var description: String {
        String(unsafeUninitializedCapacity: RunID.textLength) { buffer in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            return RunID.textLength
        }
    }

    /// Bytes of the canonical text.
    static let textLength = 36

    /// Writes the canonical text into `buffer`, which has room for `textLength` bytes.
    func write(to buffer: UnsafeMutableRawBufferPointer) {
        var position = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                buffer[position] = 0x2D
                position += 1
            }
            let word = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - index % 16 * 4)) & 0xF
            buffer[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
            position += 1
        }
    }

    static func < (a: RunID, b: RunID) -> Bool { (a.high, a.low) < (b.high, b.low) }

    private static func words(_ text: some Collection<UInt8>) -> (UInt64, UInt64)? {
        guard text.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for (position, byte) in text.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == 0x2D else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            if position < 18 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
        }
        return words
    }
}
