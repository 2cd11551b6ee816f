import Foundation
import TestSupport
import Testing

@testable import Observability

struct GzipEncodingTests {
    @Test(arguments: [0, 1, 1000, 300_000]) func whatIsCompressedComesBack(_ count: Int) async throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0) }
        let packed = try #require(GzipEncoding.compress(bytes))
        #expect(packed.starts(with: [0x1F, 0x8B]))
        let folder = try TemporaryDirectory("gzip")
        try Data(packed).write(to: folder.file("text.gz"))
        let unpacked = try await Command.run("gzip", ["-d", folder.file("text.gz").path])
        try #require(unpacked.succeeded, "\(unpacked.errors)")
        #expect(Array(try Data(contentsOf: folder.file("text"))) == bytes)
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP", true), ("deflate, gzip;q=0.5", true), ("x-gzip", true), ("*", true),
        ("gzip; q=1", true),
        ("gzip;q=0", false), ("*;q=0", false), ("gzip;q=0, *", false), ("deflate", false), ("", false),
        ("identity", false),
        ("gzipped", false),
    ]) func knowsWhoTakesIt(_ value: String, _ isAccepted: Bool) {
        #expect(GzipEncoding.isAccepted(by: value) == isAccepted)
    }

    @Test func whoSaysNothingGetsTheTextItself() {
        #expect(!GzipEncoding.isAccepted(by: nil))
    }
}
