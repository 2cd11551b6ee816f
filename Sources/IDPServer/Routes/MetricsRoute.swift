internal import EventHTTP
internal import Observability

/// The Prometheus exposition, in the format that `Accept` asks for. Rendered on a queue, so that a scrape never stalls
/// a loop.
struct MetricsRoute: Sendable {
    let registry: MetricRegistry

    var routes: [Route] {
        let registry = registry
        return [
            Route(
                .get, "/metrics", isProbe: true,
                .queued(
                    admit: { (_) throws(ServiceError) in .none },
                    handle: { (call) throws(ServiceError) in
                        let format = ExpositionFormat.negotiated(accept: call.request.fields[.accept])
                        var text: [UInt8] = []
                        registry.render(format, into: &text)
                        let accepted = call.request.fields[.acceptEncoding]
                        let packed = GzipEncoding.isAccepted(by: accepted) ? GzipEncoding.compress(text) : nil
                        let coding = packed == nil ? [] : [("Content-Encoding", "gzip")]
                        call.reply(
                            Response(
                                status: 200,
                                fields: [
                                    ("Content-Type", format.contentType), ("Cache-Control", "no-store"),
                                    ("Vary", "Accept, Accept-Encoding"),
                                ] + coding,
                                body: .bytes(packed ?? text)))
                    }))
        ]
    }
}
