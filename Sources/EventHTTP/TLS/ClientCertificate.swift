internal import CLibevent
internal import Glibc

/// What a client's verified certificate says of it.
public final class ClientCertificate: Sendable {
    /// The subject as RFC 2253 writes it: `CN=loans,O=Bank`.
    public let subject: String
    /// Subject alternative names of type DNS.
    public let dnsNames: [String]
    /// Subject alternative names that are URIs.
    public let uris: [String]
    /// Subject alternative names that are mail addresses.
    public let emailAddresses: [String]
    /// SHA-256 of the certificate: names exactly this one.
    public let sha256: [UInt8]

    /// What the client has proved in this handshake; nil if it showed no certificate. `session` is borrowed.
    init?(of session: OpaquePointer) {
        guard let certificate = SSL_get1_peer_certificate(session) else { return nil }
        // A reference of ours.
        defer { X509_free(certificate) }
        guard SSL_get_verify_result(session) == X509_V_OK else { return nil }
        subject = Self.text(of: X509_get_subject_name(certificate))
        let names = Self.alternativeNames(of: certificate)
        dnsNames = names.filter { $0.type == GEN_DNS }.map(\.text)
        uris = names.filter { $0.type == GEN_URI }.map(\.text)
        emailAddresses = names.filter { $0.type == GEN_EMAIL }.map(\.text)
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1, count == 32 else { return nil }
        sha256 = digest
    }

    /// `name` is borrowed.
    private static func text(of name: OpaquePointer?) -> String {
        guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        // UTF-8 as it is, control characters and separators escaped.
        let flags = idp_name_flags
        guard X509_NAME_print_ex(memory, name, 0, flags) >= 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Int(BIO_read(memory, &bytes, Int32(bytes.count)))
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : ""
    }

    /// `certificate` is borrowed.
    private static func alternativeNames(of certificate: OpaquePointer) -> [(type: Int32, text: String)] {
        // A copy of ours.
        guard let copy = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(copy)
        defer { idp_free_general_names(names) }
        return (0..<OPENSSL_sk_num(names)).compactMap { index in
            guard let entry = OPENSSL_sk_value(names, index) else { return nil }
            let name = entry.assumingMemoryBound(to: GENERAL_NAME.self).pointee
            guard [GEN_DNS, GEN_URI, GEN_EMAIL].contains(name.type), let value = name.d.ia5,
                let start = ASN1_STRING_get0_data(value)
            else { return nil }
            let bytes = UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(value)))
            // A NUL or a blank in such a name is an attempt to pass for another.
            guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            return (name.type, String(decoding: bytes, as: UTF8.self))
        }
    }
}
