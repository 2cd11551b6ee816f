import Foundation

/// A file or folder that one process has for itself, or shares with others that say so (flock(2)), for as long as the
/// object lives; the kernel lets go of it when the process dies. The file stays.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Parameter whose: what the other process would be doing, for the error.
    /// - Throws: also when another process has it.
    convenience init(_ path: String, whose: String, isShared: Bool = false) throws(FileError) {
        try self.init(
            path, O_RDWR | O_CREAT, isShared ? LOCK_SH : LOCK_EX,
            refusal: "flock (is another idp-server \(whose)?)")
    }

    /// - Throws: also when another process has it.
    convenience init(folder path: String) throws(FileError) {
        try self.init(path, O_RDONLY | O_DIRECTORY, LOCK_EX, refusal: "flock")
    }

    private init(_ path: String, _ flags: Int32, _ operation: Int32, refusal: String) throws(FileError) {
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(call: "open", path: path, number: errno) }
        guard flock(descriptor, operation | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            throw FileError(call: refusal, path: path, number: number)
        }
    }

    deinit { close(descriptor) }
}
