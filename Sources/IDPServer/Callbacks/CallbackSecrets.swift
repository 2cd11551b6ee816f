import EventHTTP
import Foundation

/// The keys that callbacks are signed with, as Standard Webhooks has it: `v1` is HMAC-SHA256 over id, time and content.
/// With several, each signs: receivers that know the old key and those that know the new one both find theirs, which
/// is how a key is changed.
struct CallbackSecrets: Sendable, Equatable {
    private let keys: [[UInt8]]

    /// Bytes of a key (the specification's range).
    static let keyBytes = 24...64

    /// Reads `whsec_<base64>`, several joined by commas; the prefix may be left out. Nil unless each is a key.
    init?(_ text: String) {
        var keys: [[UInt8]] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let encoded = item.hasPrefix("whsec_") ? item.dropFirst("whsec_".count) : item
            // Base64 is often written without its padding.
            let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
            guard let key = Data(base64Encoded: String(padded)), Self.keyBytes.contains(key.count) else { return nil }
            keys.append(Array(key))
        }
        guard !keys.isEmpty else { return nil }
        self.keys = keys
    }

    /// `webhook-signature` of a content sent under that id at that second.
    func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        let signed = Array("\(id).\(seconds).".utf8) + body
        return keys.map { "v1," + Data(HMACSHA256.code(signed, key: $0)).base64EncodedString() }
            .joined(separator: " ")
    }
}
