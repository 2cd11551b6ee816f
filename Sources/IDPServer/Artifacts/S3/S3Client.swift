import Dependencies
import EventHTTP
import Foundation
import Observability
import OutboundHTTP

/// S3 and its relatives: put, get, head, delete and list, over the one guarded client. Thread-safe; calls block.
///
/// Every request is signed over the hash of its content, which the server checks: what arrives is what was sent. What
/// is put carries its SHA-256 (`x-amz-checksum-sha256` for the server, `x-amz-meta-sha256` for whoever gets it).
final class S3Client: Sendable {
    /// Where, as whom.
    struct Configuration: Sendable, Equatable {
        /// How a bucket is named in a URL.
        enum Style: String, Sendable, CaseIterable {
            /// `https://endpoint/bucket/key`: MinIO and other servers of one's own.
            case path
            /// `https://bucket.endpoint/key`: Amazon.
            case virtual
        }

        /// `https://host[:port]`, without a slash at its end.
        var endpoint: String
        var region: String
        var accessKey: String
        var secretKey: String
        var style = Style.path
    }

    /// What stands around a call.
    struct Call: Sendable {
        var deadline: Deadline
        var patience = Dependency.Patience.fewAttempts
        var cancellation: CancellationToken?
        var parent: TraceContext?

        /// A call that must end by then.
        init(by deadline: Deadline) {
            self.deadline = deadline
        }

        /// For the dependency, under the name of an operation.
        func options(_ operation: String) -> Dependency.Options {
            var options = Dependency.Options(operation, deadline: deadline)
            options.patience = patience
            options.cancellation = cancellation
            options.parent = parent
            return options
        }
    }

    /// What is known of an object.
    struct Info: Sendable, Equatable {
        var size: Int
        /// 32 bytes, where whoever put it said so.
        var sha256: [UInt8]?
    }

    /// Files from this size on go up in parts.
    static let partBytes = 16 << 20
    /// A stalled connection is given up after this; S3 begins to answer within tens of milliseconds.
    private static let floor = HTTPClientRequest.Floor(bytesPerSecond: 512, seconds: 5)
    /// What a listing's page or an error may hold.
    private static let textLimitBytes = 4 << 20

    let configuration: Configuration
    let client: GuardedClient

    init(_ configuration: Configuration, http: HTTPClient, telemetry: DependencyTelemetry) {
        self.configuration = configuration
        var dependency = Dependency.Configuration(name: "s3")
        // The largest part over a slow line; what does not move is given up by the floor long before.
        dependency.attemptTimeout = .seconds(60)
        dependency.backoff = Backoff(base: .milliseconds(100), cap: .seconds(4))
        dependency.breaker.openMax = .seconds(4)
        // Sizes differ a thousandfold, and so do times: below this many at a time slowness says nothing.
        dependency.limit.minimum = 4
        dependency.limit.initial = 16
        dependency.limit.tolerance = 4
        client = GuardedClient(http, Dependency(dependency, telemetry: telemetry))
    }

    /// Puts a small object.
    func put(_ key: S3Key, _ bytes: [UInt8], contentType: String, _ call: Call) throws {
        let digest = SHA256Digest()
        bytes.withUnsafeBytes { digest.update($0) }
        var request = request("PUT", key, hash: digest.finish(), contentType: contentType)
        request.body = bytes
        try expectSuccess(try client.send(request, call.options("put")))
    }

    /// Puts a file of known size and SHA-256, in parts where it is large.
    func put(
        _ key: S3Key, file path: String, size: Int, sha256: [UInt8], contentType: String, _ call: Call
    ) throws {
        if size > Self.partBytes {
            return try putParts(key, file: path, size: size, sha256: sha256, contentType: contentType, call)
        }
        var request = request("PUT", key, hash: sha256, contentType: contentType)
        request.fields.append(("x-amz-meta-sha256", Self.hex(sha256)))
        request.file = .init(path: path, count: size)
        try expectSuccess(try client.send(request, call.options("put")))
    }

    /// What is known of an object.
    func head(_ key: S3Key, _ call: Call) throws -> Info {
        var request = request("HEAD", key, hash: Self.emptyHash)
        request.fields.append(("x-amz-checksum-mode", "ENABLED"))
        let response = try client.send(request, call.options("head"))
        try expectSuccess(response)
        return Info(
            size: response.field("Content-Length").flatMap { Int($0) } ?? 0, sha256: Self.knownHash(response))
    }

    /// Gets an object into a new file, checked against the SHA-256 that is expected or that its putter left.
    func get(_ key: S3Key, into path: String, limitBytes: Int, expected: [UInt8]?, _ call: Call) throws -> S3Download {
        var request = request("GET", key, hash: Self.emptyHash)
        request.fields.append(("x-amz-checksum-mode", "ENABLED"))
        request.responseLimitBytes = limitBytes
        request.timeout = .seconds(60)
        var options = call.options("get")
        options.attributes = [.init("http.request.method", "GET")]
        return try client.dependency.call(options) { attempt in
            let download = try S3Download(path: path)
            do {
                let response = try client.attempt(request, options, attempt) { try download.take($0) }
                try expectSuccess(response)
                try download.finish(expected: expected ?? Self.knownHash(response))
                return download
            } catch {
                download.discard()
                if case HTTPDependencyError.transport(.tooLarge(let limit), _) = error {
                    throw S3Error.tooLarge(limitBytes: limit)
                }
                throw error
            }
        }
    }

    /// Removes an object; that there is none is no error.
    func delete(_ key: S3Key, _ call: Call) throws {
        let response = try client.send(request("DELETE", key, hash: Self.emptyHash), call.options("delete"))
        if response.status != 404 { try expectSuccess(response) }
    }

    /// The keys below a prefix (at most a thousand), or with `delimiter` the next level's prefixes.
    func list(_ bucket: String, prefix: String, delimiter: String? = nil, _ call: Call) throws -> [String] {
        // A query is signed in the order of its names.
        var query = delimiter.map { "delimiter=\(S3Encoding.query($0))&" } ?? ""
        query += "encoding-type=url&list-type=2&prefix=\(S3Encoding.query(prefix))"
        var request = request("GET", S3Key(bucket: bucket, key: ""), query: query, hash: Self.emptyHash)
        request.responseLimitBytes = Self.textLimitBytes
        let response = try client.send(request, call.options("list"))
        try expectSuccess(response)
        let names =
            if delimiter == nil {
                S3Text.values(of: "Key", in: response.body)
            } else {
                S3Text.values(of: "CommonPrefixes", in: response.body).compactMap {
                    S3Text.value(of: "Prefix", in: Array($0.utf8))
                }
            }
        return names.compactMap { $0.replacing("+", with: " ").removingPercentEncoding }
    }

    /// Whether the bucket answers: the cheapest question there is.
    func check(_ bucket: String, _ call: Call) throws {
        let request = request("HEAD", S3Key(bucket: bucket, key: ""), hash: Self.emptyHash)
        try expectSuccess(try client.send(request, call.options("check")))
    }

    /// A signed request.
    func request(
        _ method: String, _ key: S3Key, query: String = "", hash: [UInt8], contentType: String? = nil
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            method: method, url: url(key) + (query.isEmpty ? "" : "?" + query),
            fields: [("x-amz-content-sha256", Self.hex(hash))], timeout: .seconds(60))
        if let contentType {
            request.fields.append(("content-type", contentType))
            request.fields.append(("x-amz-checksum-sha256", Data(hash).base64EncodedString()))
        }
        request.floor = Self.floor
        request.signature = .init(
            accessKey: configuration.accessKey, secretKey: configuration.secretKey, region: configuration.region)
        return request
    }

    /// Throws what an answer means that is no 2xx.
    func expectSuccess(_ response: HTTPClientResponse) throws(S3Error) {
        guard (200..<300).contains(response.status) else {
            throw S3Error(status: response.status, body: response.body)
        }
    }

    private func url(_ key: S3Key) -> String {
        let path = S3Encoding.path(key.key)
        switch configuration.style {
        case .path: return "\(configuration.endpoint)/\(key.bucket)" + (path.isEmpty ? "" : "/" + path)
        case .virtual:
            let endpoint = configuration.endpoint.replacing("://", with: "://\(key.bucket).", maxReplacements: 1)
            return "\(endpoint)/\(path)"
        }
    }

    /// The SHA-256 that an answer carries of the whole object: not the one of a composite checksum (`…-3`).
    private static func knownHash(_ response: HTTPClientResponse) -> [UInt8]? {
        if let text = response.field("x-amz-meta-sha256"), let hash = bytes(ofHex: text) { return hash }
        guard let text = response.field("x-amz-checksum-sha256"), !text.contains("-"),
            let hash = Data(base64Encoded: text), hash.count == 32
        else { return nil }
        return Array(hash)
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.compactMap { $0.isASCII ? $0.hexDigitValue.map(UInt8.init) : nil }
        guard text.utf8.count == 64, digits.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// SHA-256 of nothing.
    static let emptyHash = SHA256Digest().finish()
}
