internal import EventHTTP

/// Metric slots for requests without a route: one for each method that HTTP knows, and `_OTHER` for the rest and for
/// what could not be read (OpenTelemetry's HTTP conventions).
struct UnmatchedMetrics: Sendable {
    private let known: [EndpointMetrics]
    private let trace: EndpointMetrics
    private let connect: EndpointMetrics
    private let other: EndpointMetrics

    /// Resolves the slots.
    init(_ metrics: HTTPMetrics, scheme: String) {
        func slot(_ method: String) -> EndpointMetrics {
            EndpointMetrics(endpoint: "unmatched", method: method, metrics: metrics, scheme: scheme)
        }
        known = HTTPMethod.allCases.map { slot("\($0.name)") }
        trace = slot("TRACE")
        connect = slot("CONNECT")
        other = slot("_OTHER")
    }

    /// The slots for a request; `_OTHER` without a head.
    func of(_ head: RequestHead?) -> EndpointMetrics {
        guard let head else { return other }
        let token = head.methodToken
        let method = head.method
        if token.elementsEqual(
            UnsafeRawBufferPointer(start: method.name.utf8Start, count: method.name.utf8CodeUnitCount))
        {
            return known[Int(method.rawValue)]
        }
        if token.elementsEqual("TRACE".utf8) { return trace }
        return token.elementsEqual("CONNECT".utf8) ? connect : other
    }
}
