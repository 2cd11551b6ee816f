import EventHTTP

extension TLSConfiguration {
    /// TLS as it was asked for; nil when neither certificate nor key is named. What is missing is empty here and one of
    /// the mistakes that are reported.
    init?(_ read: SettingReader) {
        let (certificate, key) = (read.optionalText("IDP_TLS_CERT"), read.optionalText("IDP_TLS_KEY"))
        guard certificate != nil || key != nil else { return nil }
        let authorities = read.optionalText("IDP_TLS_CLIENT_CA")
        let asked = read.optionalText("IDP_TLS_CLIENT_AUTH").flatMap { ClientCertificates(rawValue: $0) }
        self.init(
            certificatePath: certificate ?? "", keyPath: key ?? "", clientAuthoritiesPath: authorities,
            clientCertificates: asked ?? (authorities == nil ? .off : .require))
    }
}

extension UnixSocketAddress {
    /// The socket that was asked for, if one was.
    init?(_ read: SettingReader) {
        guard let path = read.optionalText("IDP_UNIX_SOCKET") else { return nil }
        self.init(path: path, mode: UInt32(read.text("IDP_UNIX_SOCKET_MODE"), radix: 8) ?? 0o660)
    }
}

extension TLSConfigurationError.File {
    /// The setting that names the file.
    var setting: String {
        switch self {
        case .certificate: "IDP_TLS_CERT"
        case .key: "IDP_TLS_KEY"
        case .clientAuthorities: "IDP_TLS_CLIENT_CA"
        }
    }
}

extension Settings.Front {
    /// What is wrong with the settings of TLS together, or with the files that they name.
    func contradictionsOfTLS(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        func mistake(_ name: String, _ message: String) -> [SettingMistake] {
            [SettingMistake(setting: name, source: resolved[name]?.source ?? .fallback, message: message)]
        }
        guard let tls else {
            return ["IDP_TLS_CLIENT_CA", "IDP_TLS_CLIENT_AUTH"].filter { resolved[$0] != nil }.flatMap {
                mistake($0, "needs IDP_TLS_CERT and IDP_TLS_KEY")
            }
        }
        if tls.certificatePath.isEmpty { return mistake("IDP_TLS_KEY", "needs IDP_TLS_CERT beside it") }
        if tls.keyPath.isEmpty { return mistake("IDP_TLS_CERT", "needs IDP_TLS_KEY beside it") }
        if tls.clientCertificates != .off && tls.clientAuthoritiesPath == nil {
            return mistake("IDP_TLS_CLIENT_AUTH", "needs IDP_TLS_CLIENT_CA to know good certificates by")
        }
        do throws(TLSConfigurationError) {
            try tls.check()
            return []
        } catch {
            return mistake(error.file.setting, "\"\(error.path)\" \(error.reason)")
        }
    }
}
