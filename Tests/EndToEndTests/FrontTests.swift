import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// The built server's front: its routes on the wire, its limits, and its end under load.
    @Suite struct FrontTests {
        private func exchange(_ request: String, with server: ServerProcess, toHead: Bool = false) async throws
            -> HTTPAnswer
        {
            let port = server.port
            return try await blocking {
                let socket = try RawSocket(port: port)
                defer { socket.close() }
                // The server may answer and close before all is sent: what it answered counts.
                try? socket.send(request)
                return try socket.receiveAnswer(toHead: toHead)
            }
        }

        @Test(arguments: [
            ("TRACE /health HTTP/1.1", 405, "METHOD_NOT_ALLOWED"),
            ("TRACE /nowhere HTTP/1.1", 405, "METHOD_NOT_ALLOWED"),
            ("CONNECT a:80 HTTP/1.1", 405, "METHOD_NOT_ALLOWED"), ("BREW /health HTTP/1.1", 501, "NOT_IMPLEMENTED"),
            ("get /health HTTP/1.1", 501, "NOT_IMPLEMENTED"),
            ("GET /health HTTP/1.1\r\nExpect: tea", 417, "EXPECTATION_FAILED"),
            ("POST /v1/process HTTP/1.1\r\nTransfer-Encoding: gzip, chunked", 501, "NOT_IMPLEMENTED"),
        ])
        func whatIsRefusedButReadableKeepsItsNameAndShape(_ line: String, _ status: Int, _ code: String) async throws {
            let server = try await SharedServer.get()
            let fields = "Host: a\r\nX-Request-ID: front-1\r\nAccept: application/problem+json\r\n\r\n"
            let answer = try await exchange("\(line)\r\n\(fields)", with: server)
            #expect(answer.status == status)
            #expect(answer.json["code"].string == code)
            #expect(answer.field("X-Request-ID") == "front-1")
            #expect(answer.field("Content-Type")?.hasPrefix("application/problem+json") == true)
            #expect(answer.field("Connection") == "close")
            if status == 405 { #expect(answer.field("Allow")?.contains("GET") == true) }
        }

        @Test func unknownMethodsAreCountedAsOthers() async throws {
            let server = try await SharedServer.get()
            let before = try await server.metrics()
            _ = try await exchange("BREW /x HTTP/1.1\r\nHost: a\r\n\r\n", with: server)
            _ = try await exchange("TRACE /x HTTP/1.1\r\nHost: a\r\n\r\n", with: server)
            _ = try await exchange("rubbish\r\n\r\n", with: server)
            let after = try await server.metrics()
            func moved(_ method: String, _ status: String) -> Double {
                let labels = ["endpoint": "unmatched", "method": method, "status": status]
                return after.sum("requests_total", labels) - before.sum("requests_total", labels)
            }
            #expect(moved("_OTHER", "501") == 1)
            #expect(moved("TRACE", "405") == 1)
            #expect(moved("_OTHER", "400") == 1)
        }

        @Test func optionsOfTheServerTellsItsMethods() async throws {
            let server = try await SharedServer.get()
            let answer = try await exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", with: server)
            #expect(answer.status == 204)
            #expect(answer.field("Allow") == "GET, HEAD, POST, OPTIONS")
        }

        @Test(arguments: ["/health", "/livez", "/ready", "/readyz", "/startupz", "/metrics", "/v1/jobs"])
        func headAnswersAsGetDoesWithoutABody(_ path: String) async throws {
            let server = try await SharedServer.get()
            let request = "\(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let get = try await exchange("GET " + request, with: server)
            let head = try await exchange("HEAD " + request, with: server, toHead: true)
            #expect(head.status == get.status)
            #expect(head.field("Content-Type") == get.field("Content-Type"))
            #expect(head.field("Content-Length") != nil)
            #expect(head.body.isEmpty)
        }

        @Test func otherWritingsOfAPathAreOtherPaths() async throws {
            let server = try await SharedServer.get()
            for path in [
                "//health", "/health/", "/./health", "/v1/../health", "/HEALTH", "/health%00", "/v1/jobs/../../health",
            ] {
                #expect(try await server.client.get(path).status == 404, "\(path)")
            }
            #expect(try await server.client.get("http://elsewhere/health").status == 200)
        }

        @Test func aRefusedUploadCostsAHead() async throws {
            let server = try await SharedServer.get()
            let before = try await server.metrics().sum("http_server_request_body_size_bytes_sum")
            for (type, length, status) in [
                ("multipart/form-data; boundary=b", 99_999_999, 413), ("text/plain", 50_000_000, 415),
                ("multipart/form-data", 50_000_000, 400),
            ] {
                let head = "POST /v1/process HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nExpect: 100-continue\r\n"
                let answer = try await exchange(head + "Content-Length: \(length)\r\n\r\n", with: server)
                #expect(answer.status == status)
            }
            #expect(try await server.metrics().sum("http_server_request_body_size_bytes_sum") == before)
        }

        @Test func limitsAreSettingsAndAreCounted() async throws {
            let server = try await ServerProcess.start([
                "IDP_HEAD_TIMEOUT": "300ms", "IDP_IDLE_TIMEOUT": "400ms", "IDP_MAX_FIELDS": "20",
                "IDP_MAX_TARGET_BYTES": "300", "IDP_MAX_HEAD_BYTES": "2KiB", "IDP_MAX_CONNECTIONS": "50",
            ])
            #expect(try await exchange("GET /health HTTP/1.1\r\nHost: a", with: server).status == 408)
            let long = String(repeating: "a", count: 400)
            #expect(try await exchange("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n", with: server).status == 414)
            let many = String(repeating: "X: 1\r\n", count: 21)
            #expect(try await exchange("GET /health HTTP/1.1\r\n\(many)\r\n", with: server).status == 431)
            let large = String(repeating: "a", count: 3000)
            #expect(try await exchange("GET /health HTTP/1.1\r\nX: \(large)", with: server).status == 431)
            let port = server.port
            let ended = try await blocking {
                try RawSocket(port: port).receiveUntilClosed()
            }
            #expect(ended.isEmpty)
            let metrics = try await server.metrics()
            for limit in ["head_time", "target_bytes", "fields", "head_bytes", "idle_time"] {
                #expect(metrics.sum("idp_limits_reached_total", ["limit": limit]) >= 1, "\(limit)")
            }
        }

        @Test func aScrapeCanBePacked() async throws {
            let server = try await SharedServer.get()
            let plain = try await server.client.get("/metrics", fields: [("Accept-Encoding", "deflate")])
            #expect(plain.field("Content-Encoding") == nil)
            let packed = try await server.client.get("/metrics", fields: [("Accept-Encoding", "gzip, deflate")])
            #expect(packed.field("Content-Encoding") == "gzip")
            #expect(packed.field("Vary")?.contains("Accept-Encoding") == true)
            #expect(packed.body.starts(with: [0x1F, 0x8B]))
            #expect(packed.body.count < plain.body.count / 3)
        }

        /// A server that may open so many files.
        private func serverWithDescriptors(_ options: String) async throws -> ServerProcess {
            let directory = try TemporaryDirectory("descriptors")
            let script = directory.file("serve.sh")
            try "#!/bin/bash\n\(options)\nexec '\(ProjectFiles.serverProgram)' \"$@\"\n"
                .write(to: script, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
            return try await ServerProcess.start(
                ["IDP_LOOPS": "1", "IDP_WORKERS": "1"], directory: directory, program: script.path)
        }

        @Test func theSoftLimitOfFilesIsRaised() async throws {
            let server = try await serverWithDescriptors("ulimit -Sn 300")
            #expect(try await server.metrics().sum("process_max_fds") > 1000)
        }

        @Test func asManyConnectionsAreTakenAsThereAreFilesFor() async throws {
            let server = try await serverWithDescriptors("ulimit -n 400")
            #expect(try await server.metrics().sum("process_max_fds") == 400)
            let first = try RawSocket(port: server.port)
            try first.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try first.receiveAnswer().status == 200)
            var crowd = try (0..<300).map { _ in try RawSocket(port: server.port) }
            func scrape() throws -> Exposition {
                try first.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                return Exposition(try first.receiveAnswer().text)
            }
            try await eventually("the limit") {
                try scrape().sum("idp_connections_refused_total", ["reason": "capacity"]) >= 1
            }
            // 400, less the half that the rest of the process keeps; one more may be on its way.
            try await eventually("the limit held") {
                let open = try scrape().sum("idp_connections")
                try #require(open <= 201, "\(open)")
                return open >= 199
            }
            for socket in crowd { socket.close() }
            crowd = []
            try await expectAlive(server, judging: true)
        }

        @Test func stoppedUnderLoadItLosesNothing() async throws {
            let server = try await ServerProcess.start(["IDP_LOOPS": "2"])
            let form = try SampleDocument.good().form()
            let port = server.port
            // Submissions of several clients, and clients that ask all the time on kept connections.
            let clients = (0..<6).map { number in
                Task.detached { try await Self.onAThread { try Self.keepAsking(port, form, isSubmitting: number < 2) } }
            }
            try await eventually("load") {
                try await server.metrics().sum("jobs_submitted_total") >= 3
            }
            let status = try await server.stop()
            #expect(status == .exited(0))
            var tally = Tally()
            for client in clients { tally.add(try await client.value) }
            #expect(tally.resets == 0, "\(tally)")
            #expect(tally.answers > 20, "\(tally)")
            let after = try await ServerProcess.start(directory: server.directory)
            for run in tally.runs { _ = try await after.end(of: run) }
        }

        /// Runs work that is never done and never waits long: on a queue it would keep others from theirs.
        private static func onAThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws
            -> Value
        {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
            }
        }

        /// What a client saw.
        private struct Tally {
            var answers = 0
            var resets = 0
            var ends = 0
            var runs: [String] = []

            mutating func add(_ other: Tally) {
                answers += other.answers
                resets += other.resets
                ends += other.ends
                runs += other.runs
            }
        }

        /// Sends requests on kept connections until no connection is taken any more.
        private static func keepAsking(_ port: Int, _ form: MultipartForm, isSubmitting: Bool) throws -> Tally {
            var tally = Tally()
            let head = "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: \(form.contentType)\r\n"
            let submission = Array((head + "Content-Length: \(form.body.count)\r\n\r\n").utf8) + form.body
            let question = Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            while let socket = try? RawSocket(port: port) {
                defer { socket.close() }
                while true {
                    do {
                        try socket.send(isSubmitting ? submission : question)
                        let answer = try socket.receiveAnswer()
                        tally.answers += 1
                        if answer.status == 202, let run = answer.json["run_id"].string { tally.runs.append(run) }
                        if answer.field("Connection") == "close" { break }
                    } catch let failure as SystemCallFailed where failure.code == ECONNRESET {
                        tally.resets += 1
                        break
                    } catch {
                        // The end of the connection between two requests: nothing of this one was taken.
                        tally.ends += 1
                        break
                    }
                }
            }
            return tally
        }
    }
}
