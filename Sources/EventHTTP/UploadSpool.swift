internal import Dispatch
internal import Glibc
internal import Synchronization

/// A file of the spool could not be written or moved.
public struct UploadSpoolError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call that failed.
    public let call: String
    /// Its `errno`.
    public let code: Int32

    /// Whether the disk (or the quota) had no room.
    public var isFull: Bool { code == ENOSPC || code == EDQUOT }

    /// One sentence for an operator.
    public var description: String { "\(call) failed: \(describe(errno: code))" }
}

/// Where uploads are written while they arrive: a directory, and queues that write and hash so that no loop waits for
/// a disk.
///
/// A file belongs to one queue, so its blocks are written in order; files of different requests are spread over the
/// queues. Files of an earlier process that did not end well are removed at the start.
public final class UploadSpool: Sendable {
    /// Bytes of one block: what is copied once from the socket's buffer and written by one call.
    static let blockBytes = 256 << 10
    /// Free blocks that are kept for reuse; fresh memory of this size costs a page fault for each 4 KiB.
    private static let freeBlocksMax = 32

    /// The directory, without a slash at its end.
    public let directory: String
    /// Memory in blocks above which uploads hand over each read at once and hold back no memory of their own.
    public let bufferedBytesSoftLimit: Int

    private let queues: [DispatchQueue]
    private let fileNumber = Atomic<Int>(0)
    private let bytesOnDisk = Atomic<Int>(0)
    private let blocksInUse = Atomic<Int>(0)
    private let freeBlocks = Mutex<[UploadBlock]>([])

    /// Opens the spool in `directory`, making it if it is not there. Throws `UploadSpoolError` if that fails.
    public init(
        directory: String, queues count: Int = 2, bufferedBytesSoftLimit: Int = 24 << 20
    ) throws(UploadSpoolError) {
        precondition(count > 0, "A spool needs a queue.")
        self.directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        self.bufferedBytesSoftLimit = bufferedBytesSoftLimit
        queues = (0..<count).map { DispatchQueue(label: "idp.spool.\($0)", qos: .userInitiated) }
        if mkdir(self.directory, 0o700) != 0 && errno != EEXIST {
            throw UploadSpoolError(call: "mkdir", code: errno)
        }
        try removeLeftovers()
    }

    /// Bytes of uploads that lie in the directory now.
    public var bytesInUse: Int { bytesOnDisk.load(ordering: .relaxed) }

    /// Bytes of memory in blocks that wait to be written.
    public var bytesBuffered: Int { blocksInUse.load(ordering: .relaxed) * Self.blockBytes }

    /// Whether memory is short, so that nothing should be held back.
    var isUnderPressure: Bool { bytesBuffered > bufferedBytesSoftLimit }

    /// A path that nobody uses, and the queue for its file.
    func makeFile() -> (path: String, queue: DispatchQueue) {
        let number = fileNumber.add(1, ordering: .relaxed).newValue
        return ("\(directory)/upload-\(getpid())-\(number).part", queues[number % queues.count])
    }

    /// An empty block: a used one if there is any.
    func takeBlock() -> UploadBlock {
        blocksInUse.add(1, ordering: .relaxed)
        return freeBlocks.withLock { $0.popLast() } ?? UploadBlock(capacity: Self.blockBytes)
    }

    /// Takes a block back.
    func giveBack(_ block: UploadBlock) {
        blocksInUse.subtract(1, ordering: .relaxed)
        block.count = 0
        freeBlocks.withLock { if $0.count < Self.freeBlocksMax { $0.append(block) } }
    }

    /// Counts bytes that were written.
    func written(bytes: Int) {
        bytesOnDisk.add(bytes, ordering: .relaxed)
    }

    /// Forgets bytes that lie elsewhere or nowhere now.
    func forget(size: Int) {
        bytesOnDisk.subtract(size, ordering: .relaxed)
    }

    /// Removes a file, on a queue: the caller may be a loop.
    func discard(path: String, size: Int) {
        queues[0].async { [self] in
            unlink(path)
            forget(size: size)
        }
    }

    /// Waits until all that was handed to the queues so far is done. For tests and for the end of the process.
    public func settle() {
        for queue in queues { queue.sync {} }
    }

    private func removeLeftovers() throws(UploadSpoolError) {
        guard let listing = opendir(directory) else { throw UploadSpoolError(call: "opendir", code: errno) }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let parts = name.split(separator: "-")
            guard name.hasSuffix(".part"), parts.count == 3, parts[0] == "upload", let pid = pid_t(parts[1]) else {
                continue
            }
            let isOrphan = pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH)
            if isOrphan { unlink("\(directory)/\(name)") }
        }
    }
}

/// One stretch of upload memory.
///
/// `@unchecked Sendable`: it has one owner at a time. The loop fills it, hands it to a queue and lets go of it; the
/// queue writes it and gives it back to the pool, whose lock orders the two.
final class UploadBlock: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let capacity: Int
    var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        base.deallocate()
    }

    /// The bytes in it.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Copies in as much of `source` as there is room for; the number of bytes taken.
    func fill(from source: UnsafeRawBufferPointer) -> Int {
        let taken = min(source.count, capacity - count)
        guard taken > 0, let start = source.baseAddress else { return 0 }
        (base + count).copyMemory(from: start, byteCount: taken)
        count += taken
        return taken
    }
}
