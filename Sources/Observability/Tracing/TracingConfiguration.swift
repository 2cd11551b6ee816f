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
        var reader = TracingEnvironmentReader(environment: environment)
        isEnabled = reader.isEnabled()
        url = reader.url()
        fields = reader.fields()
        timeout = reader.milliseconds(
            ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"], default: timeout)
        usesGzip = reader.usesGzip()
        certificateFile = reader.first(
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE")?.value
        sampler = reader.sampler()
        batch = reader.batch()
        resource = reader.resource(serviceName: serviceName)
        propagatesTraceContext = reader.propagatesTraceContext()
        reader.checkProtocol()
        mistakes = reader.mistakes
    }
}

/// Reads one setting after the other and notes what is wrong.
private struct TracingEnvironmentReader {
    let environment: [String: String]
    var mistakes: [String] = []

    /// The first of the settings that is there and not empty: the special one before the general one.
    func first(_ names: String...) -> (name: String, value: String)? {
        first(names)
    }

    private func first(_ names: [String]) -> (name: String, value: String)? {
        for name in names {
            if let value = environment[name], !value.isEmpty { return (name, value) }
        }
        return nil
    }

    mutating func isEnabled() -> Bool {
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

    mutating func url() -> String {
        guard let (name, value) = first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") else {
            return "http://localhost:4318/v1/traces"
        }
        let scheme = value.lowercased()
        let rest = value.drop { $0 != "/" }.dropFirst(2)
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://"), let first = rest.first, first != "/",
            !rest.contains(where: { $0.isWhitespace })
        else {
            mistakes.append("\(name): must be a URL that begins with http:// or https:// and names a host.")
            return value
        }
        // The signal's own endpoint is taken as it is, with "/" where it has no path; to the general one the signal's
        // path is added.
        if name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" { return rest.contains("/") ? value : value + "/" }
        return (value.hasSuffix("/") ? String(value.dropLast()) : value) + "/v1/traces"
    }

    mutating func fields() -> [(name: String, value: String)] {
        guard let (name, value) = first("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS") else {
            return []
        }
        return pairs(name, value).compactMap { key, value in
            let isToken = key.utf8.allSatisfy { byte in
                "!#$%&'*+-.^_`|~".utf8.contains(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
            }
            guard isToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                mistakes.append("\(name): holds a name or a value that a header cannot have.")
                return nil
            }
            return (key, value)
        }
    }

    mutating func usesGzip() -> Bool {
        guard let (name, value) = first("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION")
        else { return false }
        switch value.lowercased() {
        case "gzip": return true
        case "none": return false
        default:
            mistakes.append("\(name): only gzip and none are known.")
            return false
        }
    }

    mutating func checkProtocol() {
        guard let (name, value) = first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") else {
            return
        }
        if value.lowercased() != "http/protobuf" { mistakes.append("\(name): only http/protobuf is known.") }
    }

    mutating func sampler() -> TraceSampler {
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

    mutating func batch() -> BatchSpanProcessor.Configuration {
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

    mutating func resource(serviceName: String) -> [RecordedSpan.Attribute] {
        var attributes: [(String, String)] = []
        if let (name, value) = first("OTEL_RESOURCE_ATTRIBUTES") { attributes = pairs(name, value) }
        let name =
            first("OTEL_SERVICE_NAME")?.value ?? attributes.first { $0.0 == "service.name" }?.1 ?? serviceName
        return [.init("service.name", name)]
            + attributes.filter { $0.0 != "service.name" }.map { .init($0.0, $0.1) }
    }

    mutating func propagatesTraceContext() -> Bool {
        guard let (name, value) = first("OTEL_PROPAGATORS") else { return true }
        let names = value.split(separator: ",").map { $0.trimmingBlanks().lowercased() }
        // Baggage is let through as a name, because it stands in the default value; we neither read nor send it.
        if names.contains(where: { !["tracecontext", "baggage", "none"].contains($0) }) {
            mistakes.append("\(name): only tracecontext, baggage and none are known.")
        }
        return names.contains("tracecontext")
    }

    mutating func milliseconds(_ names: [String], default fallback: Duration) -> Duration {
        guard let (name, value) = first(names) else { return fallback }
        guard let number = Int(value), (1...86_400_000).contains(number) else {
            mistakes.append("\(name): must be a whole number of milliseconds from 1 to 86400000.")
            return fallback
        }
        return .milliseconds(number)
    }

    private mutating func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let (_, value) = first(name) else { return nil }
        guard let number = Int(value), range.contains(number) else {
            mistakes.append("\(name): must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    private mutating func flag(_ name: String) -> Bool? {
        guard let (_, value) = first(name) else { return nil }
        switch value.lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default:
            mistakes.append("\(name): must be true or false.")
            return nil
        }
    }

    /// `key=value,key=value`, values percent-encoded (W3C Baggage's form, which both variables use).
    private mutating func pairs(_ name: String, _ text: String) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for member in text.split(separator: ",") where !member.trimmingBlanks().isEmpty {
            let sides = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = sides[0].trimmingBlanks()
            guard sides.count == 2, !key.isEmpty, let value = PercentEncoding.decoded(sides[1].trimmingBlanks()) else {
                mistakes.append("\(name): must be a list of key=value, separated by commas, values percent-encoded.")
                return pairs
            }
            pairs.append((String(key), value))
        }
        return pairs
    }
}
