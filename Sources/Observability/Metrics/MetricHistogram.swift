/// A distribution of values over fixed buckets. A small copyable handle, resolved when it is registered; recording
/// neither locks nor allocates nor throws.
public struct MetricHistogram: Sendable {
    /// One cell per bucket (not cumulative; the last is everything above the bounds), then the sum.
    @usableFromInline let cells: MetricCells
    /// Finds a value's bucket.
    @usableFromInline let index: BucketIndex
    /// The cell of the sum, which is also the number of buckets.
    @usableFromInline let sumCell: Int
    /// One slot per bucket, if the family keeps exemplars.
    @usableFromInline let exemplars: ExemplarSlots?
    /// The cells of the native buckets, if the family has them; see `NativeBuckets`.
    @usableFromInline let native: NativeCells?

    /// Notes a duration. The fast form: no floating point.
    @inlinable
    @inline(__always)
    public func observe(nanoseconds: UInt64, lane: Lane = .shared) {
        observe(units: nanoseconds, lane: lane)
    }

    /// Notes a value in the small unit of its buckets (nanoseconds for seconds, else as they are).
    @inlinable
    @inline(__always)
    public func observe(units: UInt64, lane: Lane = .shared) {
        cells.add(1, cell: index.bucket(of: units), lane: lane)
        cells.add(units, cell: sumCell, lane: lane)
        if let native { native.cells.add(1, cell: native.index.bucket(of: units), lane: lane) }
    }

    /// Notes a duration in seconds; what is negative or not a number counts as zero.
    public func observe(seconds: Double, lane: Lane = .shared) {
        observe(units: wholeUnits(seconds * 1e9), lane: lane)
    }

    /// Notes a duration; a negative one counts as zero.
    public func observe(_ duration: Duration, lane: Lane = .shared) {
        observe(units: duration.wholeNanoseconds, lane: lane)
    }

    /// Notes a duration and the trace it came from (if the family was made with `exemplars`).
    public func observe(nanoseconds: UInt64, lane: Lane = .shared, exemplar: MetricExemplar) {
        observe(units: nanoseconds, lane: lane)
        exemplars?.record(exemplar, value: nanoseconds, slot: index.bucket(of: nanoseconds))
    }

    /// How many values were noted, over all lanes.
    public var count: UInt64 { (0..<sumCell).reduce(0) { $0 &+ cells.total(cell: $1) } }

    /// The sum of the values in small units, over all lanes.
    public var sumUnits: UInt64 { cells.total(cell: sumCell) }
}

/// What a histogram records its native buckets into.
@usableFromInline
struct NativeCells: Sendable {
    /// `NativeBuckets.cellCount` of them.
    @usableFromInline let cells: MetricCells
    /// `NativeBuckets.index`, which is the same for all.
    @usableFromInline let index: BucketIndex

    /// Cells for one histogram.
    init(cells: MetricCells) {
        self.cells = cells
        index = NativeBuckets.index
    }
}

/// `value` as a whole number; zero for negative numbers and NaN, bounded above so that a sum does not wrap at once.
func wholeUnits(_ value: Double) -> UInt64 {
    guard value > 0 else { return 0 }
    return value < 0x1p62 ? UInt64(value.rounded()) : 1 << 62
}

extension Duration {
    /// Whole nanoseconds, rounded down; zero for negative durations, 2^62 for those beyond 146 years.
    public var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1 << 32 else { return 1 << 62 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
