import Foundation

/// A real S3 server that checks signatures: `Tests/Tools/s3_server.py`, with a door of its own for tests behind it.
public final class S3Server: Sendable {
    /// Where S3 listens.
    public let port: Int
    /// The bucket that is there for the server's own.
    public let bucket: String
    /// The key that it knows.
    public let accessKey: String
    /// Its secret half.
    public let secretKey: String
    /// The region that requests must be signed for.
    public let region: String
    private let control: HTTPClient
    private let child: ChildProcess

    /// Starts a server. Throws when it does not start.
    public init() async throws {
        let child = try ChildProcess(ProjectFiles.python, [ProjectFiles.url("Tests/Tools/s3_server.py").path])
        self.child = child
        let facts = try await eventually("the S3 server's facts", within: .seconds(120)) {
            if child.exitStatus != nil { throw DidNotStart(description: child.standardError) }
            return child.lines.first.flatMap { try? JSONValue(parsing: $0) }
        }
        guard let port = facts["port"].int, let control = facts["control"].int, let bucket = facts["bucket"].string,
            let access = facts["access_key"].string, let secret = facts["secret_key"].string,
            let region = facts["region"].string
        else { throw DidNotStart(description: child.standardOutput) }
        self.port = port
        self.bucket = bucket
        accessKey = access
        secretKey = secret
        self.region = region
        self.control = HTTPClient(port: control)
    }

    /// Thrown when it ended before it listened.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// The settings of an `idp-server` that keeps its runs here, or reaches S3 by another port, a proxy's.
    public func environment(port: Int? = nil, artifacts: String? = "runs") -> [String: String] {
        var settings = [
            "IDP_S3_ENDPOINT": "http://127.0.0.1:\(port ?? self.port)", "IDP_S3_REGION": region,
            "IDP_S3_ACCESS_KEY": accessKey, "IDP_S3_SECRET_KEY": secretKey, "IDP_S3_BUCKETS": "incoming,\(bucket)",
        ]
        if let artifacts { settings["IDP_ARTIFACTS"] = "s3://\(bucket)/\(artifacts)" }
        return settings
    }

    /// Puts an object past S3's door.
    public func put(_ bucket: String, _ key: String, _ bytes: [UInt8]) async throws {
        try await expect("PUT", "/\(bucket)/\(key)", body: bytes)
    }

    /// An object's bytes; nil where there is none.
    public func object(_ bucket: String, _ key: String) async throws -> [UInt8]? {
        let answer = try await control.get("/\(bucket)/\(key)")
        return answer.status == 200 ? answer.body : nil
    }

    /// All keys of a bucket.
    public func keys(_ bucket: String) async throws -> [String] {
        let answer = try await control.get("/\(bucket)")
        guard answer.status == 200 else { throw UnexpectedAnswer(answer: answer) }
        return answer.json.strings ?? []
    }

    /// Has the next so many requests answered with an error.
    public func failNext(_ count: Int, status: Int = 503) async throws {
        try await expect("POST", "/fail?count=\(count)&status=\(status)", body: [])
    }

    private func expect(_ method: String, _ target: String, body: [UInt8]) async throws {
        let answer = try await control.send(method, target, body: body)
        guard answer.status == 200 else { throw UnexpectedAnswer(answer: answer) }
    }
}
