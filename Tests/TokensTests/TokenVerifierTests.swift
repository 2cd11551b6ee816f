import Foundation
import JWTKit
import Testing

@testable import Tokens

/// An issuer of tokens: signs any header and payload, also those that no library would make.
private struct Issuer {
    let id: String
    let key = ES256PrivateKey()

    init(id: String = "one") { self.id = id }

    static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Its key as a member of a set.
    var member: String {
        get throws {
            let point = try #require(key.parameters)
            let (x, y) = try (
                Self.encode(#require(Data(base64Encoded: point.x))), Self.encode(#require(Data(base64Encoded: point.y)))
            )
            return #"{"kty":"EC","crv":"P-256","kid":"\#(id)","use":"sig","x":"\#(x)","y":"\#(y)"}"#
        }
    }

    func token(_ payload: String, header: String? = nil) async throws -> String {
        let header = header ?? #"{"alg":"ES256","typ":"JWT","kid":"\#(id)"}"#
        let signed = Self.encode(Data(header.utf8)) + "." + Self.encode(Data(payload.utf8))
        let algorithm = try await JWTKeyCollection().add(ecdsa: key, kid: "k").getKey(for: "k")
        return signed + "." + Self.encode(Data(try algorithm.sign(Data(signed.utf8))))
    }
}

struct TokenVerifierTests {
    private static let now = 1_800_000_000
    private let issuer = Issuer()
    private let rules = TokenRules(issuer: "https://id.bank.example", audiences: ["idp", "other"], skewSeconds: 30)

    private func keys(_ members: String...) async throws -> TokenKeys {
        try await TokenKeys(
            jwks: Data(#"{"keys":[\#(members.joined(separator: ","))]}"#.utf8),
            algorithms: Set(TokenAlgorithm.allCases))
    }

    private func payload(_ changes: [String: String?] = [:]) -> String {
        var members: [String: String] = [
            "iss": #""https://id.bank.example""#, "aud": #""idp""#, "sub": #""loans""#, "exp": "\(Self.now + 600)",
            "scope": #""read submit""#,
        ]
        for (name, value) in changes { members[name] = value }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private func outcome(
        _ token: String, _ keys: TokenKeys, _ rules: TokenRules? = nil, now: Int = now
    ) -> Result<TokenClaims, TokenError> {
        Array(token.utf8).withUnsafeBytes { bytes in
            do throws(TokenError) {
                return .success(try TokenVerifier(rules ?? self.rules).verify(bytes, keys: keys, now: now))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func aGoodTokenSaysWhoAndWhatAndForHowLong() async throws {
        let keys = try await keys(issuer.member)
        let claims = try outcome(try await issuer.token(payload()), keys).get()
        #expect(claims == TokenClaims(caller: "loans", scopes: ["read", "submit"], end: Self.now + 630))
    }

    @Test(
        arguments: [
            (["aud": #"["x","other"]"#], nil), (["aud": #""x""#], TokenError.foreign), (["aud": nil], .foreign),
            (["aud": "7"], .foreign), (["iss": #""https://id.bank.example/""#], .foreign), (["iss": nil], .foreign),
            (["exp": nil], .malformed), (["exp": #""soon""#], .malformed), (["exp": "1e999"], .malformed),
            (["exp": "\(now - 29)"], nil), (["exp": "\(now - 30)"], .expired), (["exp": "\(now).5"], nil),
            (["exp": "-5"], .expired),
            (["nbf": "\(now + 30)"], nil), (["nbf": "\(now + 31)"], .early), (["iat": "\(now + 31)"], .early),
            (["sub": nil], .malformed), (["sub": #""""#], .malformed), (["sub": #""a\nb""#], .malformed),
            (["sub": "7"], .malformed),
        ] as [([String: String?], TokenError?)])
    func claimsDecide(_ changes: [String: String?], _ error: TokenError?) async throws {
        let result = outcome(try await issuer.token(payload(changes)), try await keys(issuer.member))
        switch result {
        case .success: #expect(error == nil, "taken with \(changes)")
        case .failure(let got): #expect(got == error, "\(changes)")
        }
    }

    @Test(
        arguments: [
            (["scope": #""read  all-runs""#], ["read", "all-runs"]), (["scope": nil], []),
            (["scope": nil, "scp": #"["read","manage"]"#], ["read", "manage"]),
            (["scp": #""manage""#], ["read", "submit", "manage"]),
            (["scope": "7"], []),
        ] as [([String: String?], Set<String>)])
    func scopesComeInTheFormsThatIssuersUse(_ changes: [String: String?], _ scopes: Set<String>) async throws {
        let claims = try outcome(try await issuer.token(payload(changes)), try await keys(issuer.member)).get()
        #expect(claims.scopes == scopes)
    }

    @Test(arguments: [
        (#"{"alg":"none","typ":"JWT"}"#, TokenError.algorithm), (#"{"alg":"HS256","kid":"one"}"#, .algorithm),
        (#"{"alg":"es256","kid":"one"}"#, .algorithm), (#"{"alg":"ES384","kid":"one"}"#, .unknownKey),
        (#"{"alg":"RS256","kid":"one"}"#, .unknownKey), (#"{"alg":"ES256","kid":"two"}"#, .unknownKey),
        (#"{"alg":"ES256","kid":"one","crit":["exp"],"exp":1}"#, .malformed),
        (#"{"alg":"ES256","kid":"one","crit":null}"#, .malformed),
        (#"{"alg":"ES256","kid":"one","typ":"dpop+jwt"}"#, .malformed), (#"{"kid":"one"}"#, .malformed),
        ("[]", .malformed), ("", .malformed), (#"{"alg":7}"#, .malformed),
    ])
    func headersThatAskForSomethingElseAreRefused(_ header: String, _ error: TokenError) async throws {
        let (token, keys) = (try await issuer.token(payload(), header: header), try await keys(issuer.member))
        #expect(outcome(token, keys) == .failure(error), "\(header)")
    }

    @Test(arguments: [#"{"alg":"ES256"}"#, #"{"alg":"ES256","typ":"at+JWT","kid":"one"}"#])
    func headersThatAreSparingOrOfRFC9068AreTaken(_ header: String) async throws {
        let token = try await issuer.token(payload(), header: header)
        let keys = try await keys(issuer.member)
        #expect(try outcome(token, keys).get().caller == "loans")
    }

    @Test func anAlgorithmThatIsNotAllowedIsRefused() async throws {
        var strict = rules
        strict.algorithms = [.rs256, .edDSA]
        let (token, keys) = (try await issuer.token(payload()), try await keys(issuer.member))
        #expect(outcome(token, keys, strict) == .failure(.algorithm))
    }

    /// Of each part, any change of a character makes another token.
    @Test func whatWasChangedOnTheWayIsForged() async throws {
        let keys = try await keys(issuer.member)
        let other = Issuer()
        let foreign = try await other.token(payload())
        #expect(outcome(foreign, keys) == .failure(.forged))
        let good = try await issuer.token(payload())
        let parts = good.split(separator: ".").map(String.init)
        let richer = try await other.token(payload(["scope": #""read submit all-runs""#])).split(separator: ".")[1]
        #expect(outcome("\(parts[0]).\(richer).\(parts[2])", keys) == .failure(.forged))
        for text in [
            "", ".", "..", "...", parts[0], "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", good + ".",
            good + "=",
            good + " ", " " + good, "\(good).x", "a.b.c", String(repeating: "a", count: 13_000),
            "\(parts[0])..\(parts[2])",
        ] {
            guard case .failure(let error) = outcome(text, keys) else {
                Issue.record("taken: \(text.prefix(80))")
                continue
            }
            #expect([.malformed, .forged].contains(error), "\(text.prefix(80)): \(error)")
        }
        // In bytes, as a flipped bit in the text may be no base64 at all.
        let signature = try #require(Base64URL.decode(parts[2].utf8))
        for index in signature.indices {
            var flipped = signature
            flipped[index] ^= 1
            #expect(outcome("\(parts[0]).\(parts[1]).\(Issuer.encode(flipped))", keys) == .failure(.forged))
        }
    }

    @Test func theKeyOfTheIdDecidesAndOthersDoNot() async throws {
        let second = Issuer(id: "two")
        let keys = try await keys(issuer.member, second.member)
        #expect(keys.count == 2)
        let named = try await second.token(payload())
        #expect(try outcome(named, keys).get().caller == "loans")
        let crossed = try await issuer.token(payload(), header: #"{"alg":"ES256","kid":"two"}"#)
        #expect(outcome(crossed, keys) == .failure(.forged))
        let unnamed = try await second.token(payload(), header: #"{"alg":"ES256"}"#)
        #expect(try outcome(unnamed, keys).get().caller == "loans")
    }
}

struct TokenKeysTests {
    private let all = Set(TokenAlgorithm.allCases)
    private let rfcKey = #"""
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """#

    private func set(_ members: String) -> Data { Data(#"{"keys":[\#(members)]}"#.utf8) }

    private func check(_ jws: String, _ keys: TokenKeys, _ algorithm: TokenAlgorithm) throws {
        let parts = jws.split(separator: ".")
        let signature = try #require(Base64URL.decode(parts[2].utf8))
        try keys.check(signature, of: Data("\(parts[0]).\(parts[1])".utf8), id: nil, algorithm)
    }

    /// Not our own signer: examples of the standards.
    @Test func theExamplesOfTheStandardsAreGood() async throws {
        let keys = try await TokenKeys(
            jwks: set(
                rfcKey + #",{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#),
            algorithms: all)
        // RFC 7515, A.3.
        try check(
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
                + "Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            keys, .es256)
        // RFC 8037, A.4.
        try check(
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhi"
                + "jcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            keys, .edDSA)
    }

    /// An issuer may publish what it likes beside the key that signs for us.
    @Test func strangeKeysAreLeftOut() async throws {
        let strange = [
            #"{"kty":"oct","k":"c2VjcmV0","kid":"one"}"#, #"{"kty":"XYZ"}"#, "7", "null", "{}",
            #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA"}"#,
            rfcKey.replacing(#""kty""#, with: #""use":"enc","kty""#),
            rfcKey.replacing(#""kty""#, with: #""key_ops":["sign"],"kty""#),
            rfcKey.replacing(#""kty""#, with: #""alg":"ES384","kty""#),
        ]
        await #expect(throws: TokenKeysError.noUsableKey) {
            try await TokenKeys(jwks: set(strange.joined(separator: ",")), algorithms: all)
        }
        let keys = try await TokenKeys(jwks: set((strange + [rfcKey]).joined(separator: ",")), algorithms: all)
        #expect(keys.count == 1)
        await #expect(throws: TokenKeysError.noUsableKey) {
            try await TokenKeys(jwks: set(rfcKey), algorithms: [.rs256])
        }
    }

    @Test(arguments: ["", "[]", "{}", #"{"keys":7}"#, "<html>"])
    func whatIsNoSetIsRefused(_ text: String) async throws {
        await #expect(throws: TokenKeysError.notASet) {
            try await TokenKeys(jwks: Data(text.utf8), algorithms: all)
        }
    }
}
