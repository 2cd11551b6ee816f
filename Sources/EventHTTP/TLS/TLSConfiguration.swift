/// What a server offers TLS with: PEM files, read at the start and at each `HTTPServer.reloadTLS`.
public struct TLSConfiguration: Sendable, Equatable {
    /// Whether clients are asked for a certificate.
    public enum ClientCertificates: String, Sendable, CaseIterable {
        /// They are not asked.
        case off
        /// They are asked, and may have none; one that they show must be good.
        case request
        /// Without a good one there is no connection.
        case require
    }

    /// The server's certificate, followed by those that lead to its authority.
    public var certificatePath: String
    /// Its private key, not encrypted.
    public var keyPath: String
    /// Certificates of the authorities that sign clients' certificates. Needed unless clients are not asked.
    public var clientAuthoritiesPath: String?
    /// Whether clients are asked for a certificate.
    public var clientCertificates: ClientCertificates

    /// TLS with these files.
    public init(
        certificatePath: String, keyPath: String, clientAuthoritiesPath: String? = nil,
        clientCertificates: ClientCertificates = .off
    ) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.clientAuthoritiesPath = clientAuthoritiesPath
        self.clientCertificates = clientCertificates
    }

    /// Reads the files as a start would, and keeps nothing. Throws what is wrong with the first bad one.
    public func check() throws(TLSConfigurationError) {
        _ = try TLSContext(self)
    }
}

/// Why TLS cannot be offered.
public struct TLSConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which file of a `TLSConfiguration` is meant.
    public enum File: Sendable, Equatable {
        case certificate, key, clientAuthorities
    }

    /// The file at fault.
    public let file: File
    /// Its path, as it was given.
    public let path: String
    /// What is wrong with it.
    public let reason: String

    /// One sentence for an operator.
    public var description: String {
        switch file {
        case .certificate: "TLS certificate \"\(path)\" \(reason)"
        case .key: "TLS key \"\(path)\" \(reason)"
        case .clientAuthorities: "TLS client authorities \"\(path)\" \(reason)"
        }
    }
}
