import Foundation
import OutboundHTTP

extension S3Client.Configuration {
    /// S3 as it was asked for; nil when no bucket is named. What is missing is empty here and one of the mistakes that
    /// are reported.
    init?(_ read: SettingReader) {
        guard S3Location(read) != nil || read.optionalText("IDP_S3_BUCKETS") != nil else { return nil }
        let region = read.text("IDP_S3_REGION")
        let named = read.optionalText("IDP_S3_ENDPOINT").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let style = read.optionalText("IDP_S3_STYLE").flatMap { Style(rawValue: $0) }
        self.init(
            endpoint: named ?? "https://s3.\(region).amazonaws.com", region: region,
            accessKey: read.optionalText("IDP_S3_ACCESS_KEY") ?? "",
            secretKey: read.optionalText("IDP_S3_SECRET_KEY") ?? "",
            style: style ?? (named == nil ? .virtual : .path))
    }
}

extension S3Location {
    /// Where documents and results are kept; nil when that is the disk.
    init?(_ read: SettingReader) {
        self.init(read.text("IDP_ARTIFACTS"))
    }
}

extension Settings.Storage {
    /// The buckets that callers may name: those of the list, else the one where documents are kept.
    static func s3Buckets(_ read: SettingReader) -> [String] {
        guard let list = read.optionalText("IDP_S3_BUCKETS") else {
            return S3Location(read).map { [$0.bucket] } ?? []
        }
        return list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// What is wrong with the settings of S3 together.
    func contradictionsOfS3(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        func mistake(_ name: String, _ message: String) -> SettingMistake {
            SettingMistake(setting: name, source: resolved[name]?.source ?? .fallback, message: message)
        }
        guard let s3 else {
            return ["IDP_S3_ENDPOINT", "IDP_S3_ACCESS_KEY", "IDP_S3_SECRET_KEY", "IDP_S3_STYLE"]
                .filter { resolved[$0] != nil }
                .map { mistake($0, "needs IDP_ARTIFACTS=s3://… or IDP_S3_BUCKETS beside it") }
        }
        var mistakes: [SettingMistake] = []
        if s3.accessKey.isEmpty { mistakes.append(mistake("IDP_S3_ACCESS_KEY", "is needed with S3")) }
        if s3.secretKey.isEmpty { mistakes.append(mistake("IDP_S3_SECRET_KEY", "is needed with S3")) }
        if let refusal = DestinationPolicy.trusted.refusal(of: s3.endpoint) {
            mistakes.append(mistake("IDP_S3_ENDPOINT", refusal))
        } else if URLComponents(string: s3.endpoint).map({ !$0.path.isEmpty || $0.query != nil }) ?? true {
            mistakes.append(mistake("IDP_S3_ENDPOINT", "must be a scheme and a host, without path and query"))
        }
        for bucket in s3Buckets where !S3Key.isBucket(bucket) {
            mistakes.append(mistake("IDP_S3_BUCKETS", "\"\(bucket)\" is no name of a bucket"))
        }
        return mistakes
    }
}
