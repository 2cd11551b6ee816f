import CLibevent
import Glibc

/// The client's end of TLS on a blocking socket.
final class WireTLS {
    /// What a client says of itself in the handshake.
    struct Options: Sendable {
        var authority: String
        var certificate: (chain: String, key: String)?
        var protocols: [String] = ["http/1.1"]
        var versions = TLS1_2_VERSION...TLS1_3_VERSION
        var ciphers: String?
    }

    private let context: OpaquePointer
    let session: OpaquePointer
    /// The server has said that it sends nothing more.
    private(set) var sawCloseNotify = false

    /// Makes the handshake. Throws with OpenSSL's reason if that fails.
    init(_ descriptor: Int32, _ options: Options, resuming: OpaquePointer? = nil) throws {
        context = SSL_CTX_new(TLS_client_method())
        // The session shares the context's store, so that what is loaded below counts.
        session = SSL_new(context)
        guard SSL_CTX_load_verify_file(context, options.authority) == 1 else { throw Self.failure("authority") }
        SSL_set_verify(session, SSL_VERIFY_PEER, nil)
        SSL_ctrl(session, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(options.versions.lowerBound), nil)
        SSL_ctrl(session, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(options.versions.upperBound), nil)
        if let ciphers = options.ciphers { SSL_set_cipher_list(session, ciphers) }
        if let (chain, key) = options.certificate {
            guard SSL_use_certificate_file(session, chain, SSL_FILETYPE_PEM) == 1,
                SSL_use_PrivateKey_file(session, key, SSL_FILETYPE_PEM) == 1
            else { throw Self.failure("certificate") }
        }
        if !options.protocols.isEmpty {
            let list = options.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            SSL_set_alpn_protos(session, list, UInt32(list.count))
        }
        if let resuming { SSL_set_session(session, resuming) }
        SSL_set_fd(session, descriptor)
        ERR_clear_error()
        guard SSL_connect(session) == 1 else { throw Self.failure("handshake") }
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    /// The text of OpenSSL's newest error.
    private static func failure(_ what: String) -> WireError {
        let reason = ERR_reason_error_string(ERR_peek_last_error()).map { String(cString: $0) }
        return WireError(description: "TLS \(what): \(reason ?? "the connection ended")")
    }

    /// The chosen application protocol; empty if there is none.
    var applicationProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session, &start, &count)
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    var version: String { String(cString: SSL_get_version(session)) }
    var wasResumed: Bool { SSL_session_reused(session) == 1 }

    /// The common name of the server's certificate.
    var serverName: String {
        guard let certificate = SSL_get1_peer_certificate(session) else { return "" }
        defer { X509_free(certificate) }
        var name = [CChar](repeating: 0, count: 200)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, &name, 200)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As `send`.
    func write(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        ERR_clear_error()
        return Int(SSL_write(session, bytes, Int32(count)))
    }

    /// As `recv`: 0 at the end, however that came; -1 with `errno` otherwise.
    func read(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        ERR_clear_error()
        let result = Int(SSL_read(session, bytes, Int32(count)))
        guard result <= 0 else { return result }
        let code = errno
        switch SSL_get_error(session, Int32(result)) {
        case SSL_ERROR_ZERO_RETURN:
            sawCloseNotify = true
            return 0
        case SSL_ERROR_WANT_READ:
            errno = EAGAIN
            return -1
        case SSL_ERROR_SYSCALL:
            errno = code
            return -1
        default: return 0
        }
    }

    /// Says close_notify.
    func finish() {
        ERR_clear_error()
        SSL_shutdown(session)
    }
}
