public import Synchronization

// DESIGN: where the numbers live.
//
// A cell is one 64-bit counter. An instrument owns a run of cells (a counter one, a histogram one per bucket and one
// for its sum), and each lane has its own copy of the run. Copies of one lane lie side by side in that lane's part of
// a chunk; parts are whole cache lines, so two lanes never share one:
//
//     chunk:  | lane 0: 512 cells | pad | lane 1: 512 cells | pad | lane 2 … |
//
// The distance between a cell and its copy in the next lane is a constant, so a handle is a pointer and a lane count,
// and recording is: one compare, one multiply, one load, one store.
//
// An exclusive lane is written by one thread (or one serial queue) only. It loads, adds and stores with relaxed
// ordering: no other writer can come between, and a reader sees either value whole. Lane 0 may be written by anybody,
// with an atomic addition. A scrape adds the copies up. Nothing orders one cell against another; a scrape may see a
// request counted whose duration is not there yet.
//
// Chunks are never freed: a handle may be copied anywhere and must never dangle, and a registry lives as long as its
// process. (A registry per test costs a test run some kilobytes.)

/// The run of cells of one instrument, in all lanes. A copyable handle.
public struct MetricCells: @unchecked Sendable {
    // Sendable: `first` points to memory that is never freed and holds only `Atomic<UInt64>`, which any thread may
    // use; the type is `@unchecked` only because a raw pointer cannot say so.

    /// Bytes from a cell to its copy in the next lane: 512 cells and one cache line, so that the copies do not all
    /// fall into the same cache set.
    @usableFromInline static var laneStrideBytes: Int { 512 * 8 + 64 }

    /// The first cell of lane 0.
    @usableFromInline let first: UnsafeMutableRawPointer
    /// Lanes 1 through this one have a single writer each.
    @usableFromInline let exclusiveLanes: UInt

    /// A run that begins at `first` in lane 0.
    init(first: UnsafeMutableRawPointer, exclusiveLanes: UInt) {
        self.first = first
        self.exclusiveLanes = exclusiveLanes
    }

    /// Adds to a cell of a lane.
    @inlinable
    @inline(__always)
    func add(_ amount: UInt64, cell: Int, lane: Lane) {
        // One comparison tells an exclusive lane from lane 0 and from an index that does not exist.
        if UInt(bitPattern: lane.index &- 1) < exclusiveLanes {
            let own = pointer(cell: cell, lane: lane.index)
            own.pointee.store(own.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
        } else {
            pointer(cell: cell, lane: 0).pointee.wrappingAdd(amount, ordering: .relaxed)
        }
    }

    /// The sum of a cell over all lanes.
    func total(cell: Int) -> UInt64 {
        var sum: UInt64 = 0
        for lane in 0...Int(exclusiveLanes) {
            sum &+= pointer(cell: cell, lane: lane).pointee.load(ordering: .relaxed)
        }
        return sum
    }

    /// The sums of the first cells over all lanes, one for each element of `sums`. Lane by lane, so that memory is read
    /// in the order in which it lies.
    func totals(into sums: UnsafeMutableBufferPointer<UInt64>) {
        sums.initialize(repeating: 0)
        for lane in 0...Int(exclusiveLanes) {
            let cells = pointer(cell: 0, lane: lane)
            for cell in sums.indices { sums[cell] &+= cells[cell].load(ordering: .relaxed) }
        }
    }

    /// The sums of the first `count` cells over all lanes.
    func totals(_ count: Int) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: count) { sums, filled in
            totals(into: UnsafeMutableBufferPointer(rebasing: sums[..<count]))
            filled = count
        }
    }

    /// A cell of a lane; valid as long as the process.
    @inlinable
    @inline(__always)
    func pointer(cell: Int, lane: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (first + (lane &* Self.laneStrideBytes &+ cell &* 8)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// Hands out runs of cells. Not thread-safe: the registry calls it under its lock.
struct MetricCellArena {
    private static let cellsPerChunk = 512

    private let exclusiveLanes: Int
    private var chunk: UnsafeMutableRawPointer?
    private var used = 0

    /// An arena for this many lanes beside the shared one.
    init(exclusiveLanes: Int) {
        self.exclusiveLanes = exclusiveLanes
    }

    /// A run of `count` zeroed cells, at most 512.
    mutating func allocate(_ count: Int) -> MetricCells {
        precondition(count <= Self.cellsPerChunk, "An instrument may have at most 512 cells.")
        if chunk == nil || used + count > Self.cellsPerChunk {
            chunk = makeChunk()
            used = 0
        }
        guard let chunk else { preconditionFailure("The chunk was made just above.") }
        defer { used += count }
        return MetricCells(first: chunk + used * 8, exclusiveLanes: UInt(exclusiveLanes))
    }

    private func makeChunk() -> UnsafeMutableRawPointer {
        let bytes = (exclusiveLanes + 1) * MetricCells.laneStrideBytes
        // 128: some processors fetch cache lines in pairs.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 128)
        let cells = memory.bindMemory(to: Atomic<UInt64>.self, capacity: bytes / 8)
        for index in 0..<(bytes / 8) { (cells + index).initialize(to: Atomic(0)) }
        return memory
    }
}

// Sendable: the chunk it points to is shared memory of atomics that is never freed; the arena itself is a value that
// stands under the registry's lock.
extension MetricCellArena: @unchecked Sendable {}
