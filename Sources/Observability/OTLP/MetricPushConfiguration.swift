/// What the environment says about metrics by push, after OpenTelemetry's specification 1.60 (environment variables,
/// OTLP exporter). Beside `/metrics`, and only where `OTEL_METRICS_EXPORTER` has `otlp` or
/// `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is set: the general endpoint alone asks for traces, as metrics are scraped.
public struct MetricPushConfiguration: Sendable {
    /// Whether metrics are pushed; if not, the rest means nothing.
    public let isEnabled: Bool
    /// Where to and how.
    public var client: OTLPClient.Configuration
    /// A file of CA certificates to trust instead of the system's.
    public let certificateFile: String?
    /// Time between pushes.
    public let interval: Duration
    /// How long a push may take, its retries included.
    public let timeout: Duration
    /// One sentence per bad setting, beginning with its name.
    public let mistakes: [String]

    /// Reads the settings. `serviceName` is used where the environment names none.
    public init(environment: [String: String], serviceName: String) {
        var reader = OTLPEnvironmentReader(environment: environment, signal: .metrics)
        isEnabled = reader.pushesMetrics()
        guard isEnabled else {
            client = OTLPClient.Configuration(url: "")
            certificateFile = nil
            (interval, timeout) = (.zero, .zero)
            mistakes = reader.mistakes
            return
        }
        client = OTLPClient.Configuration(url: reader.url())
        client.fields = reader.fields()
        client.timeout = reader.timeout(default: client.timeout)
        client.usesGzip = reader.usesGzip()
        client.resource = reader.resource(serviceName: serviceName)
        certificateFile = reader.certificateFile()
        interval = reader.milliseconds(["OTEL_METRIC_EXPORT_INTERVAL"], default: .seconds(60))
        timeout = reader.milliseconds(["OTEL_METRIC_EXPORT_TIMEOUT"], default: .seconds(30))
        reader.checkProtocol()
        mistakes = reader.mistakes
    }
}

extension OTLPEnvironmentReader {
    fileprivate mutating func pushesMetrics() -> Bool {
        let isDisabled = flag("OTEL_SDK_DISABLED") ?? false
        let named = first("OTEL_METRICS_EXPORTER")?.value.lowercased().split(separator: ",").map { $0.trimmingBlanks() }
        if let named, named.contains(where: { !["otlp", "prometheus", "none"].contains($0) }) {
            mistakes.append("OTEL_METRICS_EXPORTER: only otlp, prometheus and none are known.")
        }
        if isDisabled { return false }
        return named?.contains("otlp") ?? (first("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") != nil)
    }
}
