import Observability
import Testing

@testable import IDPServer

/// What a caller may name as a document's place.
struct S3KeyTests {
    private let buckets = ["incoming", "papers"]

    @Test(arguments: [
        ("a.pdf", "incoming", "a.pdf"), ("2026/11/23/a b.pdf", "incoming", "2026/11/23/a b.pdf"),
        ("s3://papers/a/b.pdf", "papers", "a/b.pdf"), ("папка/справка.pdf", "incoming", "папка/справка.pdf"),
        ("a..b", "incoming", "a..b"), (".hidden/x", "incoming", ".hidden/x"),
        ("a%2e%2e/b", "incoming", "a%2e%2e/b"),
        ("...", "incoming", "..."),
        (String(repeating: "a", count: 1024), "incoming", String(repeating: "a", count: 1024)),
    ]) func keysThatMeanWhatTheySayAreTaken(text: String, bucket: String, key: String) throws {
        #expect(try S3Key(submitted: text, buckets: buckets) == S3Key(bucket: bucket, key: key))
    }

    @Test(arguments: [
        "", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "s3://incoming/../a", "s3://incoming/",
        "s3://incoming", "s3://", "s3:///a", "s3://other/a", "s3://Papers/a", "http://incoming/a", "S3://incoming/a",
        "file:///etc/passwd", "a\\b", "a\u{0}b", "a\nb", "a\u{7f}", "a\u{85}b",
        String(repeating: "a", count: 1025), String(repeating: "я", count: 513),
    ]) func keysThatCouldMeanAnotherAreRefused(text: String) {
        let error = #expect(throws: ServiceError.self) { try S3Key(submitted: text, buckets: buckets) }
        #expect(error?.code == .validationError && error?.fields.map(\.field) == ["s3_path"])
        // What was sent is not sent back.
        if text.count > 3 { #expect(error?.message.contains(text) == false) }
    }

    @Test func withoutBucketsNothingIsOpen() {
        #expect(throws: ServiceError.self) { try S3Key(submitted: "a", buckets: []) }
    }

    @Test(arguments: [
        ("s3://bucket/a/b/", "bucket", "a/b"), ("s3://bucket", "bucket", ""),
        ("s3://my.bucket-1/x", "my.bucket-1", "x"),
    ]) func placesOfArtifactsAreRead(text: String, bucket: String, prefix: String) throws {
        let location = try #require(S3Location(text))
        #expect(location.bucket == bucket && location.prefix == prefix)
        #expect(location.key("k").key == (prefix.isEmpty ? "k" : prefix + "/k"))
    }

    @Test(arguments: [
        "s3://", "s3://ab", "s3://UPPER/x", "s3://a_b/x", "s3://bucket/../x", "s3://-ab/x", "disk", "s3:/a",
    ])
    func whatIsNoPlaceIsNone(text: String) {
        #expect(S3Location(text) == nil)
    }

    @Test func keysAreEncodedAsTheyAreSigned() {
        #expect(S3Encoding.path("a b/й+(~)*") == "a%20b/%D0%B9%2B%28~%29%2A")
        #expect(S3Encoding.query("a/b=") == "a%2Fb%3D")
    }

    @Test func settingsOfS3BelongTogether() throws {
        func mistakes(_ environment: [String: String]) -> [String] {
            do {
                _ = try Settings.load(environment: environment)
                return []
            } catch {
                return error.mistakes.map(\.setting).sorted()
            }
        }
        let keys = ["IDP_S3_ACCESS_KEY": "a", "IDP_S3_SECRET_KEY": "b"]
        let bucket = ["IDP_ARTIFACTS": "s3://bucket/x"]
        #expect(mistakes(bucket) == ["IDP_S3_ACCESS_KEY", "IDP_S3_SECRET_KEY"])
        #expect(mistakes(keys) == ["IDP_S3_ACCESS_KEY", "IDP_S3_SECRET_KEY"])
        #expect(mistakes(bucket.merging(keys) { $1 }).isEmpty)
        let path = bucket.merging(keys) { $1 }.merging(["IDP_S3_ENDPOINT": "http://h/path"]) { $1 }
        #expect(mistakes(path) == ["IDP_S3_ENDPOINT"])
        let lists = keys.merging(["IDP_S3_BUCKETS": "incoming, UPPER"]) { $1 }
        #expect(mistakes(lists) == ["IDP_S3_BUCKETS"])
        let amazon = try Settings.load(environment: bucket.merging(keys) { $1 })
        #expect(amazon.storage.s3?.style == .virtual && amazon.storage.s3Buckets == ["bucket"])
        #expect(amazon.storage.s3?.endpoint == "https://s3.us-east-1.amazonaws.com")
        let own = bucket.merging(keys) { $1 }.merging(["IDP_S3_ENDPOINT": "http://127.0.0.1:9000/"]) { $1 }
        let minio = try Settings.load(environment: own).storage.s3
        #expect(minio?.style == .path && minio?.endpoint == "http://127.0.0.1:9000")
    }
}
