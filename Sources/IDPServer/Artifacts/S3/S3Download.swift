import EventHTTP
import Foundation

/// An object on its way into a file: written, counted and hashed as it comes. Used by one thread at a time until it is
/// finished; what it says after that does not change.
final class S3Download: @unchecked Sendable {
    // Sendable: made, fed and finished by the one thread that runs the attempt; only then given to anybody else, to
    // read what is constant from then on.

    /// How much of the beginning is kept: enough to find the type by.
    private static let prefixBytesMax = 4096

    let path: String
    private(set) var size = 0
    private(set) var sha256: [UInt8] = []
    private(set) var prefix: [UInt8] = []
    private var file: Int32
    private let digest = SHA256Digest()

    /// Makes the file anew.
    init(path: String) throws(FileError) {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileError(call: "open", path: path, number: errno) }
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// Takes the next bytes.
    func take(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(call: "write", path: path, number: errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        if prefix.count < Self.prefixBytesMax {
            prefix.append(contentsOf: bytes.prefix(Self.prefixBytesMax - prefix.count))
        }
        digest.update(bytes)
        size += bytes.count
    }

    /// Ends the file.
    ///
    /// - Throws: `S3Error.corrupt` unless its hash is the expected one, where one is.
    func finish(expected: [UInt8]?) throws {
        sha256 = digest.finish()
        let code = close(file)
        file = -1
        guard code == 0 else { throw FileError(call: "close", path: path, number: errno) }
        if let expected, expected != sha256 { throw S3Error.corrupt }
    }

    /// Removes the file.
    func discard() {
        unlink(path)
    }
}
