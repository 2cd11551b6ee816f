internal import ArgumentParser
internal import Foundation
internal import OutboundHTTP

/// Which running server a command talks to, and how.
struct ServerAddress: ParsableArguments {
    @Option(help: "The server's address, like https://idp.bank.kz; by IDP_HOST, IDP_PORT and TLS settings if left out.")
    var server: String?

    @Option(help: "A file that holds the access key or token and nothing else.", completion: .file())
    var keyFile: String?

    @Option(help: "Certificate authorities (PEM) to trust instead of the system's.", completion: .file())
    var caFile: String?

    /// A client of the server.
    ///
    /// - Throws: `ValidationError` for an address or a key file that is none, `ExitCode(2)` for wrong settings.
    func client() throws -> ServerClient {
        let address = try server ?? Self.address(
            of: SettingsLoading.load([], command: JobsCommand.self).front)
        guard let url = URL(string: address), url.scheme == "http" || url.scheme == "https", url.host() != nil else {
            throw ValidationError("--server is an address like http://127.0.0.1:8000, not \(address)")
        }
        let key = try keyFile.map { path in
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw ValidationError("the key file \(path) cannot be read")
            }
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorityFile = caFile
        configuration.userAgent = "idp-server/\(BuildInfo.version)"
        return ServerClient(
            base: address.hasSuffix("/") ? String(address.dropLast()) : address, key: key,
            client: HTTPClient(configuration))
    }

    /// Where a server with these settings is found from this machine.
    static func address(of front: Settings.Front) -> String {
        let host =
            switch front.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let other: other.contains(":") ? "[\(other)]" : other
            }
        return "\(front.tls == nil ? "http" : "https")://\(host):\(front.port)"
    }
}
