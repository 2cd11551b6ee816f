/// The upper bounds of a histogram's buckets, and the unit that its values are counted in.
///
/// Values and bounds are whole numbers of a small unit (nanoseconds, bytes), so that a value on a bound falls where
/// Prometheus's `le` says, and the sum has no rounding. The exposition shows them in the base unit.
public struct HistogramBuckets: Sendable, Hashable {
    /// Bounds in small units, ascending; the bucket of everything above the last (`+Inf`) is not named.
    public let bounds: [UInt64]
    /// The base unit is 10 to this power of small units: 9 for seconds counted in nanoseconds, 0 for bytes.
    public let unitExponent: Int

    /// Durations, counted in nanoseconds and shown in seconds. `bounds` are seconds, ascending and above zero.
    public static func seconds(_ bounds: [Double]) -> HistogramBuckets {
        HistogramBuckets(bounds: bounds.map { UInt64(($0 * 1e9).rounded()) }, unitExponent: 9)
    }

    /// Sizes or counts, shown as they are.
    public static func units(_ bounds: [UInt64]) -> HistogramBuckets {
        HistogramBuckets(bounds: bounds, unitExponent: 0)
    }

    /// Any number, counted in millionths.
    public static func millionths(_ bounds: [Double]) -> HistogramBuckets {
        HistogramBuckets(bounds: bounds.map { UInt64(($0 * 1e6).rounded()) }, unitExponent: 6)
    }

    /// Bounds in small units; not ascending from above zero is a programmer's error.
    init(bounds: [UInt64], unitExponent: Int) {
        precondition(!bounds.isEmpty && bounds.count <= 62, "A histogram has 1 to 62 bounds.")
        precondition(bounds[0] > 0 && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "Bounds ascend from 0.")
        self.bounds = bounds
        self.unitExponent = unitExponent
    }

    /// HTTP server durations, as OpenTelemetry's semantic conventions 1.44 advise: 5 ms to 10 s.
    public static let http = seconds([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])

    /// Runs of the pipeline and its stages, which take minutes where the file is large: 5 ms to 300 s.
    public static let pipeline = seconds([
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300,
    ])

    /// Bodies: 1 KiB to 64 MiB in powers of four.
    public static let bytes = units((5...13).map { UInt64(1) << (2 * $0) })
}

/// Finds a value's bucket in a few instructions whatever the value: the width of the number in bits and the three bits
/// below its first give the first bucket that can hold it, and few bounds share those.
@usableFromInline
struct BucketIndex: @unchecked Sendable {
    // Sendable: the table is written here, before anybody else can have the pointer, then only read; never freed.

    /// Bytes of first buckets by `key(of:)` come first; at this offset stands the most bounds of one key.
    @usableFromInline static var stepsOffset: Int { 520 }
    /// Where the bounds begin.
    @usableFromInline static var boundsOffset: Int { 528 }
    /// First buckets by key, then the bounds, then a sentinel that stops the scan.
    @usableFromInline let table: UnsafeMutableRawPointer

    /// The index over ascending bounds, at most 255.
    init(_ bounds: [UInt64]) {
        precondition(bounds.count <= 255, "A bucket's number is one byte.")
        let bytes = Self.boundsOffset + (bounds.count + 1) * 8
        table = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        for key in 0..<Self.stepsOffset {
            // The keys of no number (8 to 31) are never asked for.
            let width = UInt64(key >> 3)
            let smallest = key < 32 ? UInt64(key) : (8 + UInt64(key & 7)) << (width - 4)
            let first = bounds.firstIndex { $0 >= smallest } ?? bounds.count
            table.storeBytes(of: UInt8(first), toByteOffset: key, as: UInt8.self)
        }
        let steps = Dictionary(grouping: bounds.map { Self.key(of: $0) }) { $0 }.values.map(\.count).max() ?? 0
        table.storeBytes(of: UInt8(steps), toByteOffset: Self.stepsOffset, as: UInt8.self)
        for (index, bound) in (bounds + [.max]).enumerated() {
            table.storeBytes(of: bound, toByteOffset: Self.boundsOffset + index * 8, as: UInt64.self)
        }
    }

    /// The width of a number in bits and its next three bits; of a number below 8, itself.
    @inlinable
    @inline(__always)
    static func key(of value: UInt64) -> Int {
        let width = 64 &- value.leadingZeroBitCount
        // Without a branch: numbers below 8 have no bits to shift out, and their width would be counted twice.
        let shift = max(width &- 4, 0)
        return (value < 8 ? 0 : width &* 8) &+ Int(truncatingIfNeeded: value &>> UInt64(shift) & 7)
    }

    /// The index of the first bound that is not below `value`; the number of bounds if there is none.
    @inlinable
    @inline(__always)
    func bucket(of value: UInt64) -> Int {
        var index = Int(table.load(fromByteOffset: Self.key(of: value), as: UInt8.self))
        // As often for every value, and without a branch on it: values come in no order that a processor could guess.
        // Past the last bound stands the largest number, which ends the counting.
        for _ in 0..<table.load(fromByteOffset: Self.stepsOffset, as: UInt8.self) {
            let bound = table.load(fromByteOffset: Self.boundsOffset &+ index &* 8, as: UInt64.self)
            index &+= bound < value ? 1 : 0
        }
        return index
    }
}
