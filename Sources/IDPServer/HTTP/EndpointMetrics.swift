internal import Observability

/// The HTTP instruments, registered once: the plan's names and OpenTelemetry's beside them.
struct HTTPMetrics: Sendable {
    let requests: CounterFamily
    let requestDuration: HistogramFamily
    let serverDuration: HistogramFamily
    let requestBodySize: HistogramFamily
    let responseBodySize: HistogramFamily

    init(_ registry: MetricRegistry) {
        requests = registry.counterFamily(
            "requests_total", help: "HTTP requests by route template, method and status.",
            labels: ["endpoint", "method", "status"], exposesUntouched: false)
        requestDuration = registry.histogramFamily(
            "request_duration_seconds", help: "Time from a request's complete head to its answer.",
            buckets: .http, labels: ["endpoint", "method"], exposesUntouched: false, native: true)
        serverDuration = registry.histogramFamily(
            "http_server_request_duration_seconds",
            help: "Duration of HTTP server requests (OpenTelemetry http.server.request.duration).",
            buckets: .http,
            labels: ["http_request_method", "http_route", "http_response_status_code", "url_scheme", "error_type"],
            exposesUntouched: false)
        requestBodySize = registry.histogramFamily(
            "http_server_request_body_size_bytes", help: "Size of HTTP request bodies.",
            buckets: .bytes, labels: ["http_request_method", "http_route"], exposesUntouched: false)
        responseBodySize = registry.histogramFamily(
            "http_server_response_body_size_bytes", help: "Size of HTTP response bodies.",
            buckets: .bytes, labels: ["http_request_method", "http_route"], exposesUntouched: false)
    }
}

/// One (endpoint, method)'s metric slots, resolved when the route is registered: recording is array access and
/// single-writer additions.
final class EndpointMetrics: Sendable {
    /// The route's template, or `unmatched`.
    let endpoint: String
    let method: String
    private let requests: [MetricCounter]
    private let duration: MetricHistogram
    private let serverDurations: [MetricHistogram]
    private let requestBodySize: MetricHistogram
    private let responseBodySize: MetricHistogram

    /// - Parameter endpoint: the route's template, or `unmatched`.
    init(endpoint: String, method: String, metrics: HTTPMetrics, scheme: String) {
        self.endpoint = endpoint
        self.method = method
        requests = StatusIndex.statuses.map { metrics.requests.with(endpoint, method, String($0)) }
        duration = metrics.requestDuration.with(endpoint, method)
        serverDurations = StatusIndex.statuses.map { status in
            metrics.serverDuration.with(method, endpoint, String(status), scheme, status >= 500 ? String(status) : "")
        }
        requestBodySize = metrics.requestBodySize.with(method, endpoint)
        responseBodySize = metrics.responseBodySize.with(method, endpoint)
    }

    /// Counts one answered request. On the thread that owns `lane`.
    func record(status: Int, nanoseconds: UInt64, bytesIn: Int, bytesOut: Int, lane: Lane) {
        let index = StatusIndex.of(status)
        requests[index].increment(lane: lane)
        duration.observe(nanoseconds: nanoseconds, lane: lane)
        serverDurations[index].observe(nanoseconds: nanoseconds, lane: lane)
        if bytesIn > 0 { requestBodySize.observe(units: UInt64(bytesIn), lane: lane) }
        if bytesOut > 0 { responseBodySize.observe(units: UInt64(bytesOut), lane: lane) }
    }
}
