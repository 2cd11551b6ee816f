import Dependencies
import EventHTTP
import Foundation
import Logging
import Observability
import OutboundHTTP
import TestSupport
import Testing

@testable import IDPServer

/// The client against a real S3 that checks every signature.
@Suite(.serialized) struct S3ClientTests {
    private let registry = MetricRegistry(exclusiveLanes: 0)

    private func makeClient(
        _ server: S3Server, style: S3Client.Configuration.Style = .path, secretKey: String? = nil
    ) -> S3Client {
        let telemetry = DependencyTelemetry(
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            unixMilliseconds: { 0 })
        let host = style == .virtual ? "localhost" : "127.0.0.1"
        return S3Client(
            .init(
                endpoint: "http://\(host):\(server.port)", region: server.region, accessKey: server.accessKey,
                secretKey: secretKey ?? server.secretKey, style: style),
            http: OutboundHTTP.HTTPClient(), telemetry: telemetry)
    }

    private var call: S3Client.Call { .init(by: .after(.seconds(60))) }

    private func sha256(_ bytes: [UInt8]) -> [UInt8] {
        let digest = SHA256Digest()
        bytes.withUnsafeBytes { digest.update($0) }
        return digest.finish()
    }

    @Test(arguments: S3Client.Configuration.Style.allCases)
    func whatIsPutIsThereUntilItIsDeleted(style: S3Client.Configuration.Style) async throws {
        let server = try await S3Server()
        let client = makeClient(server, style: style)
        let folder = try TemporaryDirectory()
        let bytes = (0..<100_000).map { UInt8($0 % 253) }
        let file = try folder.write(bytes, to: "a")
        let (hash, call, target) = (sha256(bytes), call, folder.file("b").path)
        // Names that are hard to sign among them.
        for name in ["a/b.pdf", "a/b c+d=e&f~(g)*.pdf", "папка/справка №1.pdf", "a%20b", "q?x#y"] {
            let key = S3Key(bucket: server.bucket, key: name)
            try await blocking {
                try client.put(
                    key, file: file.path, size: bytes.count, sha256: hash, contentType: "application/pdf", call)
                #expect(try client.head(key, call) == S3Client.Info(size: bytes.count, sha256: hash), "\(name)")
                let download = try client.get(key, into: target, limitBytes: 1 << 20, expected: hash, call)
                #expect(download.size == bytes.count && download.sha256 == hash, "\(name)")
                #expect(download.prefix == Array(bytes.prefix(4096)))
                #expect(try client.list(server.bucket, prefix: "", call) == [name])
                try client.delete(key, call)
                #expect(throws: S3Error.notFound) { try client.head(key, call) }
                try client.delete(key, call)
            }
        }
    }

    @Test func largeFilesGoUpInParts() async throws {
        let server = try await S3Server()
        let client = makeClient(server)
        let folder = try TemporaryDirectory()
        let size = 2 * S3Client.partBytes + 12_345
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            for index in 0..<size { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 13) }
            count = size
        }
        let file = try folder.write(bytes, to: "a")
        let (hash, call, target) = (sha256(bytes), call, folder.file("b").path)
        let key = S3Key(bucket: server.bucket, key: "large")
        try await server.failNext(1, status: 500)
        try await blocking {
            try client.put(key, file: file.path, size: size, sha256: hash, contentType: "application/pdf", call)
            #expect(try client.head(key, call) == S3Client.Info(size: size, sha256: hash))
            let download = try client.get(key, into: target, limitBytes: size, expected: nil, call)
            #expect(download.sha256 == hash)
            #expect(try client.unfinishedUploads(server.bucket, prefix: "", call).isEmpty)
        }
        let counts = Exposition(String(decoding: registry.rendered(), as: UTF8.self))
        #expect(counts.sum("idp_dependency_retries_total", ["dependency": "s3"]) == 1)
    }

    @Test func anUploadThatCannotEndIsAborted() async throws {
        let server = try await S3Server()
        let client = makeClient(server)
        let folder = try TemporaryDirectory()
        let file = try folder.write([1, 2, 3], to: "a")
        let (call, key) = (call, S3Key(bucket: server.bucket, key: "large"))
        let size = S3Client.partBytes + 1
        try await blocking {
            // The file is shorter than it was said to be.
            #expect(throws: (any Error).self) {
                try client.put(
                    key, file: file.path, size: size, sha256: [], contentType: "application/pdf", call)
            }
            let unfinished = try client.unfinishedUploads(server.bucket, prefix: "", call)
            #expect(unfinished.isEmpty)
            #expect(throws: S3Error.notFound) { try client.head(key, call) }
        }
    }

    @Test func aWrongKeyIsDenied() async throws {
        let server = try await S3Server()
        let client = makeClient(server, secretKey: "wrong")
        let (call, key) = (call, S3Key(bucket: server.bucket, key: "a"))
        try await server.put(server.bucket, "a", [1])
        try await blocking {
            let error = #expect(throws: S3Error.self) {
                try client.put(key, [2], contentType: "application/json", call)
            }
            #expect(error == .denied(code: "SignatureDoesNotMatch"))
            #expect(throws: S3Error.self) { try client.head(key, call) }
        }
        #expect(client.client.dependency.circuit == .closed)
        #expect(try await server.object(server.bucket, "a") == [1])
    }

    @Test func whatIsNotWhatItShouldBeIsNotTaken() async throws {
        let server = try await S3Server()
        let client = makeClient(server)
        let folder = try TemporaryDirectory()
        let (call, target) = (call, folder.file("b").path)
        let key = S3Key(bucket: server.bucket, key: "a")
        try await server.put(server.bucket, "a", [1, 2, 3])
        let other = sha256([1, 2, 4])
        try await blocking {
            #expect(throws: S3Error.corrupt) {
                try client.get(key, into: target, limitBytes: 100, expected: other, call)
            }
            #expect(throws: S3Error.tooLarge(limitBytes: 2)) {
                try client.get(key, into: target, limitBytes: 2, expected: nil, call)
            }
            #expect(throws: S3Error.notFound) {
                try client.get(S3Key(bucket: "nowhere", key: "a"), into: target, limitBytes: 2, expected: nil, call)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: target))
    }
}
