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
    /// The directory, without a slash at its end.
    public let directory: String
    /// The memory that all uploads share.
    let memory: UploadMemory

    private let queues: [DispatchQueue]
    private let fileNumber = Atomic<Int>(0)
    private let bytesOnDisk = Atomic<Int>(0)

    /// Opens the spool in `directory`, making it if it is not there; one spool to a directory. All its uploads together
    /// hold at most `bufferedBytesLimit` bytes of memory, and a few for each that is being read. Throws
    /// `UploadSpoolError` if the directory cannot be used.
    public init(
        directory: String, queues count: Int = 2, bufferedBytesLimit: Int = 24 << 20
    ) throws(UploadSpoolError) {
        precondition(count > 0, "A spool needs a queue.")
        self.directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        memory = UploadMemory(limitBytes: bufferedBytesLimit)
        queues = (0..<count).map { DispatchQueue(label: "idp.spool.\($0)", qos: .userInitiated) }
        if mkdir(self.directory, 0o700) != 0 && errno != EEXIST {
            throw UploadSpoolError(call: "mkdir", code: errno)
        }
        try removeLeftovers()
    }

    /// Bytes of uploads that lie in the directory now.
    public var bytesInUse: Int { bytesOnDisk.load(ordering: .relaxed) }

    /// Bytes of memory in blocks that wait to be written.
    public var bytesBuffered: Int { memory.bytesInUse }

    /// A path that nobody uses, and the queue for its file.
    func makeFile() -> (path: String, queue: DispatchQueue) {
        let number = fileNumber.add(1, ordering: .relaxed).newValue
        return ("\(directory)/upload-\(getpid())-\(number).part", queues[number % queues.count])
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
