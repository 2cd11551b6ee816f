internal import Glibc
internal import Synchronization

/// A file that came in a form and lies in the spool: removed when the last reference goes, unless it was moved away.
public final class UploadedFile: Sendable {
    /// The part's `name`.
    public let fieldName: String
    /// The client's name for the file, if it gave one. Never to be used as a path.
    public let fileName: String?
    /// The part's `Content-Type`, if it had one: the client's word for it.
    public let contentType: String?
    /// Bytes of the file.
    public let size: Int
    /// SHA-256 of the bytes.
    public let sha256: [UInt8]
    /// The first bytes, at most 4,096: enough to find the type by.
    public let prefix: [UInt8]

    private let spool: UploadSpool
    /// The file's path; nil once it was moved away.
    private let location: Mutex<String?>

    init(_ part: PartHead, _ stored: StoredFile, prefix: [UInt8], spool: UploadSpool) {
        fieldName = part.name
        fileName = part.fileName
        contentType = part.contentType
        size = stored.size
        sha256 = stored.sha256
        self.prefix = prefix
        self.spool = spool
        location = Mutex(stored.path)
    }

    deinit {
        if let path = location.withLock({ $0 }) { spool.discard(path: path, size: size) }
    }

    /// Where the file lies now; nil after `move` or `remove`.
    public var path: String? { location.withLock { $0 } }

    /// Removes the file now. Blocks: not for a loop.
    public func remove() {
        location.withLock { location in
            guard let path = location else { return }
            unlink(path)
            location = nil
            spool.forget(size: size)
        }
    }

    /// Moves the file to `target`, over a file that is there, and lets go of it. Blocks: not for a loop. Between file
    /// systems the bytes are copied. Throws `UploadSpoolError`; the file then stays where it was.
    public func move(to target: String) throws(UploadSpoolError) {
        try location.withLock { (location) throws(UploadSpoolError) in
            guard let source = location else { throw UploadSpoolError(call: "move", code: ENOENT) }
            if rename(source, target) != 0 {
                guard errno == EXDEV else { throw UploadSpoolError(call: "rename", code: errno) }
                try copyFile(from: source, to: target)
                unlink(source)
            }
            location = nil
            spool.forget(size: size)
        }
    }
}

/// Copies a file in the kernel; a target that could not be written whole is removed.
private func copyFile(from source: String, to target: String) throws(UploadSpoolError) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw UploadSpoolError(call: "open", code: errno) }
    defer { close(input) }
    let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw UploadSpoolError(call: "open", code: errno) }
    while true {
        let count = sendfile(output, input, nil, 1 << 20)
        if count == 0 { break }
        if count < 0 && errno == EINTR { continue }
        if count < 0 {
            let code = errno
            close(output)
            unlink(target)
            throw UploadSpoolError(call: "sendfile", code: code)
        }
    }
    guard close(output) == 0 else {
        let code = errno
        unlink(target)
        throw UploadSpoolError(call: "close", code: code)
    }
}
