import Foundation
import TestSupport
import Testing

/// The OTLP receiver of `Tests/Tools`, running.
final class OTLPReceiver: Sendable {
    let child: ChildProcess
    let port: Int

    init() async throws {
        let child = try ChildProcess(
            ProjectFiles.python, ["-u", ProjectFiles.url("Tests/Tools/otlp_receiver.py").path])
        self.child = child
        port = try await eventually("the receiver's port") {
            child.lines.lazy.compactMap { try? JSONValue(parsing: $0)["port"].int }.first
        }
    }

    deinit { child.killGroup() }

    var endpoint: String { "http://127.0.0.1:\(port)" }

    /// What it has printed of exports so far.
    var lines: [JSONValue] {
        child.standardOutput.split(separator: "\n").compactMap { try? JSONValue(parsing: $0) }
            .filter { $0["port"].isNull }
    }

    func spans(ofTrace trace: String) -> [JSONValue] { lines.filter { $0["trace_id"].string == trace } }
}

extension EndToEnd {
    @Suite struct TracingTests {
        static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        static let caller = "00f067aa0ba902b7"

        private func tracingServer(_ receiver: OTLPReceiver) async throws -> ServerProcess {
            try await ServerProcess.start([
                "IDP_TRACING_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
                "OTEL_BSP_SCHEDULE_DELAY": "200",
            ])
        }

        @Test func aRequestGivesServerPipelineAndStageSpansInTheCallersTrace() async throws {
            let receiver = try await OTLPReceiver()
            let server = try await tracingServer(receiver)
            let sample = try SampleDocument.good()
            let answer = try await server.client.post(
                "/v1/process", sample.form(), fields: [("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
            #expect(answer.status == 200)
            let spans = try await eventually("spans of the caller's trace") {
                let spans = receiver.spans(ofTrace: Self.trace)
                return spans.contains { $0["kind"].string == "SPAN_KIND_SERVER" } && spans.count > 5 ? spans : nil
            }
            #expect(receiver.lines.allSatisfy { $0["undecodable"].isNull })
            let entry = try #require(spans.first { $0["kind"].string == "SPAN_KIND_SERVER" })
            #expect(entry["span"].string == "POST /v1/process")
            #expect(entry["parent_id"].string == Self.caller)
            #expect(entry["attributes"]["http.route"].string == "/v1/process")
            #expect(entry["attributes"]["http.request.method"].string == "POST")

            // Parent and child: each span hangs below the server's, and none of them below itself.
            let parents = Dictionary(
                uniqueKeysWithValues: spans.map { ($0["span_id"].string ?? "", $0["parent_id"].string ?? "") })
            for span in spans {
                var id = span["span_id"].string ?? ""
                var steps = 0
                while id != Self.caller, let parent = parents[id], steps < 10 { (id, steps) = (parent, steps + 1) }
                #expect(id == Self.caller, "\(span)")
            }
            // The run hangs below the request, and each stage below the run.
            let pipeline = try #require(
                spans.first { $0["span"].string == "pipeline" }, "\(spans.map { $0["span"] })")
            #expect(pipeline["parent_id"] == entry["span_id"])
            for stage in ["acquire", "text", "classify", "extract", "validate"] {
                let span = spans.first { $0["span"].string == "pipeline.\(stage)" }
                #expect(span?["parent_id"] == pipeline["span_id"], "\(stage)")
            }
            #expect(spans.allSatisfy { ($0["nanoseconds"].number ?? -1) >= 0 })
            let exported = receiver.child.standardOutput
            for part in sample.fio.split(separator: " ") { #expect(!exported.contains(part)) }
            #expect(!exported.contains(sample.file))
        }

        @Test func aJobStaysInTheTraceOfItsSubmission() async throws {
            let receiver = try await OTLPReceiver()
            let server = try await tracingServer(receiver)
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let run = try await server.submit(
                SampleDocument.good().form(), fields: [("traceparent", "00-\(trace)-\(Self.caller)-01")])
            _ = try await server.end(of: run)
            try await eventually("stage spans of the job's trace") {
                receiver.spans(ofTrace: trace).contains { $0["span"].string?.contains("validate") == true }
            }
        }

        @Test func theServiceNameIsOnTheResource() async throws {
            let receiver = try await OTLPReceiver()
            let server = try await tracingServer(receiver)
            _ = try await server.client.post("/v1/process", SampleDocument.good().form())
            let export = try await eventually("an export") {
                receiver.lines.first { !$0["export"].isNull }
            }
            #expect(export["service"].string == "idp-loan-deferment-service")
            #expect(export["content_type"].string == "application/x-protobuf")
        }

        @Test func metricsArePushedWhereAskedFor() async throws {
            let receiver = try await OTLPReceiver()
            let server = try await ServerProcess.start([
                "OTEL_METRICS_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": receiver.endpoint + "/v1/metrics",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_METRIC_EXPORT_INTERVAL": "200",
            ])
            let sample = try SampleDocument.good()
            _ = try await server.client.post("/v1/process", sample.form())
            func latest(_ name: String) -> JSONValue? { receiver.lines.last { $0["metric"].string == name } }
            let runs = try await eventually("the run in a push") {
                let metric = latest("pipeline_duration_seconds")
                return metric?["points"].array?.contains { $0["count"].int == 1 } == true ? metric : nil
            }
            #expect(runs["kind"].string == "histogram" && runs["unit"].string == "s" && runs["cumulative"].bool == true)
            let point = try #require(runs["points"].array?.first { $0["count"].int == 1 })
            #expect(point["buckets"].array?.compactMap(\.int).reduce(0, +) == 1)
            #expect(point["buckets"].array?.count == (point["bounds"].array?.count ?? 0) + 1)
            let requests = try #require(latest("requests_total"))
            #expect(requests["kind"].string == "sum" && requests["monotonic"].bool == true)
            #expect(latest("idp_build_info")?["kind"].string == "gauge")
            let export = try #require(receiver.lines.first { !$0["export"].isNull })
            #expect(export["encoding"].string == "gzip")
            #expect(receiver.lines.allSatisfy { $0["undecodable"].isNull })
            // What is counted last goes out with the end.
            _ = try await server.client.get("/no-such-path")
            #expect(try await server.stop() == .exited(0))
            let labels = latest("requests_total")?["points"].array?.map(\.["labels"]["endpoint"].string)
            #expect(labels?.contains("unmatched") == true)
            for part in sample.fio.split(separator: " ") { #expect(!receiver.child.standardOutput.contains(part)) }
        }

        @Test func whatIsPendingIsSentBeforeTheServerEnds() async throws {
            let receiver = try await OTLPReceiver()
            let server = try await ServerProcess.start([
                "IDP_TRACING_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
                "OTEL_BSP_SCHEDULE_DELAY": "3600000",
            ])
            _ = try await server.client.post(
                "/v1/process", SampleDocument.good().form(),
                fields: [("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
            #expect(try await server.stop() == .exited(0))
            try await eventually("the spans") { !receiver.spans(ofTrace: Self.trace).isEmpty }
        }

        @Test(arguments: [["IDP_TRACING_ENABLED": "false"], ["OTEL_SDK_DISABLED": "true"]])
        func nothingIsSentWhenTracingIsOff(_ off: [String: String]) async throws {
            let receiver = try await OTLPReceiver()
            let server = try await ServerProcess.start(
                off.merging(["OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint]) { $1 })
            let answer = try await server.client.post(
                "/v1/process", SampleDocument.good().form(),
                fields: [("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
            #expect(answer.status == 200)
            // The end flushes what is pending: after it nothing can come.
            #expect(try await server.stop() == .exited(0))
            #expect(receiver.lines.isEmpty)
        }

        @Test func aReceiverThatIsGoneHarmsNobody() async throws {
            let server = try await ServerProcess.start([
                "IDP_TRACING_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try freePort())",
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            ])
            try await expectAlive(server, judging: true)
            #expect(try await server.stop() == .exited(0))
        }

        @Test func theTraceIdIsInErrorsAndLogs() async throws {
            let server = try await ServerProcess.start()
            let answer = try await server.client.get(
                "/v1/jobs/\(UUID().uuidString.lowercased())",
                fields: [("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
            #expect(answer.json["detail"]["trace_id"].string == Self.trace)
            try await eventually("a log line with the trace") {
                server.log.contains { $0["trace_id"].string == Self.trace }
            }
        }
    }
}
