internal import Glibc

/// A growing stretch of bytes without reference counting, for memory that a loop reuses.
///
/// Whoever holds it owns its allocation and calls `free`; a plain value, so that access costs no exclusivity check on
/// a class.
struct ByteBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private(set) var capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    /// Frees the bytes; the buffer may not be used after.
    func free() {
        base.deallocate()
    }

    /// The bytes written so far; valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// Forgets the bytes and keeps the memory, unless it is larger than `keepingAtMost` bytes.
    mutating func clear(keepingAtMost limit: Int = 256 << 10) {
        count = 0
        guard capacity > limit else { return }
        base.deallocate()
        capacity = 4 << 10
        base = .allocate(capacity: capacity)
    }

    /// Makes room for `extra` more bytes.
    @inline(__always)
    mutating func reserve(_ extra: Int) {
        if capacity &- count < extra { grow(extra) }
    }

    private mutating func grow(_ extra: Int) {
        capacity = max(capacity * 2, count + extra)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    /// Adds one byte.
    mutating func append(byte: UInt8) {
        reserve(1)
        base[count] = byte
        count &+= 1
    }

    /// Adds a copy of `source`.
    @inline(__always)
    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        reserve(source.count)
        memcpy(base + count, start, source.count)
        count &+= source.count
    }

    /// Adds the bytes of a text of the program.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Adds a decimal number.
    mutating func append(decimal number: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = number.magnitude
            var first = 20
            repeat {
                first -= 1
                digits[first] = UInt8(truncatingIfNeeded: 48 + rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 { append(byte: UInt8(ascii: "-")) }
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[first...]))
        }
    }

    /// Adds a field value, with a space in place of each byte that it may not hold (RFC 9110 §5.5).
    mutating func appendFieldValue(_ value: UnsafeRawBufferPointer) {
        reserve(value.count)
        for byte in value {
            base[count] = ByteClass.isFieldValue(byte) ? byte : UInt8(ascii: " ")
            count &+= 1
        }
    }
}
