public import Foundation
internal import JWTKit

/// An issuer's public keys (RFC 7517), ready to check signatures with.
///
/// Keys that cannot be used here are left out: other uses than signatures, unknown kinds, RSA below 2048 bits,
/// algorithms that are not allowed. So an issuer may publish what it likes beside the keys that sign for us. Private
/// parts that should not be there are not kept.
public struct TokenKeys: Sendable {
    /// One member of the set's `keys`.
    private struct Member: Decodable {
        var kty: String
        var kid: String?
        var use: String?
        var operations: [String]?
        var alg: String?
        var crv: String?
        var n: String?
        var e: String?
        var x: String?
        var y: String?

        enum CodingKeys: String, CodingKey {
            case kty, kid, use, alg, crv, n, e, x, y
            case operations = "key_ops"
        }
    }

    /// Decodes what it can, and nothing of the rest.
    private struct Lenient: Decodable {
        var member: Member?

        init(from decoder: any Decoder) throws {
            // One strange key must not hide the others.
            member = try? Member(from: decoder)
        }
    }

    private struct Document: Decodable {
        var keys: [Lenient]
    }

    private struct Key: Sendable {
        var id: String?
        var algorithm: TokenAlgorithm
        var verifier: any JWTAlgorithm
    }

    /// Most keys that a set may have; more are left out.
    public static let keysMax = 100

    private let keys: [Key]

    /// Reads a set.
    ///
    /// - Throws: `TokenKeysError`.
    public init(jwks: Data, algorithms: Set<TokenAlgorithm>) async throws {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: jwks)
        } catch {
            throw TokenKeysError.notASet
        }
        var keys: [Key] = []
        for member in document.keys.prefix(Self.keysMax).compactMap(\.member) where Self.isForSignatures(member) {
            for algorithm in Self.algorithms(of: member) where algorithms.contains(algorithm) {
                guard let verifier = try? await Self.verifier(member, algorithm) else { continue }
                keys.append(Key(id: member.kid, algorithm: algorithm, verifier: verifier))
            }
        }
        guard !keys.isEmpty else { throw TokenKeysError.noUsableKey }
        self.keys = keys
    }

    /// How many pairs of key and algorithm there are.
    public var count: Int { keys.count }

    /// Checks a signature with the keys of that id; with all that fit where the token names none, or a key has none.
    func check(
        _ signature: Data, of signed: Data, id: String?, _ algorithm: TokenAlgorithm
    ) throws(TokenError) {
        let candidates = keys.filter { $0.algorithm == algorithm && (id == nil || $0.id == nil || $0.id == id) }
        guard !candidates.isEmpty else { throw .unknownKey }
        for key in candidates.prefix(Self.triesMax) {
            // A signature of the wrong shape throws: it is as wrong as any other.
            if (try? key.verifier.verify(signature, signs: signed)) == true { return }
        }
        throw .forged
    }

    /// Signatures that a token without a key id may cost.
    private static let triesMax = 4

    private static func isForSignatures(_ member: Member) -> Bool {
        (member.use ?? "sig") == "sig" && (member.operations?.contains("verify") ?? true)
    }

    /// What a key of that kind can check; only its own algorithm where it names one (RFC 8725, 3.1).
    private static func algorithms(of member: Member) -> [TokenAlgorithm] {
        let fitting: [TokenAlgorithm] =
            switch (member.kty, member.crv) {
            case ("RSA", _): [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
            case ("EC", "P-256"): [.es256]
            case ("EC", "P-384"): [.es384]
            case ("EC", "P-521"): [.es512]
            case ("OKP", "Ed25519"): [.edDSA]
            default: []
            }
        return member.alg.map { name in fitting.filter { $0.rawValue == name } } ?? fitting
    }

    private static func verifier(_ member: Member, _ algorithm: TokenAlgorithm) async throws -> any JWTAlgorithm {
        let id = JWKIdentifier(string: "key")
        guard let named = JWK.Algorithm(rawValue: algorithm.rawValue) else { throw TokenKeysError.noUsableKey }
        let key: JWK
        switch member.kty {
        case "RSA":
            guard let modulus = member.n.flatMap({ Base64URL.decode($0.utf8) }), modulus.count >= 256 else {
                throw TokenKeysError.noUsableKey
            }
            key = .rsa(named, identifier: id, modulus: member.n, exponent: member.e)
        case "EC":
            key = .ecdsa(
                named, identifier: id, x: member.x, y: member.y,
                curve: member.crv.flatMap { ECDSACurve(rawValue: $0) })
        default:
            key = .octetKeyPair(named, identifier: id, x: member.x, y: nil, curve: .ed25519)
        }
        return try await JWTKeyCollection().add(jwk: key).getKey(for: id, alg: algorithm.rawValue)
    }
}

/// Why a set of keys cannot be used.
public enum TokenKeysError: Error, Sendable, Equatable {
    /// It is no JSON Web Key Set.
    case notASet
    /// It has no key that could check a token.
    case noUsableKey
}
