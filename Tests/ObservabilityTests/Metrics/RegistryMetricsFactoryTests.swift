import CoreMetrics
import Observability
import Testing

/// What libraries report through swift-metrics comes out with ours, and cannot break it.
struct RegistryMetricsFactoryTests {
    @Test func instrumentsBecomeFamilies() {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let factory = RegistryMetricsFactory(registry: registry)
        Counter(label: "db.client-requests", dimensions: [("b.c", "2"), ("a", "1")], factory: factory)
            .increment(by: 3)
        Meter(label: "pool.size", factory: factory).set(4.5)
        Timer(label: "query", factory: factory).recordMilliseconds(7)
        Recorder(label: "rows", factory: factory).record(12)
        let text = String(decoding: registry.rendered(), as: UTF8.self)
        #expect(text.contains("db_client_requests_total{a=\"1\",b_c=\"2\"} 3\n"))
        #expect(text.contains("pool_size 4.5\n"))
        #expect(text.contains("query_seconds_bucket{le=\"0.01\"} 1\nquery_seconds_bucket{le=\"0.025\"} 1\n"))
        #expect(text.contains("query_seconds_sum 0.007\n"))
        #expect(text.contains("rows_bucket{le=\"10.0\"} 0\nrows_bucket{le=\"100.0\"} 1\n"))
    }

    @Test func collisionsAreRefusedAndCounted() {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let own = registry.counter("requests_total", help: "Ours.")
        let factory = RegistryMetricsFactory(registry: registry)
        Counter(label: "requests", factory: factory).increment(by: 100)
        Counter(label: "x", dimensions: [("a", "1")], factory: factory).increment()
        Counter(label: "x", dimensions: [("b", "1")], factory: factory).increment()
        Meter(label: "x.total", factory: factory).set(1)
        let text = String(decoding: registry.rendered(), as: UTF8.self)
        #expect(own.value == 0)
        #expect(text.contains("x_total{a=\"1\"} 1\n"))
        #expect(text.contains("idp_foreign_metrics_refused_total 3\n"))
    }
}
