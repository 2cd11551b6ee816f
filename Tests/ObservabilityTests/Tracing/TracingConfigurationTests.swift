import Observability
import Testing

/// The environment's settings, after OpenTelemetry's specification, and which of them win.
struct TracingConfigurationTests {
    private func read(_ environment: [String: String]) -> TracingConfiguration {
        TracingConfiguration(environment: environment, serviceName: "idp")
    }

    @Test(arguments: [
        ([:], false),
        (["IDP_TRACING_ENABLED": "true"], true), (["IDP_TRACING_ENABLED": "TRUE"], true),
        (["IDP_TRACING_ENABLED": ""], false), (["IDP_TRACING_ENABLED": "false"], false),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"], true), (["OTEL_EXPORTER_OTLP_ENDPOINT": ""], false),
        (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/x"], true),
        (["OTEL_TRACES_EXPORTER": "otlp"], true), (["OTEL_TRACES_EXPORTER": "none"], false),
        (["OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on"], false),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "IDP_TRACING_ENABLED": "false"], false),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"], false),
        (["IDP_TRACING_ENABLED": "true", "OTEL_SDK_DISABLED": "true"], false),
        (["IDP_TRACING_ENABLED": "true", "OTEL_SDK_DISABLED": "false"], true),
    ] as [([String: String], Bool)])
    func isOnOnlyWhereAskedFor(environment: [String: String], expected: Bool) {
        let configuration = read(environment)
        #expect(configuration.isEnabled == expected)
        #expect(configuration.mistakes.isEmpty)
    }

    @Test(arguments: [
        ([:], "http://localhost:4318/v1/traces"),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"], "http://c:4318/v1/traces"),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/base/"], "https://c/base/v1/traces"),
        (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:1/own"], "http://c:1/own"),
        (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:1"], "http://c:1/"),
        (
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b/x"],
            "http://b/x"
        ),
    ] as [([String: String], String)])
    func endpointsFollowTheSpecification(environment: [String: String], expected: String) {
        #expect(read(environment).url == expected)
    }

    @Test func everythingElseIsRead() {
        let configuration = read([
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b, x-other = c=d",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2500", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.01", "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BSP_EXPORT_TIMEOUT": "200",
            "OTEL_BSP_MAX_QUEUE_SIZE": "50", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=ignored,deployment.environment=a%2Cb",
            "OTEL_SERVICE_NAME": "named", "OTEL_PROPAGATORS": "tracecontext,baggage",
        ])
        #expect(configuration.mistakes.isEmpty)
        #expect(configuration.fields.map { "\($0.name)=\($0.value)" } == ["api-key=a b", "x-other=c=d"])
        #expect(configuration.timeout == .milliseconds(2500) && configuration.usesGzip)
        #expect(configuration.certificateFile == "/ca.pem" && configuration.sampler == .parentBasedRatio(0.01))
        #expect(configuration.batch.scheduleDelay == .milliseconds(100))
        #expect(configuration.batch.exportTimeout == .milliseconds(200))
        #expect(configuration.batch.queueLimit == 50 && configuration.batch.batchLimit == 10)
        #expect(
            configuration.resource == [.init("service.name", "named"), .init("deployment.environment", "a,b")])
        #expect(configuration.propagatesTraceContext)
        #expect(read(["OTEL_RESOURCE_ATTRIBUTES": "service.name=r"]).resource == [.init("service.name", "r")])
        #expect(read([:]).resource == [.init("service.name", "idp")])
        #expect(!read(["OTEL_PROPAGATORS": "none"]).propagatesTraceContext)
        #expect(read(["OTEL_BSP_MAX_QUEUE_SIZE": "50"]).batch.batchLimit == 50)
    }

    @Test(arguments: [
        ("IDP_TRACING_ENABLED", "yes please"), ("OTEL_SDK_DISABLED", "2"), ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "novalue"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%zz"), ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0d%0ab"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "1s"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_BSP_SCHEDULE_DELAY", "-1"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999"), ("OTEL_RESOURCE_ATTRIBUTES", "=x"), ("OTEL_PROPAGATORS", "b3"),
    ])
    func mistakesAreToldByName(name: String, value: String) {
        let mistakes = read([name: value]).mistakes
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.hasPrefix(name + ":") == true, "\(mistakes)")
    }

    @Test func allMistakesAreToldTogether() {
        let mistakes = read([
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7", "OTEL_PROPAGATORS": "x",
        ]).mistakes
        #expect(mistakes.map { $0.prefix { $0 != ":" } } == ["OTEL_TRACES_SAMPLER_ARG", "OTEL_PROPAGATORS"])
    }
}
