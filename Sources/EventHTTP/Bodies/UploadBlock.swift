internal import Glibc
internal import Synchronization

/// The memory of all uploads of a spool: blocks that are reused, and a limit.
///
/// DESIGN. Fresh memory of a block's size costs a page fault for each 4 KiB, so some blocks are kept. Above half of the
/// limit uploads hand over each read at once and hold nothing back; at the limit sockets rest, and each block that
/// comes back wakes one that waits. What has been read by then still has to be put somewhere: it gets a block of its
/// own size.
final class UploadMemory: Sendable {
    /// Bytes of a block: what is copied once from the socket's buffer and written by one call.
    static let blockBytes = 256 << 10
    private static let freeBlocksMax = 32

    private struct State {
        var free: [UploadBlock] = []
        var waiters: [(id: ObjectIdentifier, wake: BodySinkWaker)] = []
    }

    let limitBytes: Int
    private let inUse = Atomic<Int>(0)
    private let state = Mutex(State())

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// Bytes in blocks that are being filled or wait to be written.
    var bytesInUse: Int { inUse.load(ordering: .relaxed) }

    /// Nothing should be held back.
    var isUnderPressure: Bool { bytesInUse > limitBytes / 2 }

    /// Nothing should be read.
    var isExhausted: Bool { bytesInUse >= limitBytes }

    /// An empty block for at least some of `count` bytes.
    func take(for count: Int) -> UploadBlock {
        let capacity = isExhausted ? max(count, 4 << 10) : Self.blockBytes
        inUse.add(capacity, ordering: .relaxed)
        guard capacity == Self.blockBytes else { return UploadBlock(capacity: capacity) }
        return state.withLock { $0.free.popLast() } ?? UploadBlock(capacity: capacity)
    }

    /// Takes a block back, and wakes one who waits for it.
    func giveBack(_ block: UploadBlock) {
        inUse.subtract(block.capacity, ordering: .relaxed)
        block.count = 0
        let wake = state.withLock { state in
            if block.capacity == Self.blockBytes && state.free.count < Self.freeBlocksMax { state.free.append(block) }
            return state.waiters.isEmpty ? nil : state.waiters.removeFirst().wake
        }
        wake?()
    }

    /// Wants `wake` once when a block has come back. `waiter` is in the line once, however often it asks.
    func wait(_ waiter: AnyObject, wake: @escaping BodySinkWaker) {
        let id = ObjectIdentifier(waiter)
        state.withLock { state in
            guard !state.waiters.contains(where: { $0.id == id }) else { return }
            state.waiters.append((id, wake))
        }
    }

    /// Leaves the line.
    func leave(_ waiter: AnyObject) {
        let id = ObjectIdentifier(waiter)
        state.withLock { state in state.waiters.removeAll { $0.id == id } }
    }
}

/// One stretch of upload memory, mapped for itself: the allocator would keep what was freed, and what uploads needed at
/// their height would stay with the process.
///
/// `@unchecked Sendable`: it has one owner at a time. The loop fills it, hands it to a queue and lets go of it; the
/// queue writes it and gives it back to the pool, whose lock orders the two.
final class UploadBlock: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let capacity: Int
    var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        let memory = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { preconditionFailure("The process has no memory left.") }
        base = memory
    }

    deinit {
        munmap(base, capacity)
    }

    /// The bytes in it.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// What is left of it.
    var room: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count)
    }

    /// Takes in as much of `source` as there is room for, without a copy of what lies at `room`'s beginning already;
    /// the number of bytes taken.
    func fill(from source: UnsafeRawBufferPointer) -> Int {
        let taken = min(source.count, capacity - count)
        guard taken > 0, let start = source.baseAddress else { return 0 }
        if start != UnsafeRawPointer(base + count) { (base + count).copyMemory(from: start, byteCount: taken) }
        count += taken
        return taken
    }
}
