import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct MetricsTests {
        static let openMetrics = [("Accept", "application/openmetrics-text; version=1.0.0; charset=utf-8")]

        /// A server that has answered on each kind of route, so that a scrape has something to show.
        private func usedServer() async throws -> ServerProcess {
            let server = try await SharedServer.get()
            _ = try await server.client.get("/health")
            _ = try await server.client.get("/nowhere/\(UUID().uuidString)")
            let run = try await server.submit(SampleDocument.good().form())
            _ = try await server.end(of: run)
            return server
        }

        @Test func theDefaultIsTextFormat() async throws {
            let answer = try await usedServer().client.get("/metrics")
            #expect(answer.status == 200)
            #expect(answer.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.text.hasSuffix("\n"))
        }

        @Test func openMetricsComesWhenAskedFor() async throws {
            let answer = try await usedServer().client.get("/metrics", fields: Self.openMetrics)
            let type = try #require(answer.field("Content-Type"))
            #expect(type.hasPrefix("application/openmetrics-text; version=1.0.0"))
            #expect(answer.text.hasSuffix("# EOF\n"))
        }

        @Test(arguments: [("text", []), ("openmetrics", openMetrics)])
        func theReferenceParserTakesIt(_ format: String, _ fields: [(String, String)]) async throws {
            let exposition = try await usedServer().client.get("/metrics", fields: fields)
            let parsed = try await Command.python(
                "Tests/Tools/parse_metrics.py", [format], standardInput: exposition.body)
            #expect(parsed.succeeded, "\(parsed.errors)")
            let families = try JSONValue(parsing: parsed.output).array ?? []
            let named = families.map { ($0["name"].string ?? "", $0["type"].string ?? "") }
            let types = Dictionary(named, uniquingKeysWith: { first, _ in first })
            // The parsers leave a counter's `_total` off its family's name.
            for counter in ["requests", "jobs_submitted", "jobs_completed", "jobs_failed"] {
                #expect(types[counter] == "counter", "\(counter)")
            }
            for part in ["request", "pipeline", "pipeline_stage"] {
                #expect(types["\(part)_duration_seconds"] == "histogram", "\(part)")
            }
            #expect(families.allSatisfy { $0["help"].string?.isEmpty == false })
        }

        @Test func promtoolHasNothingToSay() async throws {
            let exposition = try await usedServer().client.get("/metrics")
            let check = try await Command.run("promtool", ["check", "metrics"], standardInput: exposition.body)
            #expect(check.succeeded)
            #expect(check.output.isEmpty, "\(check.output)")
            #expect(check.errors.isEmpty, "\(check.errors)")
        }

        @Test func processAndBuildFiguresAreThere() async throws {
            let metrics = try await usedServer().metrics()
            for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
                #expect(metrics.sum(name) > 0, "\(name)")
            }
            let started = metrics.sum("process_start_time_seconds")
            #expect(abs(started - Date().timeIntervalSince1970) < 3_600)
            #expect(metrics.samples("idp_build_info").first?.value == 1)
        }

        @Test func eachRequestCountsOnceByTemplate() async throws {
            let server = try await ServerProcess.start()
            let before = try await server.metrics()
            let unknown = UUID().uuidString.lowercased()
            for _ in 0..<3 { _ = try await server.client.get("/health") }
            _ = try await server.client.send("HEAD", "/health")
            _ = try await server.client.send("DELETE", "/health")
            _ = try await server.client.get("/v1/jobs/\(unknown)")
            _ = try await server.client.get("/secret/path?fio=\(unknown)")
            _ = try await server.client.post("/v1/process", SampleDocument.good().form())
            _ = try await server.client.post("/v1/process", MultipartForm())
            let after = try await server.metrics()
            func moved(_ endpoint: String, _ method: String, _ status: String) -> Double {
                let labels = ["endpoint": endpoint, "method": method, "status": status]
                return after.sum("requests_total", labels) - before.sum("requests_total", labels)
            }
            #expect(moved("/health", "GET", "200") == 3)
            #expect(moved("/health", "HEAD", "200") == 1)
            #expect(moved("/v1/jobs/{run_id}", "GET", "404") == 1)
            #expect(moved("unmatched", "GET", "404") == 1)
            #expect(moved("/v1/process", "POST", "200") == 1)
            let refused = ["status": "405"]
            #expect(after.sum("requests_total", refused) - before.sum("requests_total", refused) == 1)
            #expect(after.samples.allSatisfy { !$0.labels.values.contains { $0.contains(unknown) } })
            for (endpoint, count) in [("/health", 3.0), ("/v1/jobs/{run_id}", 1), ("/v1/process", 2)] {
                let labels = ["endpoint": endpoint, "method": endpoint == "/v1/process" ? "POST" : "GET"]
                let name = "request_duration_seconds_count"
                #expect(after.sum(name, labels) - before.sum(name, labels) == count, "\(endpoint)")
            }
            let seconds = after.sum("request_duration_seconds_sum", ["endpoint": "/v1/process", "method": "POST"])
            #expect(seconds > 0.001 && seconds < 60)
        }

        @Test func jobCountersMoveByOneForEachJob() async throws {
            let server = try await ServerProcess.start()
            func counters() async throws -> [Double] {
                let metrics = try await server.metrics()
                let names = ["jobs_submitted_total", "jobs_completed_total", "jobs_failed_total"]
                return names.map { metrics.sum($0) } + [metrics.sum("pipeline_duration_seconds_count")]
            }
            #expect(try await counters() == [0, 0, 0, 0])
            // A sync run is no job.
            _ = try await server.client.post("/v1/process", SampleDocument.good().form())
            #expect(try await counters() == [0, 0, 0, 1])
            let good = try await server.submit(SampleDocument.good().form())
            _ = try await server.end(of: good)
            try await eventually("counters of the completed job") { try await counters() == [1, 1, 0, 2] }
            let broken = try await BadDocuments.get().file("truncated.jpg")
            let form = MultipartForm.document(
                Array(try Data(contentsOf: broken)), named: "a.jpg", fio: "Ахметов Данияр")
            let answer = try await server.client.post("/v1/jobs", form)
            if answer.status == 202 {
                _ = try await server.end(of: try #require(answer.json["run_id"].string))
                try await eventually("counters of the failed job") {
                    Array(try await counters().prefix(3)) == [2, 1, 1]
                }
            }
        }

        @Test func eachStageIsTimed() async throws {
            let metrics = try await usedServer().metrics()
            for stage in ["acquire", "text", "classify", "extract", "validate"] {
                #expect(metrics.sum("pipeline_stage_duration_seconds_count", ["stage": stage]) >= 1, "\(stage)")
            }
        }

        @Test func bucketsAreCumulativeAndEndWithTheCount() async throws {
            let metrics = try await usedServer().metrics()
            let buckets = metrics.samples("pipeline_duration_seconds_bucket")
            #expect(buckets.map(\.value) == buckets.map(\.value).sorted())
            let last = try #require(buckets.last)
            #expect(last.labels["le"] == "+Inf")
            #expect(last.value == metrics.sum("pipeline_duration_seconds_count"))
        }

        /// The real thing: Debian's Prometheus scrapes the server and answers queries about it, in OpenMetrics as it
        /// does by default, and in protobuf with native histograms.
        @Test(arguments: [false, true])
        func prometheusScrapesItAndAnswersQueries(native: Bool) async throws {
            let server = try await usedServer()
            let folder = try TemporaryDirectory("prometheus")
            let configuration = """
                global: {scrape_interval: 500ms, scrape_timeout: 400ms}
                scrape_configs:
                  - job_name: idp
                    static_configs: [{targets: ['127.0.0.1:\(server.port)']}]
                """
            let file = try folder.write(Array(configuration.utf8), to: "prometheus.yml")
            let port = try freePort()
            let prometheus = try ChildProcess(
                "prometheus",
                [
                    "--config.file=\(file.path)", "--storage.tsdb.path=\(folder.file("data").path)",
                    "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
                ] + (native ? ["--enable-feature=native-histograms"] : []))
            defer { prometheus.killGroup() }
            let client = HTTPClient(port: port)
            func answer(_ query: String) async throws -> JSONValue {
                let allowed = CharacterSet.alphanumerics
                let text = try #require(query.addingPercentEncoding(withAllowedCharacters: allowed))
                return try await eventually("an answer about \(query)") {
                    let answer = try? await client.get("/api/v1/query?query=\(text)", within: .seconds(30))
                    return answer?.json["data"]["result"].array?.first
                }
            }
            let found = try await answer(#"requests_total{endpoint="/health",method="GET"}"#)
            #expect(found["metric"]["status"].string == "200")
            let value = try #require(found["value"][1].string.flatMap { Double($0) })
            #expect(value >= 1)
            if native {
                let count = try await answer("histogram_count(pipeline_duration_seconds)")
                #expect(try #require(count["value"][1].string.flatMap { Double($0) }) >= 1)
                let median = try await answer("histogram_quantile(0.5, pipeline_duration_seconds)")
                let seconds = try #require(median["value"][1].string.flatMap { Double($0) })
                #expect(seconds > 0 && seconds < 1024)
            }
            let targets = try await client.get("/api/v1/targets").json["data"]["activeTargets"]
            #expect(targets[0]["health"].string == "up")
            #expect(targets[0]["lastError"].string == "")
        }
    }
}
