/// What the environment says about tracing, after OpenTelemetry's specification 1.60 (environment variables, OTLP
/// exporter). Built from a dictionary, since only the executable reads the environment.
///
/// Tracing is on only where `IDP_TRACING_ENABLED` is true, or `OTEL_EXPORTER_OTLP_ENDPOINT`,
/// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_TRACES_EXPORTER=otlp` asks for it. `OTEL_SDK_DISABLED=true`,
/// `IDP_TRACING_ENABLED=false` and `OTEL_TRACES_EXPORTER=none` win over all of these. An empty value counts as unset.
public struct TracingConfiguration: Sendable {
    /// Whether anything is recorded and sent; if not, the rest means nothing.
    public var isEnabled = false
    /// The whole URL that spans are posted to.
    public var url = "http://localhost:4318/v1/traces"
    /// Fields of each export request; their values may be secrets and are not to be printed.
    public var fields: [(name: String, value: String)] = []
    /// How long one export request may take.
    public var timeout: Duration = .seconds(10)
    /// Whether bodies are to be compressed.
    public var usesGzip = false
    /// A file of CA certificates to trust instead of the system's.
    public var certificateFile: String?
    /// Which traces are recorded.
    public var sampler: TraceSampler = .parentBasedAlwaysOn
    /// The batch processor's sizes and times.
    public var batch = BatchSpanProcessor.Configuration()
    /// `service.name` first, then what `OTEL_RESOURCE_ATTRIBUTES` adds.
    public var resource: [RecordedSpan.Attribute] = []
    /// Whether callers' `traceparent` is taken and sent on (`OTEL_PROPAGATORS` has `tracecontext`).
    public var propagatesTraceContext = true
    /// One sentence per bad setting, beginning with its name.
    public var mistakes: [String] = []

    /// Reads the settings. `serviceName` is used where the environment names none.
    public init(environment: [String: String], serviceName: String) {
        var reader = OTLPEnvironmentReader(environment: environment, signal: .traces)
        isEnabled = reader.isEnabled()
        url = reader.url()
        fields = reader.fields()
        timeout = reader.timeout(default: timeout)
        usesGzip = reader.usesGzip()
        certificateFile = reader.certificateFile()
        sampler = reader.sampler()
        batch = reader.batch()
        resource = reader.resource(serviceName: serviceName)
        propagatesTraceContext = reader.propagatesTraceContext()
        reader.checkProtocol()
        mistakes = reader.mistakes
    }
}

/// What only traces have.
extension OTLPEnvironmentReader {
    fileprivate mutating func isEnabled() -> Bool {
        let disabled = flag("OTEL_SDK_DISABLED") ?? false
        let ours = flag("IDP_TRACING_ENABLED")
        let exporter = first("OTEL_TRACES_EXPORTER")?.value.lowercased()
        if let exporter, exporter != "otlp", exporter != "none" {
            mistakes.append("OTEL_TRACES_EXPORTER: only otlp and none are known.")
        }
        if disabled || ours == false || exporter == "none" { return false }
        return ours == true || exporter == "otlp"
            || first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") != nil
    }

    fileprivate mutating func sampler() -> TraceSampler {
        guard let (_, name) = first("OTEL_TRACES_SAMPLER") else { return .parentBasedAlwaysOn }
        let argument = first("OTEL_TRACES_SAMPLER_ARG")?.value
        if let sampler = TraceSampler(name: name, argument: argument) { return sampler }
        if TraceSampler(name: name, argument: nil) != nil {
            mistakes.append("OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1.")
        } else {
            mistakes.append(
                "OTEL_TRACES_SAMPLER: known are always_on, always_off, traceidratio, parentbased_always_on, "
                    + "parentbased_always_off and parentbased_traceidratio.")
        }
        return .parentBasedAlwaysOn
    }

    fileprivate mutating func batch() -> BatchSpanProcessor.Configuration {
        var batch = BatchSpanProcessor.Configuration()
        batch.scheduleDelay = milliseconds(["OTEL_BSP_SCHEDULE_DELAY"], default: batch.scheduleDelay)
        batch.exportTimeout = milliseconds(["OTEL_BSP_EXPORT_TIMEOUT"], default: batch.exportTimeout)
        batch.queueLimit = number("OTEL_BSP_MAX_QUEUE_SIZE", 1...1_000_000) ?? batch.queueLimit
        let size = number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1...100_000)
        if let size, size > batch.queueLimit {
            mistakes.append("OTEL_BSP_MAX_EXPORT_BATCH_SIZE: must not be above OTEL_BSP_MAX_QUEUE_SIZE.")
        }
        batch.batchLimit = min(size ?? batch.batchLimit, batch.queueLimit)
        return batch
    }

    fileprivate mutating func propagatesTraceContext() -> Bool {
        guard let (name, value) = first("OTEL_PROPAGATORS") else { return true }
        let names = value.split(separator: ",").map { $0.trimmingBlanks().lowercased() }
        // Baggage is let through as a name, because it stands in the default value; we neither read nor send it.
        if names.contains(where: { !["tracecontext", "baggage", "none"].contains($0) }) {
            mistakes.append("\(name): only tracecontext, baggage and none are known.")
        }
        return names.contains("tracecontext")
    }
}
