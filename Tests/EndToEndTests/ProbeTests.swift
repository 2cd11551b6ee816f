import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct ProbeTests {
        @Test(arguments: ["/health", "/livez", "/ready", "/readyz", "/startupz"])
        func answersOKWithTheServiceName(_ path: String) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.get(path)
            #expect(answer.status == 200)
            #expect(answer.field("Content-Type")?.hasPrefix("application/json") == true)
            #expect(answer.json["status"].string == "ok")
            #expect(answer.json["service"].string == "idp-loan-deferment-service")
        }

        @Test func readinessNamesItsChecks() async throws {
            let server = try await SharedServer.get()
            let checks = try await server.client.get("/ready").json["checks"].object
            #expect(checks?.isEmpty == false)
        }

        @Test func theServiceNameIsASetting() async throws {
            let server = try await ServerProcess.start(["IDP_APP_NAME": "another-name"])
            let answer = try await server.client.get("/health")
            #expect(answer.json["service"].string == "another-name")
        }

        @Test(arguments: ["/health", "/livez", "/ready", "/readyz", "/startupz", "/metrics"])
        func headIsLikeGetWithoutContent(_ path: String) async throws {
            let server = try await SharedServer.get()
            let get = try await server.client.get(path)
            let head = try await server.client.send("HEAD", path)
            #expect(head.status == get.status)
            #expect(head.field("Content-Type") == get.field("Content-Type"))
            #expect(head.body.isEmpty)
            // Nothing follows the head on the connection either: the next answer is the next request's.
            let port = server.port
            let next = try await blocking {
                let socket = try RawSocket(port: port)
                try socket.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try socket.receiveAnswer(toHead: true)
                try socket.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                return try socket.receiveAnswer()
            }
            #expect(next.json["status"].string == "ok")
        }

        @Test func aJobCanBeAskedWithHead() async throws {
            let server = try await SharedServer.get()
            let run = try await server.submit(SampleDocument.good().form())
            for path in ["/v1/jobs/\(run)", "/v1/jobs/\(run)/result"] {
                let head = try await server.client.send("HEAD", path)
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
            }
            _ = try await server.end(of: run)
        }

        @Test(arguments: ["a", "Abc-123_x.y", String(repeating: "r", count: 128)])
        func theCallersRequestIdComesBack(_ id: String) async throws {
            let server = try await SharedServer.get()
            for path in ["/health", "/nowhere", "/metrics"] {
                let answer = try await server.client.get(path, fields: [("X-Request-ID", id)])
                #expect(answer.fields("X-Request-ID") == [id], "\(path)")
            }
        }

        @Test(arguments: ["", "with space", "semi;colon", "кириллица", String(repeating: "r", count: 129)])
        func anUnfitRequestIdIsReplaced(_ id: String) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.get("/health", fields: [("X-Request-ID", id)])
            #expect(answer.status == 200)
            let given = try #require(answer.field("X-Request-ID"))
            #expect(given != id)
            #expect(given.wholeMatch(of: /[A-Za-z0-9._-]{1,128}/) != nil)
        }

        @Test func eachAnswerHasItsOwnRequestId() async throws {
            let server = try await SharedServer.get()
            var seen: Set<String> = []
            for _ in 0..<20 {
                seen.insert(try #require(try await server.client.get("/health").field("X-Request-ID")))
            }
            #expect(seen.count == 20)
        }
    }
}
