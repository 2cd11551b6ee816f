internal import CLibevent

/// A SHA-256 that is fed bit by bit, by OpenSSL.
///
/// Owns its context: made in `init`, freed in `deinit`. One thread at a time may use it; an upload's digest belongs to
/// the queue that writes the file.
public struct SHA256Digest: ~Copyable {
    private let context: OpaquePointer

    /// An empty one.
    public init() {
        // Both fail only without memory, or if the library was built without SHA-256.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL gives no SHA-256.")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        let isDone = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        precondition(isDone, "SHA-256 over bytes in memory does not fail.")
    }

    /// The hash of all that was added, 32 bytes; nothing may be added after.
    public func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let isDone = EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1
            precondition(isDone, "SHA-256 does not fail at its end.")
            count = 32
        }
    }

    /// The hash of parts, each with its length before it, so that no two lists of parts are hashed as the same bytes.
    public static func hash(_ parts: [[UInt8]]) -> [UInt8] {
        let digest = SHA256Digest()
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).bigEndian) { digest.update($0) }
            part.withUnsafeBytes { digest.update($0) }
        }
        return digest.finish()
    }
}
