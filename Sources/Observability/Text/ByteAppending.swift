extension [UInt8] {
    /// Appends a string's bytes as one copy. (`append(contentsOf: text.utf8)` goes byte by byte through an iterator
    /// in places where lines and expositions are made; measured at several times the cost.)
    @inline(__always)
    mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }

    /// Appends what `fill` writes into `capacity` bytes of the stack; it gives the range that it filled.
    @inline(__always)
    mutating func append(capacity: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Range<Int>) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { scratch in
            let filled = fill(scratch)
            append(contentsOf: UnsafeBufferPointer(rebasing: scratch[filled]))
        }
    }
}
