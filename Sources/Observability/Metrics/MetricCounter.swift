internal import Synchronization

/// A count of events that only goes up. A small copyable handle, resolved when it is registered; recording neither
/// locks nor allocates nor throws.
public struct MetricCounter: Sendable {
    /// One cell: the count.
    @usableFromInline let cells: MetricCells
    /// One slot, if the family keeps exemplars.
    @usableFromInline let exemplars: ExemplarSlots?

    /// Counts `amount` events on a lane that the calling thread owns, or on `Lane.shared`.
    @inlinable
    @inline(__always)
    public func increment(by amount: UInt64 = 1, lane: Lane = .shared) {
        cells.add(amount, cell: 0, lane: lane)
    }

    /// The same, and remembers the trace it came from (if the family was made with `exemplars`).
    public func increment(by amount: UInt64 = 1, lane: Lane = .shared, exemplar: MetricExemplar) {
        increment(by: amount, lane: lane)
        exemplars?.record(exemplar, value: amount, slot: 0)
    }

    /// The sum over all lanes; lags behind writers on other threads by what their stores need to be seen.
    public var value: UInt64 { cells.total(cell: 0) }
}

/// A sum that goes up and down, such as requests in flight. Sharded like a counter: an addition on one lane and the
/// matching subtraction on another come out right in the sum. Exposed as a gauge.
public struct MetricUpDownCounter: Sendable {
    /// One cell: the sum in two's complement.
    @usableFromInline let cells: MetricCells

    /// Adds (or with a negative number subtracts) on a lane that the calling thread owns, or on `Lane.shared`.
    @inlinable
    @inline(__always)
    public func add(_ amount: Int64, lane: Lane = .shared) {
        cells.add(UInt64(bitPattern: amount), cell: 0, lane: lane)
    }

    /// The sum over all lanes.
    public var value: Int64 { Int64(bitPattern: cells.total(cell: 0)) }
}

/// A value that is set, or moved up and down. One cell, written atomically by any thread.
public struct MetricGauge: Sendable {
    /// One cell, in lane 0: the bits of a Double.
    let cells: MetricCells

    /// Sets the value.
    public func set(_ value: Double) {
        cells.pointer(cell: 0, lane: 0).pointee.store(value.bitPattern, ordering: .relaxed)
    }

    /// Sets the value.
    public func set(_ value: Int) {
        set(Double(value))
    }

    /// Adds to the value.
    public func add(_ amount: Double) {
        let cell = cells.pointer(cell: 0, lane: 0)
        var seen = cell.pointee.load(ordering: .relaxed)
        while true {
            let sum = Double(bitPattern: seen) + amount
            let (done, now) = cell.pointee.weakCompareExchange(
                expected: seen, desired: sum.bitPattern, ordering: .relaxed)
            if done { return }
            seen = now
        }
    }

    /// The value last set.
    public var value: Double { Double(bitPattern: cells.pointer(cell: 0, lane: 0).pointee.load(ordering: .relaxed)) }
}
