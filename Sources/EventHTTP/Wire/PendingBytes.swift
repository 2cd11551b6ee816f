internal import Glibc

/// Input of a connection that cannot be read yet: the beginning of a head, or requests sent ahead. No memory while
/// there is none, which is how nearly all idle connections are.
///
/// Owned by one connection, which frees it in its `deinit`.
struct PendingBytes {
    private var base: UnsafeMutablePointer<UInt8>?
    private var start = 0
    private var end = 0
    private var capacity = 0

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base.map { $0 + start }, count: count)
    }

    /// Adds a copy of `source`, which may not be part of these bytes.
    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let first = source.baseAddress, source.count > 0 else { return }
        if capacity - end < source.count { makeRoom(for: source.count) }
        guard let base else { return }
        memcpy(base + end, first, source.count)
        end += source.count
    }

    /// Drops the first `number` bytes; the memory goes with the last.
    mutating func removeFirst(_ number: Int) {
        start += number
        if start == end { clear() }
    }

    /// Drops all, and the memory.
    mutating func clear() {
        base?.deallocate()
        self = PendingBytes()
    }

    private mutating func makeRoom(for extra: Int) {
        let needed = count + extra
        let larger = UnsafeMutablePointer<UInt8>.allocate(
            capacity: max(needed, min(needed * 2, needed + 64 << 10), 512))
        if let base {
            memcpy(larger, base + start, count)
            base.deallocate()
        }
        capacity = max(needed, min(needed * 2, needed + 64 << 10), 512)
        end = count
        start = 0
        base = larger
    }
}
