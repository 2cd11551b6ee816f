import Foundation
import Glibc
import TestSupport
import Testing

/// An issuer of tokens made of the openssl program: an implementation that is not the server's.
private struct TokenIssuer {
    let folder: TemporaryDirectory
    let id: String
    private var keyPath: String { folder.file("issuer.pem").path }

    init(id: String) async throws {
        self.id = id
        folder = try TemporaryDirectory("issuer")
        let made = try await Command.run("openssl", ["genrsa", "-out", keyPath, "2048"])
        #expect(made.succeeded, "\(made.errors)")
    }

    static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Its key set, as a file's bytes.
    func keySet() async throws -> [UInt8] {
        let shown = try await Command.run("openssl", ["rsa", "-in", keyPath, "-noout", "-modulus"])
        let digits = Array(try #require(shown.output.split(separator: "=").last).filter(\.isHexDigit).utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        let modulus = Self.encode(Data(bytes))
        return Array(#"{"keys":[{"kty":"RSA","kid":"\#(id)","use":"sig","n":"\#(modulus)","e":"AQAB"}]}"#.utf8)
    }

    /// A token that is good for an hour; `changes` replace claims, written as JSON.
    func token(_ changes: [String: String] = [:], algorithm: String = "RS256") async throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        let claims = [
            "iss": #""https://id.bank.example""#, "aud": #""idp""#, "sub": #""loans""#, "exp": "\(now + 3600)",
            "scope": #""submit read""#,
        ].merging(changes) { $1 }
        let payload = "{" + claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        let header = #"{"alg":"\#(algorithm)","typ":"JWT","kid":"\#(id)"}"#
        let signed = Self.encode(Data(header.utf8)) + "." + Self.encode(Data(payload.utf8))
        let text = try folder.write(Array(signed.utf8), to: "signed")
        let signature = folder.file("signature").path
        let made = try await Command.run(
            "openssl", ["dgst", "-sha256", "-sign", keyPath, "-out", signature, text.path])
        #expect(made.succeeded, "\(made.errors)")
        return signed + "." + Self.encode(try Data(contentsOf: URL(filePath: signature)))
    }
}

extension EndToEnd {
    /// `IDP_AUTH=jwt`.
    @Suite struct TokenTests {
        private func settings(_ keySet: String) -> [String: String] {
            [
                "IDP_AUTH": "jwt", "IDP_JWT_ISSUER": "https://id.bank.example", "IDP_JWT_AUDIENCE": "idp, more",
                "IDP_JWT_JWKS": keySet,
            ]
        }

        @Test func tokensOfTheIssuerOpenWhatTheySay() async throws {
            let issuer = try await TokenIssuer(id: "one")
            let file = try issuer.folder.write(try await issuer.keySet(), to: "jwks.json")
            let server = try await ServerProcess.start(
                settings(file.path).merging(["IDP_AUTH_RATE": "100/1h"]) { $1 })
            func get(_ token: String, _ path: String = "/v1/jobs") async throws -> HTTPAnswer {
                try await server.client.get(path, fields: bearer(token))
            }
            let good = try await issuer.token()
            let first = try await get(good)
            #expect(first.status == 200, "\(first.text)")
            #expect(first.field("RateLimit")?.hasPrefix("\"default\";r=99;t=") == true, "\(first.fields)")
            // The second time it is remembered; another token of the same caller shares his rate.
            #expect(try await get(good).field("RateLimit")?.contains("r=98") == true)
            let other = try await issuer.token(["jti": "\"2\""])
            #expect(try await get(other).field("RateLimit")?.contains("r=97") == true)
            let judged = try await server.client.post(
                "/v1/process", SampleDocument.good().form(), fields: bearer(good))
            #expect(judged.status == 200, "\(judged.text)")
            let run = try #require(judged.json["run_id"].string)
            #expect(try await get(good, "/v1/jobs/\(run)").status == 200)
            let stranger = try await issuer.token(["sub": "\"cards\""])
            #expect(try await get(stranger, "/v1/jobs/\(run)").status == 404)
            let reader = try await issuer.token(["scope": "\"read\""])
            let form = try SampleDocument.good().form()
            #expect(try await server.client.post("/v1/process", form, fields: bearer(reader)).status == 403)
            let foe = try await TokenIssuer(id: "one")
            for (what, token) in [
                ("expired", try await issuer.token(["exp": "1700000000"])),
                ("another audience", try await issuer.token(["aud": "\"else\""])),
                ("another issuer", try await issuer.token(["iss": "\"https://evil.example\""])),
                ("another key", try await foe.token()),
                ("no algorithm", try await issuer.token(algorithm: "none")),
                ("a shared secret", try await issuer.token(algorithm: "HS256")),
                ("cut off", String(good.dropLast(4))), ("no token", "a.b.c"),
            ] {
                let answer = try await get(token)
                #expect(answer.status == 401 && answer.errorCode == "UNAUTHORIZED", "\(what): \(answer.status)")
                #expect(answer.json["detail"]["message"].string == "The credential is not valid", "\(what)")
            }
            #expect(try await server.stop() == .exited(0))
            #expect(server.log.contains { $0["caller"].string == "jwt:loans" && $0["action"].string == "judge" })
            #expect(!server.output.contains(good.split(separator: ".")[2]), "a token is in the log")
        }

        /// The issuer begins to sign with a new key and withdraws the old one: nobody has to tell the server.
        @Test func keysAreRotatedWithoutASignal() async throws {
            let (old, new) = (try await TokenIssuer(id: "old"), try await TokenIssuer(id: "new"))
            let folder = try TemporaryDirectory("issuer-site")
            _ = try folder.write(try await old.keySet(), to: "jwks.json")
            let port = try freePort()
            let site = try ChildProcess(
                ProjectFiles.python,
                ["-m", "http.server", "--bind", "127.0.0.1", "--directory", folder.path, "\(port)"])
            defer { site.killGroup() }
            let server = try await ServerProcess.start(
                settings("http://127.0.0.1:\(port)/jwks.json").merging(["IDP_JWT_JWKS_REFRESH": "1s"]) { $1 })
            func status(_ token: String) async throws -> Int {
                try await server.client.get("/v1/jobs", fields: bearer(token)).status
            }
            let (first, second) = (try await old.token(), try await new.token())
            #expect(try await status(first) == 200)
            // Unknown key: either its look-up is under way (503, come again), or it has been looked up.
            #expect([401, 503].contains(try await status(second)))
            _ = try folder.write(try await new.keySet(), to: "jwks.json")
            try await eventually("the new key") { try await status(second) == 200 }
            // 503 while a reading happens to be under way.
            try await eventually("the old key's end") { try await status(first) == 401 }
            // The issuer goes away: what is known stays good.
            site.killGroup()
            try await eventually("a failed reading") {
                server.log.contains { $0["message"].string == "keys of tokens not read" }
            }
            #expect(try await status(second) == 200)
            #expect(try await server.client.get("/ready").status == 200)
            #expect(try await server.stop() == .exited(0))
        }

        @Test func withoutKeysTheServerSaysThatItIsNotReady() async throws {
            let server = try await ServerProcess.start(
                settings("http://127.0.0.1:\(try freePort())/jwks.json"), untilReady: false)
            try await eventually("a failed reading") {
                server.log.contains { $0["message"].string == "keys of tokens not read" }
            }
            let ready = try await server.client.get("/ready")
            #expect(ready.status == 503 && ready.json["checks"]["keys"].string != "ok", "\(ready.text)")
            let issuer = try await TokenIssuer(id: "one")
            let answer = try await server.client.get("/v1/jobs", fields: bearer(try await issuer.token()))
            #expect(answer.status == 503 && answer.field("Retry-After") == "1")
            #expect(try await server.client.get("/health").status == 200)
            #expect(try await server.client.get("/v1/jobs").status == 401)
            #expect(try await server.stop() == .exited(0))
        }
    }
}
