/// A kind of telemetry that OTLP carries, with settings of its own beside the general ones.
enum OTLPSignal: String {
    case traces, metrics

    /// As it stands in names of settings.
    fileprivate var settingName: String { rawValue.uppercased() }
    /// What is added to the general endpoint.
    fileprivate var path: String { "/v1/" + rawValue }
}

/// Reads `OTEL_*` settings of one signal, one after the other, and notes what is wrong.
struct OTLPEnvironmentReader {
    let environment: [String: String]
    let signal: OTLPSignal
    /// One sentence per bad setting, beginning with its name.
    var mistakes: [String] = []

    /// Names of an exporter's setting: the signal's own before the general one.
    private func names(_ name: String) -> [String] {
        ["OTEL_EXPORTER_OTLP_\(signal.settingName)_\(name)", "OTEL_EXPORTER_OTLP_\(name)"]
    }

    /// A file of CA certificates.
    func certificateFile() -> String? { first(names("CERTIFICATE"))?.value }

    /// How long one export request may take.
    mutating func timeout(default fallback: Duration) -> Duration {
        milliseconds(names("TIMEOUT"), default: fallback)
    }

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

    /// The whole URL of the endpoint.
    mutating func url() -> String {
        guard let (name, value) = first(names("ENDPOINT")) else { return "http://localhost:4318" + signal.path }
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
        if name != "OTEL_EXPORTER_OTLP_ENDPOINT" { return rest.contains("/") ? value : value + "/" }
        return (value.hasSuffix("/") ? String(value.dropLast()) : value) + signal.path
    }

    /// Fields of each request.
    mutating func fields() -> [(name: String, value: String)] {
        guard let (name, value) = first(names("HEADERS")) else { return [] }
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

    /// Whether bodies are to be compressed.
    mutating func usesGzip() -> Bool {
        guard let (name, value) = first(names("COMPRESSION")) else { return false }
        switch value.lowercased() {
        case "gzip": return true
        case "none": return false
        default:
            mistakes.append("\(name): only gzip and none are known.")
            return false
        }
    }

    /// There is one protocol; any other is a mistake.
    mutating func checkProtocol() {
        guard let (name, value) = first(names("PROTOCOL")) else { return }
        if value.lowercased() != "http/protobuf" { mistakes.append("\(name): only http/protobuf is known.") }
    }

    /// What the process is.
    mutating func resource(serviceName: String) -> [RecordedSpan.Attribute] {
        var attributes: [(String, String)] = []
        if let (name, value) = first("OTEL_RESOURCE_ATTRIBUTES") { attributes = pairs(name, value) }
        let name =
            first("OTEL_SERVICE_NAME")?.value ?? attributes.first { $0.0 == "service.name" }?.1 ?? serviceName
        return [.init("service.name", name)]
            + attributes.filter { $0.0 != "service.name" }.map { .init($0.0, $0.1) }
    }

    /// A time, in the first of the settings that is there.
    mutating func milliseconds(_ names: [String], default fallback: Duration) -> Duration {
        guard let (name, value) = first(names) else { return fallback }
        guard let number = Int(value), (1...86_400_000).contains(number) else {
            mistakes.append("\(name): must be a whole number of milliseconds from 1 to 86400000.")
            return fallback
        }
        return .milliseconds(number)
    }

    /// A whole number; nil when it is not set, or wrong.
    mutating func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let (_, value) = first(name) else { return nil }
        guard let number = Int(value), range.contains(number) else {
            mistakes.append("\(name): must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// A yes or no; nil when it is not set, or wrong.
    mutating func flag(_ name: String) -> Bool? {
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
