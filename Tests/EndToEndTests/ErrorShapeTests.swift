import Foundation
import TestSupport
import Testing

/// A request that must fail, and how.
struct Failing: Sendable, CustomStringConvertible {
    var method: String
    var target: String
    var status: Int
    var code: String
    var fields: [(String, String)] = []
    var body: [UInt8]?

    var description: String { "\(method) \(target): \(code)" }
}

extension EndToEnd {
    @Suite struct ErrorShapeTests {
        static let unknown = "0198c7a0-0000-7000-8000-000000000000"
        static let json = [("Content-Type", "application/json")]
        static let failing: [Failing] = [
            Failing(method: "GET", target: "/nowhere", status: 404, code: "NOT_FOUND"),
            Failing(method: "GET", target: "/v1/nowhere", status: 404, code: "NOT_FOUND"),
            Failing(method: "GET", target: "/v1/jobs/\(unknown)", status: 404, code: "JOB_NOT_FOUND"),
            Failing(method: "GET", target: "/v1/jobs/no-uuid", status: 404, code: "JOB_NOT_FOUND"),
            Failing(method: "GET", target: "/v1/jobs/\(unknown)/result", status: 404, code: "JOB_NOT_FOUND"),
            Failing(method: "DELETE", target: "/health", status: 405, code: "METHOD_NOT_ALLOWED"),
            Failing(method: "POST", target: "/ready", status: 405, code: "METHOD_NOT_ALLOWED", body: []),
            Failing(method: "PUT", target: "/metrics", status: 405, code: "METHOD_NOT_ALLOWED", body: []),
            Failing(method: "GET", target: "/v1/process", status: 405, code: "METHOD_NOT_ALLOWED"),
            Failing(method: "PATCH", target: "/v1/jobs", status: 405, code: "METHOD_NOT_ALLOWED", body: []),
            Failing(method: "DELETE", target: "/v1/jobs/\(unknown)", status: 405, code: "METHOD_NOT_ALLOWED"),
            Failing(
                method: "POST", target: "/v1/process", status: 415, code: "UNSUPPORTED_MEDIA_TYPE", fields: json,
                body: Array("{}".utf8)),
            Failing(
                method: "POST", target: "/v1/jobs", status: 415, code: "UNSUPPORTED_MEDIA_TYPE", fields: json,
                body: Array("{}".utf8)),
        ]

        @Test(arguments: failing)
        func theDefaultShapeIsTheDetailObject(_ failing: Failing) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.send(
                failing.method, failing.target, fields: failing.fields + [("X-Request-ID", "shape-1")],
                body: failing.body)
            #expect(answer.status == failing.status, "\(answer.text)")
            #expect(answer.field("Content-Type")?.hasPrefix("application/json") == true)
            let detail = answer.json["detail"]
            #expect(detail["code"].string == failing.code)
            #expect(detail["message"].string?.isEmpty == false)
            #expect(detail["retryable"].bool == false)
            #expect(detail["request_id"].string == "shape-1")
            #expect(answer.field("X-Request-ID") == "shape-1")
        }

        @Test(arguments: failing)
        func problemDetailsComeWhenAskedFor(_ failing: Failing) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.send(
                failing.method, failing.target,
                fields: failing.fields + [("Accept", "application/problem+json"), ("X-Request-ID", "shape-2")],
                body: failing.body)
            #expect(answer.status == failing.status, "\(answer.text)")
            #expect(answer.field("Content-Type")?.hasPrefix("application/problem+json") == true)
            #expect(answer.json["status"].int == failing.status)
            #expect(answer.json["code"].string == failing.code)
            #expect(answer.json["type"].string?.isEmpty == false)
            #expect(answer.json["title"].string?.isEmpty == false)
            #expect(answer.json["instance"].string?.isEmpty == false)
            #expect(answer.json["retryable"].bool == false)
            #expect(answer.json["request_id"].string == "shape-2")
        }

        @Test(arguments: [
            ("/health", ["GET", "HEAD"]), ("/metrics", ["GET", "HEAD"]), ("/v1/process", ["POST"]),
            ("/v1/jobs/\(unknown)", ["GET", "HEAD"]),
        ])
        func aWrongMethodIsToldTheRightOnes(_ path: String, _ methods: [String]) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.send("DELETE", path)
            #expect(answer.status == 405)
            let allowed = answer.field("Allow")?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            for method in methods { #expect(allowed?.contains(method) == true, "\(allowed ?? [])") }
        }

        /// What libevent would answer in HTML comes out in our shape too.
        @Test(arguments: [
            ("GET /health HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", [400], "BAD_REQUEST"),
            ("nonsense\r\n\r\n", [400], "BAD_REQUEST"),
            ("GET /health HTTP/1.1\r\n\r\n", [400], "BAD_REQUEST"),
            (
                "GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\nHost: a\r\n\r\n", [414, 431],
                "URI_TOO_LONG HEADERS_TOO_LARGE"
            ),
            (
                "GET /health HTTP/1.1\r\nHost: a\r\nX-Big: \(String(repeating: "a", count: 200_000))\r\n\r\n", [431],
                "HEADERS_TOO_LARGE"
            ),
        ])
        func brokenHTTPIsAnsweredInOurShape(_ request: String, _ statuses: [Int], _ codes: String) async throws {
            let server = try await SharedServer.get()
            let port = server.port
            let answer = try await blocking {
                let socket = try RawSocket(port: port)
                // The server may close while it is still being sent to: what it answered counts.
                try? socket.send(request)
                return try socket.receiveAnswer()
            }
            #expect(statuses.contains(answer.status), "\(answer.status) \(answer.text)")
            let code = try #require(answer.json["detail"]["code"].string, "\(answer.text)")
            #expect(codes.contains(code))
            #expect(answer.field("X-Request-ID")?.isEmpty == false)
            try await expectAlive(server)
        }
    }
}
