import Foundation
import Observability

/// `s3://bucket/prefix`, as `IDP_ARTIFACTS` names it.
struct S3Location: Sendable, Hashable {
    var bucket: String
    /// Without slashes at its ends; empty where there is none.
    var prefix: String

    /// Nil unless it is a bucket's name and a prefix that keys may begin with.
    init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let rest = text.dropFirst(5)
        let bucket = rest.prefix { $0 != "/" }
        let prefix = rest.dropFirst(bucket.count).trimmingCharacters(in: CharacterSet(charactersIn: "/"))
        guard S3Key.isBucket(String(bucket)), prefix.isEmpty || S3Key.mistake(in: prefix) == nil else { return nil }
        self.bucket = String(bucket)
        self.prefix = prefix
    }

    /// The key of something below the prefix.
    func key(_ rest: String) -> S3Key {
        S3Key(bucket: bucket, key: prefix.isEmpty ? rest : prefix + "/" + rest)
    }
}

/// An object's place.
struct S3Key: Sendable, Hashable {
    /// S3's own limit.
    static let bytesMax = 1024

    var bucket: String
    var key: String

    init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// What a caller sent as `s3_path`: `s3://bucket/key`, or a key in the first of the allowed buckets.
    ///
    /// - Throws: `VALIDATION_ERROR` for a key that could mean another than it says, or a bucket that is not allowed.
    init(submitted text: String, buckets: [String]) throws(ServiceError) {
        func refuse(_ message: String) -> ServiceError {
            ServiceError(
                .validationError, "Invalid request: s3_path \(message)",
                fields: [FieldError(field: "s3_path", message: message)])
        }
        guard let first = buckets.first else { throw refuse("no bucket is open to callers") }
        var (bucket, key) = (first, text)
        if text.contains("://") {
            guard text.hasPrefix("s3://") else { throw refuse("must be a key or s3://bucket/key") }
            let rest = text.dropFirst(5)
            let name = rest.prefix { $0 != "/" }
            bucket = String(name)
            key = String(rest.dropFirst(name.count + 1))
        }
        if let mistake = S3Key.mistake(in: key) { throw refuse(mistake) }
        guard buckets.contains(bucket) else { throw refuse("names a bucket that is not open to callers") }
        self.init(bucket: bucket, key: key)
    }

    /// What is wrong with a key; nil if nothing is. Servers and proxies fold `.`, `..` and empty segments into other
    /// paths, some take a backslash for a slash: such keys are refused although S3 itself knows them.
    static func mistake(in key: String) -> String? {
        if key.isEmpty { return "has no key" }
        if key.utf8.count > bytesMax { return "must be at most \(bytesMax) bytes" }
        if key.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) {
            return "must not hold control characters"
        }
        if key.contains("\\") { return "must not hold a backslash" }
        let segments = key.split(separator: "/", omittingEmptySubsequences: false)
        if segments.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return "must not have an empty segment, . or .."
        }
        return nil
    }

    /// A bucket's name as all of S3's relatives take it.
    static func isBucket(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let isEdge = { (byte: UInt8) in (97...122).contains(byte) || (48...57).contains(byte) }
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last, isEdge(first),
            isEdge(last), !name.contains("..")
        else { return false }
        return bytes.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}

/// How S3 wants text in a URL: everything but unreserved characters in percent form, upper case (AWS, "Signature
/// Version 4": UriEncode). What is signed is what is sent.
enum S3Encoding {
    /// A key; its slashes stay.
    static func path(_ text: String) -> String { encode(text, keeping: "-._~/") }

    /// A value in a query.
    static func query(_ text: String) -> String { encode(text, keeping: "-._~") }

    private static func encode(_ text: String, keeping kept: String) -> String {
        var result = ""
        let digits = Array("0123456789ABCDEF")
        for byte in text.utf8 {
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || kept.utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result.append("%")
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return result
    }
}
