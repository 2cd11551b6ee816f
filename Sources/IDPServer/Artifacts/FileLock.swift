import Foundation

/// A file that one process has for itself (flock(2)) for as long as the object lives; the kernel lets go of it when the
/// process dies. The file stays.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Parameter whose: what the other process would be doing, for the error.
    /// - Throws: also when another process has it.
    init(_ path: String, whose: String) throws(FileError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(call: "open", path: path, number: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            throw FileError(call: "flock (is another idp-server \(whose)?)", path: path, number: number)
        }
    }

    deinit { close(descriptor) }
}
