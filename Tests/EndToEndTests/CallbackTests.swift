import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The built server and a receiver that verifies what it is sent with PyPI's `standardwebhooks`.
    @Suite(.serialized) struct CallbackTests {
        private static let trace = "0af7651916cd43dd8448eb211c80319c"

        private func form(_ url: String, _ sample: SampleDocument? = nil) throws -> MultipartForm {
            var form = try (sample ?? SampleDocument.good()).form()
            form.field("callback_url", url)
            form.field("request_id", "order-1")
            return form
        }

        private func delivered(_ run: String, by server: ServerProcess) async throws -> JSONValue {
            try await eventually("the delivery of \(run)", within: .seconds(120), every: .milliseconds(50)) {
                let callback = try await server.client.get("/v1/jobs/\(run)/callbacks").json["callbacks"][0]
                return callback["status"].string == "delivered" ? callback : nil
            }
        }

        @Test func theEndOfAJobIsToldSignedAndThin() async throws {
            let receiver = try await WebhookReceiver()
            let server = try await ServerProcess.start(receiver.environment)
            let samples = try SampleDocument.all().prefix(4)
            for sample in samples {
                let run = try await server.submit(
                    form(receiver.url("/hook?key=1"), sample),
                    fields: [("traceparent", "00-\(Self.trace)-00f067aa0ba902b7-01")])
                let callback = try await delivered(run, by: server)
                #expect(callback["url"].string == receiver.url("/hook") && callback["attempts"].int == 1)
                #expect(callback["deliveries"][0]["status"].int == 204, "\(callback)")
                let told = try #require(receiver.deliveries.last)
                #expect(told["verified"].array?.count == 1 && told["content_type"].string == "application/json")
                #expect(told["type"].string == "job.completed" && told["id"] == callback["webhook_id"])
                #expect(told["path"].string == "/hook?key=1")
                #expect(told["traceparent"].string?.hasPrefix("00-\(Self.trace)-") == true)
                let data = told["data"]
                #expect(data["run_id"].string == run && data["request_id"].string == "order-1")
                #expect(data["verdict"].bool == sample.verdict && data["errors"].strings == sample.errors)
                #expect(data["err_codes"].array?.count == sample.errors.count)
                #expect(Set((data.object ?? [:]).keys).count == 6, "\(data)")
            }
            #expect(receiver.deliveries.count == samples.count)
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_webhook_deliveries_total", ["outcome": "delivered"]) == Double(samples.count))
            let labels = ["dependency": "callback", "outcome": "ok"]
            #expect(metrics.sum("idp_dependency_request_duration_seconds_count", labels) == Double(samples.count))
            #expect(!server.output.contains("key=1"))
            #expect(try await server.stop() == .exited(0))
        }

        @Test func bothKeysSignAndOldReceiversGetAPassword() async throws {
            let receiver = try await WebhookReceiver(secrets: [WebhookReceiver.secret, WebhookReceiver.otherSecret])
            let server = try await ServerProcess.start([
                "IDP_WEBHOOK_SECRET": WebhookReceiver.otherSecret + "," + WebhookReceiver.secret,
                "IDP_CALLBACK_ALLOW": "127.0.0.0/8:\(receiver.port)",
            ])
            let url = "http://bank:s3cret@127.0.0.1:\(receiver.port)/old"
            let callback = try await delivered(try await server.submit(form(url)), by: server)
            let told = try #require(receiver.deliveries.last)
            #expect(told["verified"].array?.compactMap(\.int) == [0, 1])
            #expect(told["authorization"].string == "Basic YmFuazpzM2NyZXQ=")
            #expect(callback["url"].string == receiver.url("/old"))
            #expect(!server.output.contains("s3cret"))
        }

        /// The receiver is away when the job ends; then the server is killed; then the receiver is back.
        @Test func aCallbackOutlivesTheReceiversOutageAndTheServersDeath() async throws {
            let receiver = try await WebhookReceiver()
            let (url, environment) = (receiver.url(), receiver.environment)
            try await receiver.stop()
            let directory = try TemporaryDirectory("callbacks")
            let first = try await ServerProcess.start(environment, directory: directory)
            var runs: [String] = []
            for _ in 0..<3 { runs.append(try await first.submit(form(url))) }
            for run in runs { _ = try await first.end(of: run) }
            let waiting = try await eventually("an attempt that failed", within: .seconds(60)) {
                let callback = try await first.client.get("/v1/jobs/\(runs[0])/callbacks").json["callbacks"][0]
                return callback["last_outcome"].isNull ? nil : callback
            }
            #expect(waiting["status"].string == "pending" && waiting["last_outcome"].string == "refused")
            try await first.crash()
            let second = try await ServerProcess.start(environment, directory: directory)
            let back = try await WebhookReceiver(port: receiver.port)
            for run in runs { _ = try await delivered(run, by: second) }
            let told = back.deliveries
            #expect(Set(told.compactMap { $0["data"]["run_id"].string }) == Set(runs))
            #expect(told.allSatisfy { $0["verified"].array?.count == 1 })
            #expect(told.contains { $0["id"] == waiting["webhook_id"] })
        }

        /// Killed in the moment between the end of a job and its delivery, again and again.
        @Test func noEndIsLostWhenTheServerIsKilledAsJobsEnd() async throws {
            let receiver = try await WebhookReceiver()
            let directory = try TemporaryDirectory("callbacks")
            var runs: [String] = []
            for _ in 0..<3 {
                let server = try await ServerProcess.start(receiver.environment, directory: directory)
                for _ in 0..<6 { runs.append(try await server.submit(form(receiver.url()))) }
                let known = receiver.deliveries.count
                try await eventually("a delivery", within: .seconds(120), every: .milliseconds(1)) {
                    receiver.deliveries.count > known
                }
                try await server.crash()
            }
            let server = try await ServerProcess.start(receiver.environment, directory: directory)
            for run in runs { _ = try await delivered(run, by: server) }
            let told = receiver.deliveries
            #expect(Set(told.compactMap { $0["data"]["run_id"].string }) == Set(runs))
            #expect(Set(told.compactMap { $0["id"].string }).count == runs.count, "one id for each end")
            #expect(told.allSatisfy { $0["verified"].array?.count == 1 && $0["type"].string == "job.completed" })
        }

        @Test func failuresAreTriedAgainAndAReceiverCanSayNoMore() async throws {
            let receiver = try await WebhookReceiver()
            var environment = receiver.environment
            environment["IDP_CALLBACK_WAITS"] = "50ms,50ms"
            let server = try await ServerProcess.start(environment)
            try await receiver.plan("/flaky", "[404, {\"status\": 429, \"retry_after\": 1}]")
            let flaky = try await delivered(try await server.submit(form(receiver.url("/flaky"))), by: server)
            #expect((flaky["deliveries"].array ?? []).map { $0["outcome"].string } == ["http_404", "http_429", "ok"])
            let tries = receiver.deliveries.filter { $0["path"].string == "/flaky" }
            #expect(tries.count == 3 && Set(tries.map { $0["id"].string }).count == 1)

            try await receiver.plan("/gone", "[410]")
            let gone = try await server.submit(form(receiver.url("/gone")))
            func status(_ run: String) async throws -> String? {
                try await server.client.get("/v1/jobs/\(run)/callbacks").json["callbacks"][0]["status"].string
            }
            try await eventually("the receiver's no", within: .seconds(60)) { try await status(gone) == "disabled" }
            let later = try await server.submit(form(receiver.url("/gone")))
            _ = try await server.end(of: later)
            #expect(try await status(later) == "disabled")
            let again = try await Command.run(
                ProjectFiles.serverProgram,
                ["callbacks", "replay", later, "--server", "http://127.0.0.1:\(server.port)"],
                environment: ChildProcess.plainEnvironment)
            #expect(again.succeeded, "\(again.errors)")
            _ = try await delivered(later, by: server)
            let listed = try await Command.run(
                ProjectFiles.serverProgram,
                ["callbacks", "list", "--status", "disabled", "--server", "http://127.0.0.1:\(server.port)"],
                environment: ChildProcess.plainEnvironment)
            #expect(try JSONValue(parsing: listed.output)["run_id"].string == gone, "\(listed.output) \(listed.errors)")
        }

        @Test func eachAttemptIsASpanOfTheJobsTraceAndSaysSo() async throws {
            let (receiver, collector) = (try await WebhookReceiver(), try await OTLPReceiver())
            var environment = receiver.environment
            environment["IDP_CALLBACK_WAITS"] = "50ms"
            environment["IDP_TRACING_ENABLED"] = "true"
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
            environment["OTEL_BSP_SCHEDULE_DELAY"] = "200"
            let server = try await ServerProcess.start(environment)
            try await receiver.plan("/hook", "[404]")
            let run = try await server.submit(
                form(receiver.url()), fields: [("traceparent", "00-\(Self.trace)-00f067aa0ba902b7-01")])
            _ = try await delivered(run, by: server)
            let spans = try await eventually("both spans", within: .seconds(120)) {
                let spans = collector.spans(ofTrace: Self.trace).filter { $0["span"].string == "callback deliver" }
                return spans.count == 2 ? spans : nil
            }
            #expect(spans.allSatisfy { $0["kind"].string == "SPAN_KIND_CLIENT" }, "\(spans)")
            let parents = receiver.deliveries.map { "\($0["traceparent"].string?.split(separator: "-")[2] ?? "")" }
            #expect(parents == spans.compactMap { $0["span_id"].string })
            #expect(spans[1]["attributes"]["http.request.resend_count"].int == 1, "\(spans[1])")
            #expect(spans[0]["attributes"]["http.request.resend_count"].isNull)
        }

        /// The node that ran the jobs is dead when the receiver is back: the other one tells it.
        @Test func anyNodeDeliversWhatADeadOneLeft() async throws {
            let receiver = try await WebhookReceiver()
            let (url, port) = (receiver.url(), receiver.port)
            var environment = receiver.environment
            environment["IDP_STORE"] = try await PostgresServer.shared().makeDatabase()
            environment["IDP_NODE_LEASE"] = "2s"
            let runsFolder = try TemporaryDirectory("callbacks")
            environment["IDP_RUNS_DIR"] = runsFolder.file("runs").path
            let a = try await ServerProcess.start(environment)
            let b = try await ServerProcess.start(environment)
            var runs: [String] = []
            for _ in 0..<4 { runs.append(try await a.submit(form(url))) }
            for run in runs { _ = try await delivered(run, by: b) }
            #expect(receiver.deliveries.count == 4, "each by one node")
            try await receiver.stop()
            for _ in 0..<4 { runs.append(try await a.submit(form(url))) }
            for run in runs { _ = try await a.end(of: run) }
            try await a.crash()
            let back = try await WebhookReceiver(port: port)
            for run in runs.suffix(4) { _ = try await delivered(run, by: b) }
            let told = back.deliveries
            #expect(Set(told.compactMap { $0["data"]["run_id"].string }) == Set(runs.suffix(4)))
            #expect(told.allSatisfy { $0["verified"].array?.count == 1 })
        }

        @Test func whatCannotBeToldIsRefusedAtOnce() async throws {
            let silent = try await SharedServer.get()
            #expect(try await silent.client.post("/v1/jobs", form("https://h.example/")).status == 422)
            let server = try await ServerProcess.start(["IDP_WEBHOOK_SECRET": WebhookReceiver.secret])
            for url in [
                "http://127.0.0.1:\(server.port)/", "http://localhost/", "http://169.254.169.254/latest/meta-data",
                "ftp://h.example/", "hook", "http://[::1]/",
            ] {
                let answer = try await server.client.post("/v1/jobs", form(url))
                #expect(answer.status == 422, "\(url)")
                let fields = answer.json["detail"]["fields"].array ?? []
                #expect(fields.map { $0["field"].string } == ["callback_url"], "\(answer.text)")
            }
            let good = try await server.submit(SampleDocument.good().form())
            _ = try await server.end(of: good)
            #expect(try await server.client.get("/v1/jobs/\(good)/callbacks").json["callbacks"].array?.isEmpty == true)
            #expect(try await server.client.send("POST", "/v1/jobs/\(good)/callbacks/replay").status == 409)
        }
    }
}
