import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Who waits, for how long, and how it ends.
    @Suite struct SchedulingTests {
        private func slowForm() async throws -> MultipartForm {
            let file = try await BadDocuments.get().file("slow.pdf")
            return .document(Array(try Data(contentsOf: file)), named: "slow.pdf", fio: BadInputTests.fio)
        }

        /// A server whose only worker has a document that takes it seconds.
        private func busyServer(_ environment: [String: String] = [:]) async throws -> (ServerProcess, String) {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1"].merging(environment) { $1 })
            let run = try await server.submit(try await slowForm())
            try await eventually("run \(run) being worked on") {
                try await server.client.get("/v1/jobs/\(run)").json["status"].string == "running"
            }
            return (server, run)
        }

        private func cancel(_ run: String, at server: ServerProcess) async throws -> HTTPAnswer {
            try await server.client.send("POST", "/v1/jobs/\(run)/cancel", body: [])
        }

        @Test func anotherClientsJobIsNotBehindAThousand() async throws {
            let (server, slow) = try await busyServer()
            let sample = try SampleDocument.good()
            for _ in 0..<30 { _ = try await server.submit(sample.form()) }
            let curl = try await Command.run(
                "curl",
                [
                    "-s", "--interface", "127.0.0.2", "-F", "file=@\(sample.url.path)", "-F", "fio=\(sample.fio)",
                    "http://127.0.0.1:\(server.port)/v1/jobs",
                ])
            let run = try #require(try JSONValue(parsing: curl.output)["run_id"].string, "\(curl.output)")
            let position = try await server.client.get("/v1/jobs/\(run)").json["queue_position"].int
            #expect(try #require(position) <= 1)
            let own = try await server.submit(sample.form())
            #expect(try await server.client.get("/v1/jobs/\(own)").json["queue_position"].int ?? 0 >= 30)
            #expect(try await cancel(slow, at: server).status == 202)
            _ = try await server.end(of: run)
            #expect(try await server.client.get("/v1/jobs/\(own)").json["status"].string != "completed")
        }

        @Test func aFullQueueIsNotReadyAndSaysWhenToComeBack() async throws {
            let (server, slow) = try await busyServer(["IDP_QUEUE_LIMIT": "2"])
            let form = try SampleDocument.good().form()
            for _ in 0..<2 { _ = try await server.submit(form) }
            let refused = try await server.client.post("/v1/jobs", form)
            #expect(refused.status == 429 && refused.errorCode == "QUEUE_FULL")
            #expect(try #require(refused.field("Retry-After").flatMap { Int($0) }) >= 1)
            try await eventually("not ready") {
                let ready = try await server.client.get("/ready")
                return ready.status == 503 && ready.json["checks"]["queue"].string == "full"
            }
            #expect(try await server.client.get("/health").status == 200)
            #expect(try await cancel(slow, at: server).status == 202)
            try await eventually("ready again") {
                try await server.client.get("/ready").status == 200
            }
        }

        @Test func aJobEndsAtItsDeadlineWhileItWaits() async throws {
            let (server, slow) = try await busyServer()
            let answer = try await server.client.post(
                "/v1/jobs", SampleDocument.good().form(), fields: [("Request-Timeout", "0.2")])
            let run = try #require(answer.json["run_id"].string)
            let end = try await server.end(of: run)
            #expect(end["status"].string == "failed" && end["errors"].strings == ["PROCESSING_TIMEOUT"])
            #expect(try await server.client.get("/v1/jobs/\(slow)").json["status"].string == "running")
        }

        @Test func aJobEndsAtItsDeadlineWhileItRuns() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1"])
            let answer = try await server.client.post(
                "/v1/jobs", try await slowForm(), fields: [("Request-Timeout", "1")])
            let run = try #require(answer.json["run_id"].string)
            let end = try await server.end(of: run)
            #expect(end["errors"].strings == ["PROCESSING_TIMEOUT"] && end["attempts"].int == 1)
            try await expectAlive(server, judging: true)
        }

        @Test func aCancelEndsWaitingAndRunningJobsAndIsIdempotent() async throws {
            let (server, slow) = try await busyServer()
            let waiting = try await server.submit(SampleDocument.good().form())
            for run in [waiting, slow] {
                #expect(try await cancel(run, at: server).status == 202)
                let end = try await server.end(of: run)
                #expect(end["status"].string == "cancelled" && end["errors"].array?.isEmpty == true)
                let again = try await cancel(run, at: server)
                #expect(again.status == 200 && again.json["status"].string == "cancelled")
            }
            try await expectAlive(server, judging: true)
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_jobs_cancelled_total") == 2)
            #expect(metrics.sum("idp_queue_depth") == 0)
        }

        /// Everybody cancels everything, more than once, while it waits, begins, runs and ends: each job ends once, all
        /// counts agree, and the slots are free.
        @Test func aStormOfCancelsLeavesEachJobWithOneEnd() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "2"])
            let form = try SampleDocument.good().form()
            let runs = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let run = try await server.submit(form)
                        for _ in 0..<3 { _ = try await cancel(run, at: server) }
                        return run
                    }
                    group.addTask {
                        let run = try await server.submit(try await slowForm())
                        async let one = cancel(run, at: server)
                        async let two = cancel(run, at: server)
                        let statuses = [try await one.status, try await two.status]
                        #expect(statuses.allSatisfy { $0 == 202 || $0 == 200 })
                        return run
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var ends: [String: Int] = [:]
            for run in runs {
                let end = try await server.end(of: run)
                ends[end["status"].string ?? "", default: 0] += 1
            }
            #expect(ends["failed"] == nil && ends.values.reduce(0, +) == 16)
            try await expectAlive(server, judging: true)
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_jobs_cancelled_total") == Double(ends["cancelled"] ?? 0))
            #expect(metrics.sum("jobs_completed_total") == Double(ends["completed"] ?? 0))
            #expect(metrics.sum("idp_queue_depth") == 0)
            try await eventually("free slots", within: .seconds(30)) {
                try await server.metrics().sum("idp_queue_running") == 0
            }
        }

        /// A document that kills two workers harms only itself, is set aside with its reason, and can be tried again.
        @Test func aDeadLetterIsListedAndReplayed() async throws {
            let (server, run) = try await busyServer()
            let behind = try await server.submit(SampleDocument.good().form())
            let end = try await eventually("the end of run \(run)", within: .seconds(60)) {
                let status = try await server.client.get("/v1/jobs/\(run)").json
                if status["status"].string == "failed" { return status }
                for worker in try await server.documentWorkers() { kill(worker, SIGKILL) }
                return nil
            }
            #expect(end["dead_letter"].string == "WORKERS_LOST")
            #expect(try await server.end(of: behind)["verdict"].bool == true)
            let list = try await server.client.get("/v1/jobs?status=dead_lettered")
            #expect(list.json["jobs"].array?.map { $0["run_id"].string } == [run])
            #expect(try await server.metrics().sum("idp_jobs_dead_lettered_total") == 1)
            func replay(_ run: String) async throws -> HTTPAnswer {
                try await server.client.send("POST", "/v1/jobs/\(run)/replay", body: [])
            }
            let answer = try await replay(run)
            #expect(answer.status == 202 && answer.json["status"].string == "accepted")
            #expect(answer.field("Location") == "/v1/jobs/\(run)")
            let done = try await server.end(of: run)
            #expect(done["status"].string == "completed" && done["replays"].int == 1)
            #expect(done["dead_letter"].isNull)
            let again = try await replay(run)
            #expect(again.status == 409 && again.errorCode == "JOB_NOT_REPLAYABLE")
            #expect(try await replay("019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21").status == 404)
        }
    }
}
