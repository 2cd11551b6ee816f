import Foundation
import Observability
import Testing

/// The exposition's exact bytes: scrapers and dashboards depend on them.
struct ExpositionTests {
    private func sample() -> MetricRegistry {
        let registry = MetricRegistry(exclusiveLanes: 2)
        let requests = registry.counterFamily(
            "requests_total", help: "Requests \"answered\"\nby \\ route.", labels: ["endpoint", "status"],
            exposesUntouched: false)
        requests.with("/health", "200").increment(by: 3, lane: registry.makeLane())
        _ = requests.with("/never", "500")
        requests.with("q\"b\\n\n", "200").increment()
        registry.counter("jobs_submitted_total", help: "Jobs.").increment(by: 0)
        registry.gauge("temperature", help: "A gauge.").set(0.1)
        let wait = registry.histogram(
            "wait_seconds", help: "Waits.", buckets: .seconds([0.005, 1, 2.5]), labels: ["stage": "text"])
        wait.observe(nanoseconds: 5_000_000)
        wait.observe(seconds: 0.75)
        wait.observe(.milliseconds(2501))
        registry.upDownCounter("in_flight", help: "In flight.").add(-2)
        return registry
    }

    @Test func textFormatIsExact() {
        #expect(
            String(decoding: sample().rendered(.text), as: UTF8.self) == #"""
                # HELP requests_total Requests "answered"\nby \\ route.
                # TYPE requests_total counter
                requests_total{endpoint="/health",status="200"} 3
                requests_total{endpoint="q\"b\\n\n",status="200"} 1
                # HELP jobs_submitted_total Jobs.
                # TYPE jobs_submitted_total counter
                jobs_submitted_total 0
                # HELP temperature A gauge.
                # TYPE temperature gauge
                temperature 0.1
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{stage="text",le="0.005"} 1
                wait_seconds_bucket{stage="text",le="1.0"} 2
                wait_seconds_bucket{stage="text",le="2.5"} 2
                wait_seconds_bucket{stage="text",le="+Inf"} 3
                wait_seconds_sum{stage="text"} 3.256
                wait_seconds_count{stage="text"} 3
                # HELP in_flight In flight.
                # TYPE in_flight gauge
                in_flight -2

                """#)
    }

    @Test func openMetricsDiffersInFamilyLinesAndEnd() {
        let text = String(decoding: sample().rendered(.openMetrics), as: UTF8.self)
        #expect(text.contains("# TYPE requests counter\nrequests_total{endpoint=\"/health\",status=\"200\"} 3\n"))
        #expect(text.contains(#"# HELP requests Requests \"answered\"\nby \\ route."#))
        #expect(text.contains("# TYPE wait_seconds histogram\n"))
        #expect(text.hasSuffix("in_flight -2\n# EOF\n"))
        #expect(!text.contains("requests_total counter"))
    }

    @Test func exemplarsShowOnlyInOpenMetricsAndOnTheirBucket() throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let context = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        let histogram = registry.histogram("d_seconds", help: "D.", buckets: .seconds([0.1, 1]), exemplars: true)
        histogram.observe(
            nanoseconds: 670_000_000, exemplar: MetricExemplar(context, unixMilliseconds: 1_520_879_607_789))
        let counter = registry.counter("c_total", help: "C.", exemplars: true)
        counter.increment(by: 2, exemplar: MetricExemplar(context, unixMilliseconds: 1_520_879_607_000))
        let exemplar =
            "# {trace_id=\"0af7651916cd43dd8448eb211c80319c\",span_id=\"b7ad6b7169203331\"}"
        #expect(
            String(decoding: registry.rendered(.openMetrics), as: UTF8.self) == """
                # HELP d_seconds D.
                # TYPE d_seconds histogram
                d_seconds_bucket{le="0.1"} 0
                d_seconds_bucket{le="1.0"} 1 \(exemplar) 0.67 1520879607.789
                d_seconds_bucket{le="+Inf"} 1
                d_seconds_sum 0.67
                d_seconds_count 1
                # HELP c C.
                # TYPE c counter
                c_total 2 \(exemplar) 2 1520879607
                # EOF

                """)
        #expect(!String(decoding: registry.rendered(.text), as: UTF8.self).contains("trace_id"))
    }

    @Test func gaugesShowTheNumbersThatFloatsCanBe() {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let values: [(Double, String)] = [
            (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0, "0"), (-1, "-1"), (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (123_456_789, "123456789"), (1.0 / 3, "0.3333333333333333"), (.leastNonzeroMagnitude, "5e-324"),
            (-0.5, "-0.5"),
        ]
        for (value, text) in values {
            let gauge = registry.gauge("g", help: "G.")
            gauge.set(value)
            #expect(String(decoding: registry.rendered(), as: UTF8.self).hasSuffix("\ng \(text)\n"))
        }
    }

    @Test func collectedFamiliesAreReadAtScrape() {
        let registry = MetricRegistry(exclusiveLanes: 0)
        registry.observedGaugeFamily("idp_jobs", help: "Jobs by state.", labels: ["state"]) {
            [MetricSample(labels: ["running"], value: 2), MetricSample(labels: ["accepted"], value: 0)]
        }
        registry.observedCounter("reads_total", help: "Reads.", labels: ["kind": "a"]) { 1.5 }
        #expect(
            String(decoding: registry.rendered(), as: UTF8.self) == """
                # HELP idp_jobs Jobs by state.
                # TYPE idp_jobs gauge
                idp_jobs{state="running"} 2
                idp_jobs{state="accepted"} 0
                # HELP reads_total Reads.
                # TYPE reads_total counter
                reads_total{kind="a"} 1.5

                """)
    }

    @Test(arguments: [
        (nil, ExpositionFormat.text),
        ("*/*", .text),
        ("text/plain;version=0.0.4", .text),
        ("application/openmetrics-text", .openMetrics),
        ("application/openmetrics-text;version=0.0.1", .text),
        ("application/json", .text),
        ("application/openmetrics-text; version=1.0.0; q=0", .text),
        ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;version=1.0.0;q=0.5", .text),
        ("Application/OpenMetrics-Text; version=\"1.0.0\"", .openMetrics),
        // What Prometheus 2 and 3 send.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;"
                + "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .protobuf
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,"
                + "application/openmetrics-text;q=0.2", .openMetrics
        ),
        ("application/vnd.google.protobuf", .text),
    ] as [(String?, ExpositionFormat)])
    func acceptDecidesTheFormat(accept: String?, expected: ExpositionFormat) {
        #expect(ExpositionFormat.negotiated(accept: accept) == expected)
    }

    @Test func promtoolFindsNothingToSay() throws {
        let registry = MetricRegistry(exclusiveLanes: 1)
        ProcessMetrics.register(in: registry)
        registry.registerBuildInfo(version: "1.2.3", revision: "abc")
        registry.counterFamily("requests_total", help: "Requests.", labels: ["endpoint"]).with("/a\"\\\n").increment()
        registry.histogram("request_duration_seconds", help: "Durations.", buckets: .http).observe(seconds: 0.3)
        registry.histogram("body_size_bytes", help: "Sizes.", buckets: .bytes).observe(units: 70_000)
        let result = try Tool.run("promtool", ["check", "metrics"], input: registry.rendered(.text))
        #expect(result.status == 0, "\(result.text)")
        #expect(result.text.isEmpty, "\(result.text)")
    }

    /// Prometheus's own Python client is the second opinion on both texts.
    @Test func pythonClientReadsBothTexts() throws {
        let program = """
            import sys, json
            from prometheus_client.parser import text_string_to_metric_families as text
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as om
            data = sys.stdin.buffer.read().decode()
            parse = om if sys.argv[1] == "om" else text
            out = {}
            for family in parse(data):
                for s in family.samples:
                    out[s.name + json.dumps(s.labels, sort_keys=True)] = float(s.value)
            print(json.dumps(out, sort_keys=True))
            """
        var parsed: [String] = []
        for format in [ExpositionFormat.text, .openMetrics] {
            let argument = format == .openMetrics ? "om" : "text"
            let result = try Tool.run(Tool.python, ["-c", program, argument], input: sample().rendered(format))
            #expect(result.status == 0, "\(result.text)")
            parsed.append(result.text)
        }
        #expect(parsed[0] == parsed[1])
        #expect(parsed[0].contains(#"wait_seconds_bucket{\"le\": \"0.005\", \"stage\": \"text\"}": 1.0"#))
    }
}
