private import Glibc

/// Text in memory that is used again for the next: expositions of tens of thousands of lines and the access lines of a
/// busy loop are written without an allocation, a bounds check or a count of references for each piece.
///
/// `@unchecked Sendable`: it has one owner at a time. One thread writes it; when that is done it is only read, until
/// the owner clears it.
public final class TextBuffer: @unchecked Sendable {
    /// Owned; freed in `deinit`.
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    // Private, or each access would be checked for exclusivity at run time.
    private var written = 0

    /// Bytes written.
    public var count: Int { written }

    /// An empty buffer.
    public init(capacity: Int = 64 << 10) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// What was written; valid as long as the buffer is referenced and not written again.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: written) }

    /// Forgets the text and keeps the memory.
    public func clear() { written = 0 }

    /// Forgets what was written after `length` bytes.
    func truncate(to length: Int) { written = min(written, length) }

    /// Where `extra` more bytes can be written.
    @inline(__always)
    private func room(for extra: Int) -> UnsafeMutablePointer<UInt8> {
        if capacity &- written < extra { grow(extra) }
        return base + written
    }

    /// Counts bytes that were written into `room(for:)`.
    /// Adds bytes that do not lie in this buffer.
    @inline(__always)
    func append(_ source: UnsafeBufferPointer<UInt8>) {
        guard let start = source.baseAddress else { return }
        memcpy(room(for: source.count), start, source.count)
        written &+= source.count
    }

    /// Adds bytes.
    @inline(__always)
    func append(_ source: [UInt8]) { source.withUnsafeBufferPointer { append($0) } }

    /// Adds a copy of `length` bytes that were written before, from `start` on.
    @inline(__always)
    func repeatText(at start: Int, count length: Int) {
        let target = room(for: length)
        // After `room`, which may have moved the text.
        memcpy(target, base + start, length)
        written &+= length
    }

    /// Adds one byte.
    @inline(__always)
    func append(byte: UInt8) {
        room(for: 1).pointee = byte
        written &+= 1
    }

    /// Adds a text.
    @inline(__always)
    func append(text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// Adds a whole number.
    func append(decimal value: UInt64) {
        let end = room(for: 20)
        written &+= DecimalText.write(value, to: end)
    }

    /// Adds exactly `digits` digits of a number, with leading zeros.
    @inline(__always)
    func append(_ value: UInt64, digits: Int) {
        DecimalText.write(
            value, digits: digits, to: UnsafeMutableBufferPointer(start: room(for: digits), count: digits), at: 0)
        written &+= digits
    }

    /// Adds UTF-8 as a JSON string with its quotes (RFC 8259 §7: quote, backslash and everything below U+0020 are
    /// escaped).
    func append(json bytes: UnsafeBufferPointer<UInt8>) {
        append(byte: UInt8(ascii: "\""))
        if Self.isPlain(bytes) {
            append(bytes)
        } else {
            append { JSONText.appendEscaped(bytes, to: &$0) }
        }
        append(byte: UInt8(ascii: "\""))
    }

    /// Adds bytes of any origin as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
    func append(jsonOfBytes bytes: UnsafeRawBufferPointer) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            bytes.withMemoryRebound(to: UInt8.self) { append(json: $0) }
        } else {
            append(json: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Adds a text as a JSON string with its quotes.
    @inline(__always)
    func append(json text: String) {
        var text = text
        text.withUTF8 { append(json: $0) }
    }

    /// Whether nothing in it has to be escaped, eight bytes at a time.
    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while index &+ 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let found =
                (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
            if found & highs != 0 { return false }
            index &+= 8
        }
        while index < raw.count {
            let byte = raw[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return false }
            index &+= 1
        }
        return true
    }

    /// Adds what `write` adds to an array: for the few pieces that are not written straight.
    func append(_ write: (inout [UInt8]) -> Void) {
        var text: [UInt8] = []
        write(&text)
        append(text)
    }

    private func grow(_ extra: Int) {
        capacity = max(capacity * 2, written + extra)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: written)
        base.deallocate()
        base = larger
    }
}
