internal import Synchronization

/// The trace that a measurement came from, shown beside a counter or a bucket in OpenMetrics.
public struct MetricExemplar: Sendable, Hashable {
    /// The high half of the trace id.
    public let traceIDHigh: UInt64
    /// The low half of the trace id.
    public let traceIDLow: UInt64
    /// The span that was measured.
    public let spanID: UInt64
    /// When, in milliseconds since 1970 UTC (given from above: this target reads no wall clock).
    public let unixMilliseconds: UInt64

    /// An exemplar that points to the span of `context`.
    public init(_ context: TraceContext, unixMilliseconds: UInt64) {
        self.traceIDHigh = context.traceIDHigh
        self.traceIDLow = context.traceIDLow
        self.spanID = context.spanID
        self.unixMilliseconds = unixMilliseconds
    }
}

// DESIGN: one slot per bucket, the latest wins.
//
// A slot is a sequence lock over five words, every one of them atomic, so that no access is a data race. A writer
// takes the slot by moving an even sequence number to the next odd one; if somebody else has it, it gives up (the
// other exemplar is as good). A reader that meets an odd or a changed number shows nothing for this scrape.
// Only measurements of sampled traces come here, so it may cost some nanoseconds.

/// The exemplar slots of one instrument.
@usableFromInline
struct ExemplarSlots: @unchecked Sendable {
    // Sendable: `words` points to atomics that are never freed (see MetricCells).

    private static let wordsPerSlot = 8
    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    /// Empty slots.
    init(count: Int) {
        let total = count * Self.wordsPerSlot
        let memory = UnsafeMutableRawPointer.allocate(byteCount: total * 8, alignment: 64)
        words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: total)
        for index in 0..<total { (words + index).initialize(to: Atomic(0)) }
    }

    /// Notes `exemplar` for a value (in the instrument's units), unless another thread is just writing this slot.
    @usableFromInline
    func record(_ exemplar: MetricExemplar, value: UInt64, slot: Int) {
        let word = words + slot * Self.wordsPerSlot
        let sequence = word.pointee.load(ordering: .relaxed)
        guard sequence & 1 == 0 else { return }
        let (taken, _) = word.pointee.compareExchange(
            expected: sequence, desired: sequence &+ 1, ordering: .acquiring)
        guard taken else { return }
        // The odd number must be visible before any of the words that follow.
        atomicMemoryFence(ordering: .releasing)
        (word + 1).pointee.store(exemplar.traceIDHigh, ordering: .relaxed)
        (word + 2).pointee.store(exemplar.traceIDLow, ordering: .relaxed)
        (word + 3).pointee.store(exemplar.spanID, ordering: .relaxed)
        (word + 4).pointee.store(exemplar.unixMilliseconds, ordering: .relaxed)
        (word + 5).pointee.store(value, ordering: .relaxed)
        word.pointee.store(sequence &+ 2, ordering: .releasing)
    }

    /// The slot's exemplar and value, if it has one and nobody is writing it.
    func read(slot: Int) -> (exemplar: MetricExemplar, value: UInt64)? {
        let word = words + slot * Self.wordsPerSlot
        let before = word.pointee.load(ordering: .acquiring)
        guard before != 0, before & 1 == 0 else { return nil }
        let context = TraceContext(
            traceIDHigh: (word + 1).pointee.load(ordering: .relaxed),
            traceIDLow: (word + 2).pointee.load(ordering: .relaxed),
            spanID: (word + 3).pointee.load(ordering: .relaxed), flags: 1)
        let time = (word + 4).pointee.load(ordering: .relaxed)
        let value = (word + 5).pointee.load(ordering: .relaxed)
        atomicMemoryFence(ordering: .acquiring)
        guard word.pointee.load(ordering: .relaxed) == before else { return nil }
        return (MetricExemplar(context, unixMilliseconds: time), value)
    }
}
