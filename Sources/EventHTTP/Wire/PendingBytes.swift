internal import Glibc

/// Input of a connection that cannot be read yet: the beginning of a head, or requests sent ahead. No memory while
/// there is none, which is how nearly all idle connections are.
///
/// Owned by one connection, which frees it in its `deinit`.
struct PendingBytes {
    private var base: UnsafeMutablePointer<UInt8>?
    // Of 32 bits: every idle connection has these, and what may wait is limited far below 4 GiB.
    private var start: UInt32 = 0
    private var end: UInt32 = 0
    private var capacity: UInt32 = 0

    var count: Int { Int(end - start) }
    var isEmpty: Bool { start == end }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base.map { $0 + Int(start) }, count: count)
    }

    /// Adds a copy of `source`, which may not be part of these bytes.
    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let first = source.baseAddress, source.count > 0 else { return }
        if Int(capacity - end) < source.count { makeRoom(for: source.count) }
        guard let base else { return }
        memcpy(base + Int(end), first, source.count)
        end += UInt32(source.count)
    }

    /// Drops the first `number` bytes; the memory goes with the last.
    mutating func removeFirst(_ number: Int) {
        start += UInt32(number)
        if start == end { clear() }
    }

    /// Drops all, and the memory.
    mutating func clear() {
        base?.deallocate()
        self = PendingBytes()
    }

    private mutating func makeRoom(for extra: Int) {
        let needed = count + extra
        let room = max(needed, min(needed * 2, needed + 64 << 10), 512)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        if let base {
            memcpy(larger, base + Int(start), count)
            base.deallocate()
        }
        capacity = UInt32(room)
        end = UInt32(count)
        start = 0
        base = larger
    }
}
