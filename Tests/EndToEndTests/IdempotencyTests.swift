import TestSupport
import Testing

extension EndToEnd {
    @Suite struct IdempotencyTests {
        private func key(_ value: String) -> [(String, String)] { [("Idempotency-Key", value)] }

        @Test func aRepeatedJobIsTheSameJob() async throws {
            let server = try await SharedServer.get()
            let form = try SampleDocument.good().form()
            let first = try await server.client.post("/v1/jobs", form, fields: key("\"job-1\""))
            #expect(first.status == 202 && first.field("Idempotent-Replayed") == nil)
            let run = try #require(first.json["run_id"].string)
            // Another boundary, the bare form of the key, the run ended meanwhile: the same answer.
            for _ in 0..<2 {
                let again = try await server.client.post(
                    "/v1/jobs", SampleDocument.good().form(), fields: key("job-1"))
                #expect(again.status == 202 && again.field("Idempotent-Replayed") == "true")
                #expect(again.json["run_id"].string == run && again.json["status"].string == "accepted")
                #expect(again.field("Location") == "/v1/jobs/\(run)")
                _ = try await server.end(of: run)
            }
            var other = try SampleDocument.good().form()
            other.field("priority", "high")
            let reused = try await server.client.post("/v1/jobs", other, fields: key("job-1"))
            #expect(reused.status == 422 && reused.errorCode == "IDEMPOTENCY_KEY_REUSED")
            let another = try await server.client.post(
                "/v1/jobs", SampleDocument.scanned().form(), fields: key("job-1"))
            #expect(another.errorCode == "IDEMPOTENCY_KEY_REUSED")
        }

        @Test func ofManyAtOnceOneMakesTheJob() async throws {
            let server = try await ServerProcess.start()
            let form = try SampleDocument.good().form()
            let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                for _ in 0..<32 {
                    group.addTask { try await server.client.post("/v1/jobs", form, fields: key("together")) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 202 })
            #expect(Set(answers.compactMap { $0.json["run_id"].string }).count == 1)
            #expect(answers.count { $0.field("Idempotent-Replayed") == nil } == 1)
            let metrics = try await server.metrics()
            #expect(metrics.sum("jobs_submitted_total") == 1)
            #expect(metrics.sum("idp_idempotency_replays_total") == 31)
        }

        @Test func aRepeatedVerdictIsTheSameAnswer() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.first { $0.errors == ["FIO_MISMATCH"] }
            let first = try await server.client.post("/v1/process", sample.form(), fields: key("sync-1"))
            let again = try await server.client.post("/v1/process", sample.form(), fields: key("sync-1"))
            #expect(first.status == 200 && again.status == 200 && again.body == first.body)
            #expect(again.field("Idempotent-Replayed") == "true")
            let other = try await server.client.post(
                "/v1/process", SampleDocument.good().form(), fields: key("sync-1"))
            #expect(other.status == 422 && other.errorCode == "IDEMPOTENCY_KEY_REUSED")
            // Another route's key is another key.
            let job = try await server.client.post("/v1/jobs", sample.form(), fields: key("sync-1"))
            #expect(job.status == 202 && job.field("Idempotent-Replayed") == nil)
        }

        @Test func aRepeatedErrorIsTheSameError() async throws {
            let server = try await SharedServer.get()
            let broken = MultipartForm.document(
                Array("%PDF-1.7\nnothing".utf8), named: "a.pdf", fio: BadInputTests.fio)
            let first = try await server.client.post("/v1/process", broken, fields: key("bad-1"))
            let again = try await server.client.post("/v1/process", broken, fields: key("bad-1"))
            #expect(first.status == 422 && again.status == 422)
            #expect(again.errorCode == first.errorCode && again.field("Idempotent-Replayed") == "true")
            #expect(again.json["detail"]["run_id"] == first.json["detail"]["run_id"])
        }

        @Test func aCallThatStillRunsIsAConflict() async throws {
            let server = try await ServerProcess.start()
            let form = try SampleDocument.scanned().form()
            async let first = server.client.post("/v1/process", form, fields: key("slow-1"))
            var conflict: HTTPAnswer?
            try await eventually("the first call in work", every: .milliseconds(2)) {
                try await server.metrics().sum("idp_queue_running") >= 1
            }
            conflict = try await server.client.post("/v1/process", form, fields: key("slow-1"))
            #expect(conflict?.status == 409 && conflict?.errorCode == "IDEMPOTENCY_IN_PROGRESS")
            #expect(try await first.status == 200)
            let after = try await server.client.post("/v1/process", form, fields: key("slow-1"))
            let expected = try await first.body
            #expect(after.status == 200 && after.body == expected)
        }

        @Test func keysOutliveARestart() async throws {
            let directory = try TemporaryDirectory("keys")
            let first = try await ServerProcess.start(directory: directory)
            let sample = try SampleDocument.good()
            let job = try await first.client.post("/v1/jobs", sample.form(), fields: key("a"))
            let sync = try await first.client.post("/v1/process", sample.form(), fields: key("a"))
            try await first.crash()
            let second = try await ServerProcess.start(directory: directory)
            let jobAgain = try await second.client.post("/v1/jobs", sample.form(), fields: key("a"))
            let syncAgain = try await second.client.post("/v1/process", sample.form(), fields: key("a"))
            #expect(jobAgain.body == job.body && jobAgain.field("Idempotent-Replayed") == "true")
            #expect(syncAgain.body == sync.body && syncAgain.field("Idempotent-Replayed") == "true")
        }

        @Test(arguments: ["", "a b", "\"open", String(repeating: "k", count: 256)])
        func aKeyThatIsNoneIsRefused(_ value: String) async throws {
            let server = try await SharedServer.get()
            for path in ["/v1/jobs", "/v1/process"] {
                let answer = try await server.client.post(path, SampleDocument.good().form(), fields: key(value))
                #expect(answer.status == 422 && answer.errorCode == "VALIDATION_ERROR", "\(answer.text)")
                #expect(answer.text.contains("Idempotency-Key"))
            }
        }

        @Test func anAsynchronousProcessIsRepeatedAsAJob() async throws {
            let server = try await SharedServer.get()
            let fields = key("prefer-1") + [("Prefer", "respond-async")]
            let first = try await server.client.post("/v1/process", SampleDocument.good().form(), fields: fields)
            #expect(first.status == 202)
            let again = try await server.client.post(
                "/v1/process", SampleDocument.good().form(), fields: key("prefer-1"))
            #expect(again.status == 202 && again.body == first.body)
        }

        @Test func equalDocumentsAreOneRunWhereAsked() async throws {
            let server = try await ServerProcess.start(["IDP_DEDUP_WINDOW": "1h"])
            let sample = try SampleDocument.good()
            let run = try await server.submit(sample.form())
            let again = try await server.client.post("/v1/jobs", sample.form())
            #expect(again.status == 202 && again.json["run_id"].string == run)
            #expect(again.json["deduplicated"].bool == true)
            _ = try await server.end(of: run)
            let sync = try await server.client.post("/v1/process", sample.form())
            #expect(sync.status == 200 && sync.json["run_id"].string == run && sync.json["verdict"].bool == true)
            #expect(sync.json["deduplicated"].bool == true)
            let other = MultipartForm.document(try sample.bytes(), named: "a.pdf", fio: BadInputTests.fio)
            #expect(try await server.client.post("/v1/jobs", other).json["run_id"].string != run)
        }
    }
}
