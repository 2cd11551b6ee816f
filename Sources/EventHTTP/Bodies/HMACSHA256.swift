internal import CLibevent

/// Authentication codes by a shared key (RFC 2104 with SHA-256), by OpenSSL.
public enum HMACSHA256 {
    /// The code of a message, 32 bytes. Any thread.
    public static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length = 0
            let code = EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, buffer.baseAddress,
                buffer.count, &length)
            // It fails without memory only, or if the library was built without SHA-256.
            precondition(code != nil && length == 32, "OpenSSL gives no HMAC.")
            count = length
        }
    }
}
