/// Which records of a partition are done with, so that what is committed never passes one that is not.
///
/// A pure value. Records are begun in the order of their offsets, which may have gaps (transactions, compaction), and
/// end in any order.
struct OffsetTracker {
    private var open = FIFO<Int64>()
    private var ended: Set<Int64> = []
    private var last: Int64?

    /// Where the partition would be read on if everything stopped now; nil before the first record.
    var next: Int64? { open.first ?? last.map { $0 + 1 } }

    /// Records that have begun and not ended.
    var openCount: Int { open.count - ended.count }

    /// A record has come; false when it had come before.
    mutating func begin(_ offset: Int64) -> Bool {
        if let last, offset <= last { return false }
        last = offset
        open.append(offset)
        return true
    }

    /// A record that has begun is done with.
    ///
    /// - Returns: the offset to go on from, if that has moved.
    mutating func end(_ offset: Int64) -> Int64? {
        guard open.first == offset else {
            ended.insert(offset)
            return nil
        }
        _ = open.popFirst()
        while let first = open.first, ended.remove(first) != nil { _ = open.popFirst() }
        return next
    }
}
