internal import EventHTTP
internal import Observability

/// Routes for load tools (`IDP_PROBE`), each of which shows what one part of the front costs when nothing else is done.
/// Off by default.
///
/// - `GET /-/ping`: a queued handler that answers at once: the way over the request queue and through evhttp.
/// - `POST /-/sink`: reads a body of up to 1 MiB and keeps nothing: receiving alone.
/// - `POST /-/form`: takes a document as `/v1/jobs` does, to the file with its SHA-256, and removes it.
/// - `POST /-/series`: registers 10,000 counters, or with `?kind=histogram` as many histograms, once: a large scrape.
/// - `GET /-/metric-families`: every family that is registered, also those that a scrape leaves out because they have
///   no sample yet: what the reference of metrics is made of.
struct LoadRoutes: Sendable {
    /// How many series of each kind there are to register.
    static let seriesCount = 10_000

    let spool: UploadSpool
    let uploadBytesMax: Int
    let registry: MetricRegistry

    var routes: [Route] {
        [
            Route(.ping, .queued(admit: Self.admitNothing, handle: Self.answerOK)),
            Route(.sink, .queued(admit: Self.admitNothing, handle: Self.answerOK)),
            Route(
                .form,
                .queued(
                    admit: { [plan] (_, _) throws(ServiceError) in .multipart(plan) },
                    handle: { (call) throws(ServiceError) in
                        guard case .multipart(let form) = call.request.body, let file = form.first(file: "file") else {
                            throw ServiceError(
                                .validationError, fields: [FieldError(field: "file", message: "is required")])
                        }
                        file.remove()
                        call.reply(
                            Response(
                                status: 200, fields: [("Content-Type", "application/json")],
                                body: .bytes(Self.receipt(file))))
                    })),
            Route(
                .series,
                .queued(
                    admit: Self.admitNothing,
                    handle: { [registry] (call) throws(ServiceError) in
                        let query = try Query(call.request.query, known: ["kind"])
                        Self.register(isHistogram: query.value("kind") == "histogram", in: registry)
                        try Self.answerOK(call)
                    })),
            Route(
                .metricFamilies,
                .queued(
                    admit: Self.admitNothing,
                    handle: { [registry] (call) throws(ServiceError) in
                        call.reply(200, json: ["families": registry.descriptions])
                    })),
        ]
    }

    private var plan: MultipartPlan {
        var plan = MultipartPlan(spool: spool)
        plan.fileLimitBytes = uploadBytesMax
        plan.bodyLimitBytes = uploadBytesMax + Intake.formOverheadBytes
        return plan
    }

    private static let admitNothing: @Sendable (RequestHead, Caller?) throws(ServiceError) -> BodyPlan = {
        (_, _) throws(ServiceError) in .none
    }

    private static let answerOK: @Sendable (Call) throws(ServiceError) -> Void = { (call) throws(ServiceError) in
        let body = Array(#"{"status":"ok"}"#.utf8)
        call.reply(Response(status: 200, fields: [("Content-Type", "application/json")], body: .bytes(body)))
    }

    private static func receipt(_ file: UploadedFile) -> [UInt8] {
        var text = Array(#"{"length":"#.utf8)
        DecimalText.append(UInt64(file.size), to: &text)
        text += Array(#","sha256":""#.utf8)
        for byte in file.sha256 { HexText.append(byte, to: &text) }
        return text + Array(#""}"#.utf8)
    }

    /// Registering a series again gives the one that is there, so a second call changes nothing.
    private static func register(isHistogram: Bool, in registry: MetricRegistry) {
        let help = "Made for a load tool by POST /-/series."
        if isHistogram {
            let family = registry.histogramFamily(
                "idp_probe_duration_seconds", help: help, buckets: .http, labels: ["series"])
            for number in 0..<seriesCount {
                family.with(String(number)).observe(nanoseconds: UInt64(number) * 1_000_003)
            }
        } else {
            let family = registry.counterFamily("idp_probe_total", help: help, labels: ["series"])
            for number in 0..<seriesCount { family.with(String(number)).increment(by: UInt64(number) * 1_000_003) }
        }
    }
}
