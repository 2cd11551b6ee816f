internal import Dispatch
internal import Glibc
internal import Synchronization

/// One upload on its way to disk: blocks are handed over by the loop and written and hashed on a queue of the spool.
///
/// DESIGN. The file is made by the first block and closed by the last; a small upload is one block, so one hop does it
/// all. Whoever lets go of the file before `take` must `cancel` it: then it is removed, after what was handed over
/// before.
///
/// `@unchecked Sendable`: `descriptor`, `size` and `digest` are touched on `queue` only, which is serial; the rest is
/// constant or behind a lock.
final class SpoolFile: @unchecked Sendable {
    /// What the loop wants to know.
    private struct Progress {
        var blocksOutstanding = 0
        var failure: UploadSpoolError?
        var stored: StoredFile?
        var isCancelled = false
        var isTaken = false
        /// The loop waits for a change.
        var wantsWake = false
    }

    /// Blocks that one upload may have waiting; then its socket is not read.
    private static let blocksOutstandingMax = 2

    private let spool: UploadSpool
    private let memory: UploadMemory
    private let path: String
    private let queue: DispatchQueue
    private let wake: BodySinkWaker
    private let progress = Mutex(Progress())
    private var descriptor: Int32 = -1
    private var size = 0
    private let digest = SHA256Digest()

    /// A file in `spool`; nothing is on disk before the first block. `wake` is called on a queue.
    init(spool: UploadSpool, wake: @escaping BodySinkWaker) {
        self.spool = spool
        memory = spool.memory
        self.wake = wake
        (path, queue) = spool.makeFile()
    }

    /// Hands a block over; `isLast` ends the file.
    func submit(_ block: UploadBlock, isLast: Bool) {
        progress.withLock { $0.blocksOutstanding += 1 }
        queue.async { [self] in
            let failure = write(block, isLast: isLast)
            memory.giveBack(block)
            let shouldWake = progress.withLock { progress in
                progress.blocksOutstanding -= 1
                progress.failure = progress.failure ?? failure
                defer { progress.wantsWake = false }
                return progress.wantsWake
            }
            if shouldWake { wake() }
        }
    }

    /// Whether so much waits to be written that the socket should rest; if so, `wake` will be called.
    var isSaturated: Bool {
        let limit = memory.isUnderPressure ? 1 : Self.blocksOutstandingMax
        return progress.withLock { progress in
            guard progress.blocksOutstanding >= limit else { return false }
            progress.wantsWake = true
            return true
        }
    }

    /// Throws if writing has failed.
    func check() throws(Refusal) {
        if let failure = progress.withLock({ $0.failure }) { throw .spoolFailed(isFull: failure.isFull) }
    }

    /// The file once it is whole; nil if it is not yet, and `wake` will be called. The caller then owns what lies on
    /// disk.
    func take() throws(Refusal) -> StoredFile? {
        let (stored, failure) = progress.withLock { progress in
            if progress.stored == nil && progress.failure == nil { progress.wantsWake = true }
            return (progress.stored, progress.failure)
        }
        if let failure { throw .spoolFailed(isFull: failure.isFull) }
        return stored
    }

    /// What `take` gave belongs to someone else now: `cancel` leaves it alone.
    func letGo() {
        progress.withLock { $0.isTaken = true }
    }

    /// Removes whatever was written.
    func cancel() {
        let mustRemove = progress.withLock { progress in
            defer { progress.isCancelled = true }
            return !progress.isCancelled && !progress.isTaken
        }
        guard mustRemove else { return }
        queue.async { [self] in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
            unlink(path)
            spool.forget(size: size)
            size = 0
        }
    }

    // MARK: On the queue

    private func write(_ block: UploadBlock, isLast: Bool) -> UploadSpoolError? {
        let isOver = progress.withLock { $0.isCancelled || $0.failure != nil }
        guard !isOver else { return nil }
        if descriptor < 0 {
            descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return UploadSpoolError(call: "open", code: errno) }
        }
        if let failure = writeAll(block.bytes) { return failure }
        digest.update(block.bytes)
        guard isLast else { return nil }
        let isClosed = close(descriptor) == 0
        descriptor = -1
        guard isClosed else { return UploadSpoolError(call: "close", code: errno) }
        let stored = StoredFile(path: path, size: size, sha256: digest.finish())
        progress.withLock { $0.stored = stored }
        return nil
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> UploadSpoolError? {
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return UploadSpoolError(call: "write", code: count < 0 ? errno : EIO) }
            offset += count
            size += count
            spool.written(bytes: count)
        }
        return nil
    }
}
