/// The formats that a scrape can be answered in.
public enum ExpositionFormat: Sendable, CaseIterable {
    /// Prometheus text format 0.0.4: the default.
    case text
    /// OpenMetrics 1.0, with exemplars.
    case openMetrics
    /// Length-delimited `io.prometheus.client.MetricFamily` messages, with exemplars and native histograms.
    case protobuf

    /// The value of `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .protobuf:
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        }
    }

    /// The format that the value of an `Accept` field likes best. OpenMetrics only where it is named and its version,
    /// if given, is 1.0.0; protobuf only where the message and its framing are named; equal weights go to what the
    /// sender named first; the text format for everything else.
    public static func negotiated(accept: String?) -> ExpositionFormat {
        guard let accept else { return .text }
        var best: (format: ExpositionFormat, weight: Int) = (.text, 0)
        for range in AcceptedMediaTypes(accept).ranges where range.weight > best.weight {
            switch range.type {
            case "application/openmetrics-text":
                if (range.parameters["version"] ?? "1.0.0") == "1.0.0" { best = (.openMetrics, range.weight) }
            case "application/vnd.google.protobuf":
                if range.parameters["proto"] == "io.prometheus.client.MetricFamily",
                    range.parameters["encoding"] == "delimited"
                {
                    best = (.protobuf, range.weight)
                }
            case "text/plain":
                if (range.parameters["version"] ?? "0.0.4") == "0.0.4" { best = (.text, range.weight) }
            case "text/*", "*/*":
                best = (.text, range.weight)
            default:
                break
            }
        }
        return best.format
    }
}
