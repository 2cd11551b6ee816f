import Foundation
import Glibc
import TestSupport
import Testing

/// A file of keys and the keys that it knows, made by the program itself.
struct KeysOfCallers {
    let folder: TemporaryDirectory
    var path: String { folder.file("keys.json").path }

    init() throws {
        folder = try TemporaryDirectory("keys")
    }

    /// Makes a key.
    func add(_ name: String, _ scopes: [String], _ options: [String] = []) async throws -> String {
        let made = try await Command.run(
            ProjectFiles.serverProgram, ["keys", "add", path, name] + scopes.flatMap { ["--scope", $0] } + options,
            environment: ChildProcess.plainEnvironment)
        #expect(made.succeeded, "\(made)")
        return made.output.split(separator: "\n").first.map(String.init) ?? ""
    }

    func serve(_ settings: [String: String] = [:]) async throws -> ServerProcess {
        try await ServerProcess.start(settings.merging(["IDP_AUTH": "keys:" + path]) { $1 })
    }
}

func bearer(_ key: String) -> [(String, String)] { [("Authorization", "Bearer \(key)")] }

extension EndToEnd {
    /// `IDP_AUTH=keys:FILE`: who may call, what he may do, and that what is refused costs nothing.
    @Suite struct AuthenticationTests {
        @Test func keysOpenWhatTheirScopesSay() async throws {
            let keys = try KeysOfCallers()
            let loans = try await keys.add("loans", ["submit", "read"])
            let reader = try await keys.add("reader", ["read"])
            #expect(try FileManager.default.attributesOfItem(atPath: keys.path)[.posixPermissions] as? Int == 0o600)
            #expect(try !String(contentsOfFile: keys.path, encoding: .utf8).contains(loans))
            let server = try await keys.serve()
            let client = server.client

            for path in [
                "/health", "/livez", "/ready", "/readyz", "/metrics", "/", "/docs", "/openapi.json", "/console/main.js",
            ] {
                #expect(try await client.get(path).status == 200, "\(path)")
            }
            let run = "/v1/jobs/019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21"
            for (method, path) in [
                ("GET", "/v1/jobs"), ("GET", run), ("HEAD", run), ("GET", run + "/result"), ("GET", run + "/events"),
                ("GET", run + "/pages/1"), ("POST", run + "/cancel"), ("POST", run + "/replay"),
                ("POST", "/v1/process"), ("POST", "/v1/jobs"),
            ] {
                let answer = try await client.send(method, path)
                #expect(answer.status == 401, "\(method) \(path)")
                #expect(answer.field("WWW-Authenticate") == "Bearer realm=\"idp-server\"", "\(method) \(path)")
                #expect(
                    answer.field("Cache-Control") == "no-store" && answer.field("X-Content-Type-Options") == "nosniff")
            }
            let wrong = try await client.get("/v1/jobs", fields: bearer("idp_wrong"))
            #expect(wrong.status == 401 && wrong.errorCode == "UNAUTHORIZED")
            #expect(wrong.field("WWW-Authenticate")?.contains("error=\"invalid_token\"") == true)
            let problem = try await client.get("/v1/jobs", fields: [("Accept", "application/problem+json")])
            #expect(problem.json["code"].string == "UNAUTHORIZED" && problem.json["status"].int == 401)

            for fields in [bearer(loans), [("X-API-Key", loans)]] {
                #expect(try await client.get("/v1/jobs", fields: fields).status == 200)
                #expect(try await client.get(run, fields: fields).status == 404)
            }
            let form = try SampleDocument.good().form()
            let refused = try await client.post("/v1/process", form, fields: bearer(reader))
            #expect(refused.status == 403 && refused.errorCode == "FORBIDDEN")
            #expect(refused.field("WWW-Authenticate")?.contains("scope=\"submit\"") == true)
            let judged = try await client.post("/v1/process", form, fields: bearer(loans))
            #expect(judged.status == 200 && judged.json["verdict"].bool == true, "\(judged.text)")
            #expect(judged.field("Cache-Control") == "no-store")
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_auth_requests_total", ["outcome": "missing"]) >= 10)
            #expect(metrics.sum("idp_auth_requests_total", ["outcome": "forbidden"]) == 1)
            #expect(try await server.stop() == .exited(0))
            #expect(!server.output.contains(loans) && !server.output.contains("idp_wrong"), "a key is in the log")
        }

        /// The client has sent a head and waits: nothing of 40 MB has to come before it hears no.
        @Test func aRefusedUploadCostsItsHead() async throws {
            let keys = try KeysOfCallers()
            let reader = try await keys.add("reader", ["read"])
            let server = try await keys.serve()
            for (field, status) in [("", 401), ("Authorization: Bearer \(reader)\r\n", 403)] {
                let head =
                    "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n\(field)"
                    + "Content-Length: 40000000\r\nExpect: 100-continue\r\n\r\n"
                let port = server.port
                let answer = try await blocking {
                    let socket = try RawSocket(port: port)
                    defer { socket.close() }
                    try socket.send(head)
                    return String(decoding: try socket.receive(), as: UTF8.self)
                }
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                #expect(!answer.contains("100 Continue"))
            }
            let metrics = try await server.metrics()
            #expect(metrics.sum("http_server_request_body_size_bytes_count") == 0)
        }

        @Test func runsOfOneCallerAreNotThereForAnother() async throws {
            let keys = try KeysOfCallers()
            let loans = try await keys.add("loans", ["submit", "read", "manage"])
            let cards = try await keys.add("cards", ["submit", "read", "manage"])
            let chief = try await keys.add("chief", ["read", "manage", "all-runs"])
            let server = try await keys.serve()
            let client = server.client
            let form = try SampleDocument.good().form()
            let idempotency = [("Idempotency-Key", "one")]
            let accepted = try await client.post("/v1/jobs", form, fields: bearer(loans) + idempotency)
            let run = try #require(accepted.json["run_id"].string, "\(accepted.text)")
            let path = "/v1/jobs/\(run)"
            func status(_ path: String, _ key: String, _ method: String = "GET") async throws -> Int {
                try await client.send(method, path, fields: bearer(key)).status
            }
            let ended = try await client.get(path + "?wait=60", fields: bearer(loans))
            #expect(ended.status == 200)
            try await eventually("the end of the run") {
                try await client.get(path, fields: bearer(loans)).json["status"].string == "completed"
            }
            // Twice: the second answer comes from the loop's memory.
            for _ in 0..<2 {
                #expect(try await status(path, loans) == 200)
                #expect(try await status(path, cards) == 404)
                #expect(try await status(path, chief) == 200)
            }
            for rest in ["/result", "/pages/1", "/events"] {
                #expect(try await status(path + rest, cards) == 404, "\(rest)")
                #expect(try await status(path + rest, chief) == 200, "\(rest)")
            }
            for rest in ["/cancel", "/replay"] {
                #expect(try await status(path + rest, cards, "POST") == 404, "\(rest)")
            }
            #expect(try await status(path + "/cancel", loans, "POST") == 200)
            #expect(try await status(path + "/replay", chief, "POST") == 409)
            let strange = try await client.get(path, fields: bearer(cards))
            let missing = try await client.get("/v1/jobs/019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21", fields: bearer(cards))
            #expect(strange.errorCode == missing.errorCode && strange.errorCode == "JOB_NOT_FOUND")

            // The same key of another caller is another key.
            let other = try await client.post("/v1/jobs", form, fields: bearer(cards) + idempotency)
            #expect(other.status == 202 && other.json["run_id"].string != run)
            func listed(_ key: String) async throws -> [String?] {
                try await client.get("/v1/jobs", fields: bearer(key)).json["jobs"].array?.map { $0["run_id"].string }
                    ?? []
            }
            #expect(try await listed(loans) == [run])
            #expect(try await listed(cards) == [other.json["run_id"].string])
            #expect(try await listed(chief).count == 2)

            #expect(try await server.stop() == .exited(0))
            let audit = server.log.filter { $0["logger"].string == "idp.audit" && $0["run_id"].string == run }
            func has(_ action: String, _ caller: String, _ outcome: String) -> Bool {
                audit.contains {
                    $0["action"].string == action && $0["caller"].string == caller && $0["outcome"].string == outcome
                }
            }
            #expect(has("submit", "loans", "done") && has("read result", "chief", "done"), "\(audit)")
            #expect(has("read result", "cards", "failed") && has("cancel", "cards", "failed"), "\(audit)")
            #expect(has("cancel", "loans", "done") && has("replay", "chief", "failed"), "\(audit)")
            #expect(audit.allSatisfy { $0["request_id"].string != nil && $0["client_address"].string == "127.0.0.1" })
        }

        @Test func aRateIsToldAndKept() async throws {
            let keys = try KeysOfCallers()
            let slow = try await keys.add("slow", ["read"], ["--rate", "3/1h"])
            let free = try await keys.add("free", ["read"])
            let server = try await keys.serve()
            for left in [2, 1, 0] {
                let answer = try await server.client.get("/v1/jobs", fields: bearer(slow))
                #expect(answer.status == 200)
                #expect(answer.field("RateLimit-Policy") == "\"default\";q=3;w=3600")
                #expect(answer.field("RateLimit")?.hasPrefix("\"default\";r=\(left);t=") == true, "\(answer.fields)")
            }
            let answer = try await server.client.get("/v1/jobs", fields: bearer(slow))
            #expect(answer.status == 429 && answer.errorCode == "RATE_LIMITED")
            let wait = try #require(answer.field("Retry-After").flatMap { Int($0) })
            #expect((1...3600).contains(wait))
            #expect(answer.field("RateLimit") == "\"default\";r=0;t=\(wait)")
            let other = try await server.client.get("/v1/jobs", fields: bearer(free))
            #expect(other.status == 200 && other.field("RateLimit") == nil)
            #expect(try await server.client.get("/health", fields: bearer(slow)).status == 200)
        }

        @Test func hangUpReadsKeysAgain() async throws {
            let keys = try KeysOfCallers()
            let first = try await keys.add("loans", ["read"])
            let server = try await keys.serve()
            func status(_ key: String) async throws -> Int {
                try await server.client.get("/v1/jobs", fields: bearer(key)).status
            }
            let second = try await keys.add("loans", [], ["--another"])
            #expect(try await status(second) == 401)
            func reload(_ message: String, times: Int) async throws {
                server.child.signal(SIGHUP)
                try await eventually("the line \(message)") {
                    server.log.count { $0["message"].string == message } == times
                }
            }
            try await reload("keys of callers reloaded", times: 1)
            #expect(try await status(first) == 200)
            #expect(try await status(second) == 200)
            let removed = try await Command.run(
                ProjectFiles.serverProgram, ["keys", "remove", keys.path, "loans", "--old"])
            #expect(removed.succeeded, "\(removed)")
            try await reload("keys of callers reloaded", times: 2)
            #expect(try await status(first) == 401)
            #expect(try await status(second) == 200)
            _ = try keys.folder.write(Array("{".utf8), to: "keys.json")
            try await reload("keys of callers not reloaded; the old ones stay in force", times: 1)
            #expect(try await status(second) == 200)
            #expect(try await server.stop() == .exited(0))
        }

        /// A certificate that the file names is a caller; one that it does not name is none, though TLS lets it in.
        @Test func aCertificateStandsForAKey() async throws {
            let keys = try KeysOfCallers()
            let key = try await keys.add("other", ["read"])
            let listed = """
                {"keys": [{"name": "loans", "certificate": "uri:spiffe://bank/loans", "scopes": ["read"]},
                          {"name": "other", "sha256": "\(try await sha256(key))", "scopes": ["read"]}]}
                """
            _ = try keys.folder.write(Array(listed.utf8), to: "keys.json")
            let certificates = try await TestCertificates.get()
            let server = try await ServerProcess.start(
                [
                    "IDP_AUTH": "keys:" + keys.path, "IDP_TLS_CERT": certificates.certificate("server"),
                    "IDP_TLS_KEY": certificates.key("server"),
                    "IDP_TLS_CLIENT_CA": certificates.certificate("authority"), "IDP_TLS_CLIENT_AUTH": "request",
                ], untilReady: false)
            func status(_ arguments: [String]) async throws -> String {
                try await Command.run(
                    "curl",
                    [
                        "-sS", "--max-time", "60", "--cacert", certificates.certificate("authority"), "-o", "/dev/null",
                        "-w", "%{http_code}", "https://localhost:\(server.port)/v1/jobs",
                    ] + arguments
                ).output
            }
            let client = ["--cert", certificates.certificate("client"), "--key", certificates.key("client")]
            #expect(try await status(client) == "200")
            #expect(try await status([]) == "401")
            #expect(try await status(["-H", "X-API-Key: \(key)"]) == "200")
            // A wrong key is not made good by a good certificate.
            #expect(try await status(client + ["-H", "X-API-Key: wrong"]) == "401")
            let server2 = ["--cert", certificates.certificate("server"), "--key", certificates.key("server")]
            #expect(try await status(server2) != "200")
            #expect(try await server.stop() == .exited(0))
            #expect(server.log.contains { $0["caller"].string == "loans" })
        }

        private func sha256(_ text: String) async throws -> String {
            let folder = try TemporaryDirectory("hash")
            let file = try folder.write(Array(text.utf8), to: "key")
            return String(try await Command.run("sha256sum", [file.path]).output.prefix(64))
        }

        @Test func whatIsWrongWithSettingsIsToldByName() async throws {
            let folder = try TemporaryDirectory("keys")
            let bad = try folder.write(
                Array(#"{"keys":[{"name":"a","sha256":"plain-key","scopes":[]}]}"#.utf8), to: "bad.json")
            let good = try folder.write(Array(#"{"keys":[]}"#.utf8), to: "good.json")
            for (settings, name) in [
                (["IDP_AUTH": "keys:/none.json"], "IDP_AUTH"), (["IDP_AUTH": "keys:" + bad.path], "IDP_AUTH"),
                (["IDP_AUTH": "keys:" + good.path, "IDP_AUTH_EXEMPT": "/health,/v1/jobs"], "IDP_AUTH_EXEMPT"),
                (["IDP_AUTH": "keys:" + good.path, "IDP_AUTH_RATE": "fast"], "IDP_AUTH_RATE"),
                (["IDP_AUTH_RATE": "5/s"], "IDP_AUTH_RATE"), (["IDP_AUTH": "jwt"], "IDP_JWT_ISSUER"),
                (["IDP_JWT_ISSUER": "a"], "IDP_JWT_ISSUER"),
                (
                    [
                        "IDP_AUTH": "jwt", "IDP_JWT_ISSUER": "a", "IDP_JWT_AUDIENCE": "b",
                        "IDP_JWT_JWKS": "http://keys.example/jwks",
                    ], "IDP_JWT_JWKS"
                ),
                (
                    [
                        "IDP_AUTH": "jwt", "IDP_JWT_ISSUER": "a", "IDP_JWT_AUDIENCE": "b",
                        "IDP_JWT_JWKS": good.path, "IDP_JWT_ALGORITHMS": "RS256,none",
                    ], "IDP_JWT_ALGORITHMS"
                ),
            ] {
                let check = try await Command.run(
                    ProjectFiles.serverProgram, ["check-config"],
                    environment: ChildProcess.plainEnvironment.merging(settings) { $1 })
                #expect(check.status == .exited(2), "\(settings)")
                #expect(
                    check.errors.contains("\(name) (environment): ") || check.errors.contains("\(name) "),
                    "\(check.errors)")
                #expect(!check.errors.contains("plain-key"))
            }
        }

        @Test func theDescriptionSaysWhatEachOperationNeeds() async throws {
            let keys = try KeysOfCallers()
            _ = try await keys.add("loans", ["read"])
            let server = try await keys.serve(["IDP_AUTH_EXEMPT": "/ready,/openapi.json"])
            #expect(try await server.client.get("/metrics").status == 401)
            let answer = try await server.client.get("/openapi.json")
            let document = answer.json
            #expect(document["components"]["securitySchemes"]["key"]["scheme"].string == "bearer")
            for (path, methods) in try #require(document["paths"].object) {
                for (method, operation) in methods.object ?? [:] {
                    let isOpen = ["/ready", "/openapi.json"].contains(path)
                    let target = path.replacing("{run_id}", with: UUID().uuidString.lowercased())
                        .replacing("{page}", with: "1")
                    let status = try await server.client.send(method.uppercased(), target).status
                    #expect((status == 401) == !isOpen, "\(method) \(path): \(status)")
                    #expect((operation["security"].array?.isEmpty == false) == !isOpen, "\(method) \(path)")
                    #expect(operation["responses"]["401"].isNull == isOpen, "\(method) \(path)")
                }
            }
            let file = try keys.folder.write(answer.body, to: "openapi.json")
            let check = try await Command.run(
                ProjectFiles.python, ["-m", "openapi_spec_validator", "--schema", "3.1", file.path])
            #expect(check.succeeded, "\(check.output) \(check.errors)")
        }

        @Test func withoutAuthenticationNothingOfItShows() async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.get("/v1/jobs", fields: bearer("anything"))
            #expect(answer.status == 200 && answer.field("RateLimit") == nil)
            let document = try await server.client.get("/openapi.json").json
            #expect(document["components"]["securitySchemes"].isNull)
            #expect(document["paths"]["/v1/jobs"]["get"]["security"].isNull)
            #expect(!server.output.contains("idp.audit"))
        }
    }
}
