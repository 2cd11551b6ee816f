import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What operators import: the dashboard and the rules, held against Debian's promtool and against a real Prometheus
    /// that scrapes a running server.
    @Suite struct OperationsKitTests {
        private static let alertsFile = "ops/prometheus/alerts.yml"

        private static func text(_ path: String) throws -> String {
            try String(contentsOf: ProjectFiles.url(path), encoding: .utf8)
        }

        /// The names of the alerts.
        private static func alerts() throws -> [String] {
            try text(alertsFile).matches(of: #/- alert: (\w+)/#).map { String($0.1) }
        }

        @Test func promtoolTakesTheRulesAndTheirTestsPass() async throws {
            let rules = ["recording.yml", "alerts.yml"].map { ProjectFiles.url("ops/prometheus/\($0)").path }
            let check = try await Command.run("promtool", ["check", "rules"] + rules)
            #expect(check.succeeded, "\(check.output)\(check.errors)")
            let tests = ProjectFiles.url("ops/prometheus/tests.yml").path
            let run = try await Command.run("promtool", ["test", "rules", tests])
            #expect(run.succeeded, "\(run.output)\(run.errors)")
            let configuration = ProjectFiles.url("ops/prometheus/prometheus.yml").path
            let whole = try await Command.run("promtool", ["check", "config", configuration])
            #expect(whole.succeeded, "\(whole.output)\(whole.errors)")
        }

        @Test func eachAlertHasItsTestAndItsSectionInTheRunbook() throws {
            let alerts = try Self.alerts()
            #expect(alerts.count > 20)
            #expect(Set(alerts).count == alerts.count)
            let rules = try Self.text(Self.alertsFile)
            let tests = try Self.text("ops/prometheus/tests.yml")
            let runbook = try Self.text("docs/runbook.md")
            for alert in alerts {
                #expect(rules.contains("runbook_url: docs/runbook.md#\(alert.lowercased())\n"), "\(alert)")
                // That each also stays silent is the first test there: nothing fires on a healthy server.
                #expect(tests.contains("alertname=\"\(alert)\"") || tests.contains("alertname: \(alert)\n"), "\(alert)")
                let section = try #require(runbook.range(of: "\n### \(alert)\n"), "docs/runbook.md lacks \(alert)")
                let words = runbook[section.upperBound...].prefix { $0 != "#" }
                #expect(words.count > 150, "too short to help anybody: \(alert)")
            }
            let sections = runbook.matches(of: #/\n### (\w+)\n/#).map { String($0.1) }
            #expect(Set(sections) == Set(alerts))
        }

        @Test func theDashboardIsWhatItsScriptMakes() async throws {
            let check = try await Command.python("ops/grafana/dashboard.py", ["--check"])
            #expect(check.succeeded, "\(check.errors)")
        }

        /// A server that has something to show, and a Prometheus with the rules that scrapes it.
        private static func watchedServer() async throws -> (ServerProcess, ChildProcess, HTTPClient) {
            let server = try await ServerProcess.start([
                "IDP_TRACING_ENABLED": "true",
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try freePort())",
            ])
            let folder = server.directory
            let rules = ["ops/prometheus/recording.yml", alertsFile].map { ProjectFiles.url($0).path }
            let configuration = """
                global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
                rule_files: ['\(rules[0])', '\(rules[1])']
                scrape_configs:
                  - job_name: idp-server
                    static_configs: [{targets: ['127.0.0.1:\(server.port)']}]
                """
            let file = try folder.write(Array(configuration.utf8), to: "prometheus.yml")
            let port = try freePort()
            let prometheus = try ChildProcess(
                "prometheus",
                [
                    "--config.file=\(file.path)", "--storage.tsdb.path=\(folder.file("prometheus").path)",
                    "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
                ])
            let document = try SampleDocument.good()
            for _ in 0..<2 {
                _ = try await server.client.post("/v1/process", document.form())
                _ = try await server.client.post("/v1/jobs", document.form(), fields: [("Idempotency-Key", "one")])
            }
            _ = try await server.client.get("/v1/jobs/\(UUID().uuidString.lowercased())")
            return (server, prometheus, HTTPClient(port: port))
        }

        /// Panels without data on a server that nothing bad happens to, and why; their names and labels are checked.
        private static let silent = [
            "idp_requests_shed_total": "nothing was refused", "idp_job_retries_total": "no worker died",
            "idp_jobs_dead_lettered_total": "no document killed workers",
            "idp_dependency_request_duration_seconds": "no other service is called",
            "idp_circuit_breaker_state": "no other service is called", "idp_artifacts_waiting": "there is no bucket",
            "idp_webhook_": "no callback was asked for", "idp_kafka_": "there is no Kafka",
            "idp_llm_": "there is no language model", "idp_auth_requests_total": "everybody may call",
        ]

        @Test func aRealPrometheusAnswersEveryPanelAndEvaluatesEveryRule() async throws {
            let (server, prometheus, client) = try await Self.watchedServer()
            defer { prometheus.killGroup() }
            try await Self.expectAnswers(from: client)
            try await Self.expectQuietRules(from: client)
            _ = server
        }

        /// Every query of the dashboard names what there is, and has data where there can be some.
        private static func expectAnswers(from client: HTTPClient) async throws {
            let dashboard = try JSONValue(parsing: Data(ProjectFiles.bytes("ops/grafana/idp-server.json")))
            let queries = (dashboard["panels"].array ?? []).flatMap { $0["targets"].array ?? [] }
                .compactMap { $0["expr"].string }
            #expect(queries.count > 50)
            // Which is what servers register: MetricsReferenceTests.
            let reference = try Self.text("docs/metrics.md").matches(of: #/\n\| `(\w+)` \| \w+ \| ([^|]*) \|/#)
            let labels = Dictionary(
                reference.map { row in (String(row.1), row.2.matches(of: #/`(\w+)`/#).map { String($0.1) }) },
                uniquingKeysWith: { first, _ in first })
            for query in queries {
                let concrete = query.replacingOccurrences(of: "$__rate_interval", with: "1m")
                    .replacingOccurrences(of: "$job", with: "idp-server")
                    .replacingOccurrences(of: "$instance", with: ".*")
                let unknown = Self.unknownNames(concrete, labels)
                #expect(unknown.isEmpty, "\(unknown) in \(query)")
                if Self.silent.keys.contains(where: { query.contains($0) }) {
                    let answer = try await Self.answer(to: concrete, from: client)
                    #expect(answer["status"].string == "success", "\(query): \(answer["error"].string ?? "")")
                } else {
                    try await eventually("data of \(query)", every: .milliseconds(100)) {
                        let answer = try await Self.answer(to: concrete, from: client)
                        return answer["data"]["result"].array?.isEmpty == false
                    }
                }
            }
        }

        private static func answer(to query: String, from client: HTTPClient) async throws -> JSONValue {
            let text = try #require(query.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            return try await eventually("Prometheus") {
                try? await client.get("/api/v1/query?query=\(text)", within: .seconds(30)).json
            }
        }

        /// Names in a query that no family of the registry has, and labels that its families have not.
        private static func unknownNames(_ query: String, _ families: [String: [String]]) -> [String] {
            var known: Set = ["le", "job", "instance"]
            var unknown: [String] = []
            for match in query.matches(of: #/(\w+)\{/#) where match.1 != "up" {
                let sample = String(match.1)
                let family = ["", "_bucket", "_sum", "_count"].lazy
                    .compactMap { sample.hasSuffix($0) ? families[String(sample.dropLast($0.count))] : nil }.first
                if let family { known.formUnion(family) } else { unknown.append(sample) }
            }
            let selected = query.matches(of: #/(\w+)=~?"/#).map { String($0.1) }
            let grouped = query.matches(of: #/by \(([^)]*)\)/#).flatMap { $0.1.split(separator: ", ").map(String.init) }
            return unknown + (selected + grouped).filter { !known.contains($0) }
        }

        /// Every rule is evaluated, and nothing fires on a healthy server.
        private static func expectQuietRules(from client: HTTPClient) async throws {
            let rules = try await eventually("an evaluation of every rule") {
                let answer = try? await client.get("/api/v1/rules", within: .seconds(30)).json
                let rules = (answer?["data"]["groups"].array ?? []).flatMap { $0["rules"].array ?? [] }
                return rules.isEmpty || rules.contains { $0["health"].string == "unknown" } ? nil : rules
            }
            #expect(rules.count > 30)
            for rule in rules {
                let name = rule["name"].string ?? ""
                #expect(rule["health"].string == "ok", "\(name): \(rule["lastError"].string ?? "")")
                #expect(rule["state"].string != "firing", "\(name)")
            }
            try await eventually("recorded rates") {
                let recorded = try await Self.answer(to: #"idp:requests:rate5m{endpoint="/v1/process"}"#, from: client)
                return recorded["data"]["result"].array?.isEmpty == false
            }
        }
    }
}
