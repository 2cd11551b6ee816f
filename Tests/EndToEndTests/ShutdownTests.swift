import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct ShutdownTests {
        /// Waits until so many requests beside the scrape itself are in work.
        private func inWork(_ count: Double, at server: ServerProcess) async throws {
            try await eventually("\(count) requests in work", every: .milliseconds(2)) {
                try await server.metrics().sum("http_server_active_requests") >= count + 1
            }
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func anIdleServerEndsWithZero(_ signal: Int32) async throws {
            let server = try await ServerProcess.start()
            server.child.signal(signal)
            #expect(try await server.child.waitForExit() == .exited(0))
        }

        @Test func aRequestInWorkIsAnswered() async throws {
            let server = try await ServerProcess.start()
            let sample = try SampleDocument.scanned()
            let form = try sample.form()
            async let answer = server.client.post("/v1/process", form)
            try await inWork(1, at: server)
            #expect(try await server.stop() == .exited(0))
            #expect(try await answer.status == 200)
            #expect(try await answer.json["verdict"].bool == true)
        }

        @Test func whileItDrainsItIsNotReadyAndTakesNothingNew() async throws {
            let server = try await ServerProcess.start()
            let form = try SampleDocument.scanned().form()
            let port = server.port
            let idle = try RawSocket(port: port)
            async let answer = server.client.post("/v1/process", form)
            try await inWork(1, at: server)
            server.child.signal(SIGTERM)
            // Until the port is closed it may answer, but never that it is ready.
            var sawReady = 0
            while server.child.exitStatus == nil {
                guard let ready = try? await server.client.get("/ready", within: .seconds(2)) else { break }
                if ready.status == 503 { break }
                sawReady += 1
                try #require(sawReady < 200, "still ready long after SIGTERM")
            }
            #expect(try await answer.status == 200)
            #expect(try await server.child.waitForExit() == .exited(0))
            idle.close()
        }

        @Test func queuedJobsAreThereAtTheNextStart() async throws {
            let directory = try TemporaryDirectory("drain")
            let first = try await ServerProcess.start(["IDP_WORKERS": "1"], directory: directory)
            let sample = try SampleDocument.scanned()
            var runs: [String] = []
            for _ in 0..<6 { runs.append(try await first.submit(sample.form())) }
            #expect(try await first.stop() == .exited(0))
            let second = try await ServerProcess.start(directory: directory)
            for run in runs { #expect(try await second.end(of: run)["verdict"].bool == true) }
        }

        /// Who cannot wait says so twice; what was acknowledged is there at the next start all the same.
        @Test func aSecondSignalEndsItAtOnce() async throws {
            let directory = try TemporaryDirectory("twice")
            let slow = try await BadDocuments.get().file("slow.pdf")
            let form = MultipartForm.document(
                Array(try Data(contentsOf: slow)), named: "slow.pdf", fio: BadInputTests.fio)
            let first = try await ServerProcess.start(["IDP_WORKERS": "1"], directory: directory)
            let run = try await first.submit(form)
            let behind = try await first.submit(SampleDocument.good().form())
            try await eventually("run \(run) being worked on", within: .seconds(60)) {
                try await first.client.get("/v1/jobs/\(run)").json["status"].string == "running"
            }
            first.child.signal(SIGTERM)
            try await eventually("the stop's log line", within: .seconds(30)) {
                first.log.contains { $0["message"].string == "shutting down" }
            }
            first.child.signal(SIGTERM)
            #expect(try await first.child.waitForExit(within: .seconds(30)) == .exited(130))
            let second = try await ServerProcess.start(directory: directory)
            #expect(try await second.end(of: behind)["verdict"].bool == true)
            #expect(try await second.end(of: run)["status"].string == "completed")
        }

        @Test func itLeavesNoProcessBehind() async throws {
            let server = try await ServerProcess.start()
            try await expectAlive(server, judging: true)
            #expect(try await server.stop() == .exited(0))
            let listing = try await Command.run("ps", ["-e", "-o", "pgid=,args="])
            let left = listing.output.split(separator: "\n").filter {
                $0.split(separator: " ").first == "\(server.child.pid)"
            }
            #expect(left.isEmpty, "\(left)")
        }
    }
}
