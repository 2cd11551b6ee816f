internal import EventHTTP
internal import Observability

/// Probes, metrics, pages and tools.
extension RouteDescription {
    static let health = probe("/health", "getHealth", "Whether the process makes progress", "Health")
    static let livez = probe("/livez", "getLiveness", "Whether the process makes progress", "Health")
    static let ready = readiness("/ready", "getReady", "Whether the service wants traffic")
    static let readyz = readiness("/readyz", "getReadiness", "Whether the service wants traffic")
    static let startupz = readiness("/startupz", "getStartup", "Whether the service has started")

    static let metrics = RouteDescription(
        method: .get, template: "/metrics", tag: .service, id: "getMetrics",
        access: RouteAccess(scope: .metrics, isExemptible: true), summary: "Prometheus metrics",
        details: "Text format 0.0.4; by `Accept` OpenMetrics 1.0, or protobuf with native histograms.",
        answers: [
            APIAnswer(
                status: 200, summary: "The exposition.",
                content: [
                    ("text/plain", ["type": "string"], "# TYPE jobs_submitted_total counter\njobs_submitted_total 7\n"),
                    ("application/openmetrics-text", ["type": "string"], nil),
                    ("application/vnd.google.protobuf", ["type": "string", "format": "binary"], nil),
                ], fields: ["Cache-Control", "Vary", "Content-Encoding"])
        ], isProbe: true)

    static let openAPI = RouteDescription(
        method: .get, template: "/openapi.json", tag: .service, id: "getOpenAPI",
        access: .service, summary: "This description",
        answers: [
            APIAnswer(
                status: 200, summary: "OpenAPI 3.1.", content: [("application/json", ["type": "object"], nil)],
                fields: pageFields)
        ], isProbe: true)

    /// A page or file of the console; only pages are listed.
    static func asset(_ path: String, mediaType: String) -> RouteDescription {
        let isPage = mediaType == "text/html"
        let isDocs = path == "/docs"
        return RouteDescription(
            method: .get, template: path, tag: .console,
            id: isPage ? (isDocs ? "getDocs" : "getConsole") : "getAsset_" + path,
            access: .service,
            summary: isPage ? (isDocs ? "This description as a page" : "The console") : "A file of the console",
            answers: [.bytes(mediaType, isPage ? "The page." : "The file.", fields: pageFields)],
            isProbe: true, isListed: isPage)
    }

    private static let pageFields = ["ETag", "Cache-Control", "Content-Security-Policy"]

    private static func probe(_ path: String, _ id: String, _ summary: String, _ schema: String) -> RouteDescription {
        RouteDescription(
            method: .get, template: path, tag: .service, id: id, access: .service, summary: summary,
            answers: [
                .json(
                    200, schema, "It does.", example: ["status": "ok", "service": "idp-loan-deferment-service"],
                    fields: ["Cache-Control"])
            ], isProbe: true)
    }

    private static func readiness(_ path: String, _ id: String, _ summary: String) -> RouteDescription {
        let good: JSONNode = [
            "status": "ok", "service": "idp-loan-deferment-service", "checks": ["store": "ok", "disk": "ok"],
        ]
        let bad: JSONNode = [
            "status": "unavailable", "service": "idp-loan-deferment-service",
            "checks": ["store": "ok", "disk": "less free space than IDP_DISK_RESERVE_BYTES"],
        ]
        return RouteDescription(
            method: .get, template: path, tag: .service, id: id, access: .service, summary: summary,
            answers: [
                .json(200, "Readiness", "It does.", example: good, fields: ["Cache-Control"]),
                .json(503, "Readiness", "It does not: the checks say why.", example: bad, fields: ["Cache-Control"]),
            ], isProbe: true)
    }
}

/// Routes of IDP_PROBE.
extension RouteDescription {
    static let echo = tool(.post, "/-/echo", "echo", "Length and SHA-256 of any body", errors: [.fileTooLarge])
    static let ping = tool(.get, "/-/ping", "ping", "A queued answer that needs no work")
    static let sink = tool(.post, "/-/sink", "sink", "Takes a body and keeps nothing")
    static let form = tool(.post, "/-/form", "takeForm", "Takes a document and removes it", errors: [.validationError])
    static let series = tool(.post, "/-/series", "makeSeries", "Registers 10,000 series", errors: [.validationError])

    static let metricFamilies = tool(
        .get, "/-/metric-families", "listMetricFamilies", "Every registered family of metrics")

    private static func tool(
        _ method: HTTPMethod, _ path: String, _ id: String, _ summary: String, errors: [ErrorCode] = []
    ) -> RouteDescription {
        RouteDescription(
            method: method, template: path, tag: .probe, id: id, access: .runs(.submit), summary: summary,
            body: method == .post
                ? APIBody(
                    mediaType: path == "/-/form" ? "multipart/form-data" : "application/octet-stream",
                    schema: path == "/-/form" ? ["type": "object"] : ["type": "string", "format": "binary"],
                    summary: "Anything.", isRequired: path == "/-/form") : nil,
            answers: [
                APIAnswer(status: 200, summary: "Done.", content: [("application/json", ["type": "object"], nil)])
            ], errors: errors + (path == "/-/form" ? [.unsupportedMediaType, .fileTooLarge] : []))
    }
}
