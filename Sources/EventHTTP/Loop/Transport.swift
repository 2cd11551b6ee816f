/// How a connection's bytes get to its socket and from there.
///
/// A plain value without references: what asks for it on the way of every request pays one comparison.
enum Transport {
    /// `recv` and `send` on the descriptor, with events of the connection's own.
    case cleartext
    /// A `bufferevent_openssl` on the descriptor. The connection owns it and its `SSL` and frees both in `endTLS`; loop
    /// thread only.
    case tls(OpaquePointer)

    /// Whether what is read has been deciphered.
    var isTLS: Bool {
        switch self {
        case .cleartext: false
        case .tls: true
        }
    }
}
