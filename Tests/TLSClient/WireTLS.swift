internal import CLibevent
internal import Glibc

/// What went wrong on a client's side of the wire, in words.
public struct WireError: Error, CustomStringConvertible {
    public var description: String

    public init(description: String) {
        self.description = description
    }
}

/// The client's end of TLS on a blocking socket.
///
/// In a target of its own: a file that sees OpenSSL's headers beside Glibc loses sight of parts of the latter.
public final class WireTLS {
    /// A version of the protocol.
    public enum Version: Int32, Sendable, CaseIterable, Comparable {
        case tls10 = 0x301
        case tls11, tls12, tls13

        public static func < (a: Version, b: Version) -> Bool { a.rawValue < b.rawValue }
    }

    /// What a client says of itself in the handshake.
    public struct Options: Sendable {
        public var authority: String
        public var certificate: (chain: String, key: String)?
        public var protocols: [String] = ["http/1.1"]
        public var versions = Version.tls12...Version.tls13
        public var ciphers: String?

        public init(authority: String, certificate: (chain: String, key: String)? = nil) {
            self.authority = authority
            self.certificate = certificate
        }
    }

    /// What a later connection can begin with.
    public final class Ticket {
        fileprivate let session: OpaquePointer

        fileprivate init(_ session: OpaquePointer) {
            self.session = session
        }

        deinit { SSL_SESSION_free(session) }
    }

    private let context: OpaquePointer
    private let session: OpaquePointer
    /// The server has said that it sends nothing more.
    public private(set) var sawCloseNotify = false

    /// Makes the handshake. Throws with OpenSSL's reason if that fails.
    public init(_ descriptor: Int32, _ options: Options, resuming: Ticket? = nil) throws {
        context = SSL_CTX_new(TLS_client_method())
        // The session shares the context's store, so that what is loaded below counts.
        session = SSL_new(context)
        guard SSL_CTX_load_verify_file(context, options.authority) == 1 else { throw Self.failure("authority") }
        SSL_set_verify(session, SSL_VERIFY_PEER, nil)
        SSL_ctrl(session, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(options.versions.lowerBound.rawValue), nil)
        SSL_ctrl(session, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(options.versions.upperBound.rawValue), nil)
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
        if let resuming { SSL_set_session(session, resuming.session) }
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
    public var applicationProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session, &start, &count)
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// The version in use, as OpenSSL writes it.
    public var version: String { String(cString: SSL_get_version(session)) }
    /// Whether an earlier session goes on.
    public var wasResumed: Bool { SSL_session_reused(session) == 1 }

    /// The common name of the server's certificate.
    public var serverName: String {
        guard let certificate = SSL_get1_peer_certificate(session) else { return "" }
        defer { X509_free(certificate) }
        var name = [CChar](repeating: 0, count: 200)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, &name, 200)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As `send`.
    public func write(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        ERR_clear_error()
        return Int(SSL_write(session, bytes, Int32(count)))
    }

    /// As `recv`: 0 at the end, however that came; -1 with `errno` otherwise.
    public func read(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
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

    /// What a later connection can begin with, as far as the server has given it; nil before the handshake.
    public var ticket: Ticket? { SSL_get1_session(session).map { Ticket($0) } }

    /// Asks for another handshake on the connection; whether the server made it.
    public func renegotiate() -> Bool { SSL_renegotiate(session) == 1 && SSL_do_handshake(session) == 1 }

    /// Says close_notify.
    public func finish() {
        ERR_clear_error()
        SSL_shutdown(session)
    }
}
