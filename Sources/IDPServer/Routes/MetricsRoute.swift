internal import EventHTTP
internal import Observability

/// The Prometheus exposition, in the format that `Accept` asks for. Rendered on a queue, so that a scrape never stalls
/// a loop.
struct MetricsRoute: Sendable {
    private let renderer: ScrapeRenderer

    init(registry: MetricRegistry) {
        renderer = ScrapeRenderer(registry)
    }

    var routes: [Route] {
        [
            Route(
                .metrics,
                .queued(
                    admit: { (_, _) throws(ServiceError) in .none },
                    handle: { [renderer] (call) throws(ServiceError) in
                        let format = ExpositionFormat.negotiated(accept: call.request.fields[.accept])
                        let isPacked = GzipEncoding.isAccepted(by: call.request.fields[.acceptEncoding])
                        renderer.render(format) { text in
                            let packed = isPacked ? text.withUnsafeBytes { GzipEncoding.compress($0) } : nil
                            let coding = packed == nil ? [] : [("Content-Encoding", "gzip")]
                            call.reply(
                                Response(
                                    status: 200,
                                    fields: [
                                        ("Content-Type", format.contentType), ("Cache-Control", "no-store"),
                                        ("Vary", "Accept, Accept-Encoding"),
                                    ] + coding,
                                    body: packed.map { .bytes($0) } ?? .shared(text)))
                        }
                    }))
        ]
    }
}
