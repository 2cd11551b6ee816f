internal import CLibevent

/// How a TLS handshake ended. The raw value is a label for metrics.
public enum TLSHandshakeOutcome: String, CaseIterable, Sendable {
    /// Both sides agreed.
    case completed
    /// It took longer than a request head may take.
    case timeout
    /// The client went away.
    case aborted
    /// The client did not like our certificate, or something else of ours, and said so in an alert.
    case rejected
    /// The client showed no certificate that an authority of ours has signed, or one that is not valid now.
    case certificate
    /// No common version, cipher or application protocol, or something that is not TLS.
    case mismatch

    /// What a failure's error codes say, the newest first; none when the connection just ended.
    init(failure codes: [UInt]) {
        let reasons = codes.filter { ERR_GET_LIB($0) == ERR_LIB_SSL }.map { ERR_GET_REASON($0) }
        if reasons.contains(where: { $0 >= SSL_AD_REASON_OFFSET }) {
            self = .rejected
        } else if reasons.contains(where: {
            $0 == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE || $0 == SSL_R_CERTIFICATE_VERIFY_FAILED
        }) {
            self = .certificate
        } else if reasons.isEmpty || reasons == [SSL_R_UNEXPECTED_EOF_WHILE_READING] {
            self = .aborted
        } else {
            self = .mismatch
        }
    }
}
