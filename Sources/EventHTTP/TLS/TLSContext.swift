internal import CLibevent
internal import Glibc

/// What handshakes are made with: one `SSL_CTX`, filled from files and never changed after.
///
/// TLS 1.2 and 1.3, forward secret ciphers with authentication only, no renegotiation, no compression, ALPN `http/1.1`.
/// Clients resume by tickets that live for an hour at most and die with the context, that is at a reload too. A client
/// that has to show a certificate gets none: each connection proves anew who it is.
///
/// `@unchecked Sendable`: OpenSSL counts references of an `SSL_CTX` atomically and lets any thread make sessions of one
/// that is not changed (openssl-threads(7)); it is changed in `init` only.
final class TLSContext: @unchecked Sendable {
    /// Owned; freed in `deinit`. Sessions keep it alive by a reference of their own.
    private let context: OpaquePointer

    /// Seconds that a ticket is good for.
    private static let ticketSeconds = 3600

    /// Reads the files. Throws what is wrong with the first bad one.
    init(_ configuration: TLSConfiguration) throws(TLSConfigurationError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw TLSConfigurationError(
                file: .certificate, path: configuration.certificatePath, reason: "finds no memory")
        }
        self.context = context
        setRules()
        try loadIdentity(configuration)
        try askClients(configuration)
        ERR_clear_error()
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// The server's end of a new session; nil without memory. The caller owns it (`SSL_free`).
    func makeSession() -> OpaquePointer? { SSL_new(context) }

    private func setRules() {
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        // The ciphers of TLS 1.2; those of 1.3 are all of this kind.
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20")
        SSL_CTX_set_options(context, idp_tls_options)
        // An idle connection keeps no buffers.
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        SSL_CTX_set_timeout(context, Self.ticketSeconds)
        SSL_CTX_set_session_id_context(context, "idp", 3)
        SSL_CTX_set_alpn_select_cb(context, alpnSelectCallback, nil)
        // Without this OpenSSL asks for the pass phrase of an encrypted key on the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    }

    private func loadIdentity(_ configuration: TLSConfiguration) throws(TLSConfigurationError) {
        let certificate = configuration.certificatePath
        try probe(.certificate, certificate)
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw refusal(.certificate, certificate, "is not a chain of PEM certificates")
        }
        let key = configuration.keyPath
        try probe(.key, key)
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw refusal(.key, key, "is not an unencrypted PEM key that belongs to \"\(certificate)\"")
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw refusal(.key, key, "does not belong to \"\(certificate)\"")
        }
    }

    private func askClients(_ configuration: TLSConfiguration) throws(TLSConfigurationError) {
        guard configuration.clientCertificates != .off else { return }
        guard let path = configuration.clientAuthoritiesPath else {
            throw TLSConfigurationError(file: .clientAuthorities, path: "", reason: "must be named to ask clients")
        }
        try probe(.clientAuthorities, path)
        // The names are told to clients, so that they find the certificate that will do; the context takes the list.
        guard SSL_CTX_load_verify_file(context, path) == 1, let names = SSL_load_client_CA_file(path) else {
            throw refusal(.clientAuthorities, path, "is not a list of PEM certificates")
        }
        SSL_CTX_set_client_CA_list(context, names)
        let isRequired = configuration.clientCertificates == .require
        SSL_CTX_set_verify(
            context, SSL_VERIFY_PEER | (isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
        SSL_CTX_set_options(context, idp_tls_no_tickets)
        SSL_CTX_set_num_tickets(context, 0)
    }

    /// Throws if the file cannot be opened, in words that OpenSSL's queue does not have.
    private func probe(_ file: TLSConfigurationError.File, _ path: String) throws(TLSConfigurationError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw TLSConfigurationError(file: file, path: path, reason: "cannot be read: \(describe(errno: errno))")
        }
        close(descriptor)
    }

    /// The error, with OpenSSL's own reason behind ours.
    private func refusal(
        _ file: TLSConfigurationError.File, _ path: String, _ reason: String
    ) -> TLSConfigurationError {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let cause = ERR_reason_error_string(code).map { " (\(String(cString: $0)))" } ?? ""
        return TLSConfigurationError(file: file, path: path, reason: reason + cause)
    }
}

/// Chooses `http/1.1` if the client offers it among others, and ends the handshake if it offers only others (RFC 7301
/// §3.2). It is not called for a client that offers none.
private let alpnSelectCallback: SSL_CTX_alpn_select_cb_func = { _, selected, selectedCount, offered, offeredCount, _ in
    let wanted: StaticString = "http/1.1"
    let list = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    var position = 0
    while position < list.count {
        let count = Int(list[position])
        let end = position + 1 + count
        guard end <= list.count, let offered else { break }
        if count == wanted.utf8CodeUnitCount && memcmp(offered + position + 1, wanted.utf8Start, count) == 0 {
            selected?.pointee = wanted.utf8Start
            selectedCount?.pointee = UInt8(count)
            return SSL_TLSEXT_ERR_OK
        }
        position = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
