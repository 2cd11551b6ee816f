internal import Dependencies
internal import Foundation
internal import Observability
internal import OutboundHTTP

/// Where an issuer's keys are read. Blocks: never on a loop.
protocol KeySetSource: Sendable {
    func read() throws -> Data
}

/// Keys in a file.
struct KeySetFile: KeySetSource {
    /// Larger files are no key sets.
    static let bytesMax = 1 << 20

    let path: String

    func read() throws -> Data {
        let data = try Data(contentsOf: URL(filePath: path))
        guard data.count <= Self.bytesMax else { throw CocoaError(.fileReadTooLarge) }
        return data
    }
}

/// Keys that the issuer publishes (`jwks_uri`).
final class KeySetURL: KeySetSource {
    /// How long reading may take.
    static let timeout: Duration = .seconds(10)

    private let url: String
    private let client: GuardedClient

    init(_ url: String, http: HTTPClient, telemetry: DependencyTelemetry) {
        self.url = url
        client = GuardedClient(http, Dependency(Dependency.Configuration(name: "jwks"), telemetry: telemetry))
    }

    func read() throws -> Data {
        let request = HTTPClientRequest(
            url: url, fields: [("Accept", "application/jwk-set+json, application/json")], timeout: Self.timeout,
            responseLimitBytes: KeySetFile.bytesMax)
        let answer = try client.send(request, Dependency.Options("read", deadline: .after(Self.timeout)))
        guard answer.status == 200 else { throw KeySetRefused(status: answer.status) }
        return Data(answer.body)
    }
}

/// The issuer answered with something else than keys.
struct KeySetRefused: Error {
    let status: Int
}
