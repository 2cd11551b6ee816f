internal import Foundation

/// Checks tokens: JSON Web Tokens in the compact form (RFC 7519), as RFC 8725 and RFC 9068 advise.
///
/// It computes and never waits, so a loop may call it: a signature costs tens of microseconds, less than the TLS
/// handshake before it.
public struct TokenVerifier: Sendable {
    /// Longer tokens are malformed. The front's limit of a head is about the same.
    public static let bytesMax = 12 * 1024

    private let rules: TokenRules

    /// Checks by these rules.
    public init(_ rules: TokenRules) {
        self.rules = rules
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
        var typ: String?
        /// There at all: extensions that must be understood (RFC 7515, 4.1.11), of which there are none.
        var hasCriticals: Bool

        enum CodingKeys: String, CodingKey { case alg, kid, typ, crit }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            alg = try members.decode(String.self, forKey: .alg)
            kid = try members.decodeIfPresent(String.self, forKey: .kid)
            typ = try members.decodeIfPresent(String.self, forKey: .typ)
            hasCriticals = members.contains(.crit)
        }
    }

    /// What a token says, if it is good.
    ///
    /// - Parameters:
    ///   - token: its bytes as they came.
    ///   - now: seconds since 1970.
    public func verify(
        _ token: UnsafeRawBufferPointer, keys: TokenKeys, now: Int
    ) throws(TokenError) -> TokenClaims {
        guard token.count <= Self.bytesMax else { throw .malformed }
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let body = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), !signature.isEmpty,
            let header = try? JSONDecoder().decode(Header.self, from: head), !header.hasCriticals,
            Self.isAccessToken(header.typ)
        else { throw .malformed }
        guard let algorithm = TokenAlgorithm(rawValue: header.alg), rules.algorithms.contains(algorithm) else {
            throw .algorithm
        }
        let signed = Data(token.prefix(parts[0].count + 1 + parts[1].count))
        try keys.check(signature, of: signed, id: header.kid, algorithm)
        // Only now is anything believed that it says.
        guard let claims = try? JSONDecoder().decode(Claims.self, from: body) else { throw .malformed }
        return try check(claims, now)
    }

    /// RFC 9068, 2.1, and what issuers send that know nothing of it.
    private static func isAccessToken(_ type: String?) -> Bool {
        guard let type = type?.lowercased() else { return true }
        return ["jwt", "at+jwt", "application/at+jwt"].contains(type)
    }

    private func check(_ claims: Claims, _ now: Int) throws(TokenError) -> TokenClaims {
        guard claims.texts["iss"] == rules.issuer, !rules.audiences.isDisjoint(with: claims.audiences) else {
            throw .foreign
        }
        // A token without an end would be good for ever.
        guard let expiry = claims.expiry, let caller = claims.texts[rules.callerClaim],
            (1...200).contains(caller.utf8.count),
            caller.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw .malformed }
        let end = expiry + Double(rules.skewSeconds)
        guard Double(now) < end else { throw .expired }
        let latest = Double(now + rules.skewSeconds)
        guard claims.notBefore ?? 0 <= latest, claims.issuedAt ?? 0 <= latest else { throw .early }
        return TokenClaims(caller: caller, scopes: claims.scopes, end: Int(min(end.rounded(.up), 1e15)))
    }
}

/// The claims that mean something here.
private struct Claims: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Every claim whose value is a text.
    var texts: [String: String] = [:]
    var audiences: Set<String> = []
    var scopes: Set<String> = []
    var expiry: Double?
    var notBefore: Double?
    var issuedAt: Double?

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Name.self)
        for name in members.allKeys {
            // Texts are told from other values by trying.
            if let text = try? members.decode(String.self, forKey: name) { texts[name.stringValue] = text }
        }
        func list(_ name: String) -> [String] {
            if let text = texts[name] { return [text] }
            return (try? members.decode([String].self, forKey: Name(stringValue: name))) ?? []
        }
        audiences = Set(list("aud"))
        for words in list("scope") + list("scp") { scopes.formUnion(words.split(separator: " ").map(String.init)) }
        expiry = try members.decodeIfPresent(Double.self, forKey: Name(stringValue: "exp"))
        notBefore = try members.decodeIfPresent(Double.self, forKey: Name(stringValue: "nbf"))
        issuedAt = try members.decodeIfPresent(Double.self, forKey: Name(stringValue: "iat"))
        // JSON has no infinity, but a number may be too large for a Double.
        guard [expiry, notBefore, issuedAt].allSatisfy({ $0?.isFinite ?? true }) else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a time is no number"))
        }
    }
}
