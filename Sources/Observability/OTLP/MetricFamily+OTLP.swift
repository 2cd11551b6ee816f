internal import Foundation
internal import Synchronization

/// What OTLP says of every number: since when it counts, and when it was read.
struct OTLPTimes {
    /// Nanoseconds since 1970 at which the process began to count.
    let start: UInt64
    /// Nanoseconds since 1970 at which the numbers are read.
    let now: UInt64
}

extension MetricFamily {
    /// The family in OTLP's data model (opentelemetry-proto, metrics.proto): counters as monotonic sums, both kinds of
    /// sums cumulative, histograms with explicit bounds. Names are those of `/metrics`, so that one query serves both.
    /// nil if it has no number to show.
    func otlp(_ times: OTLPTimes) -> Opentelemetry_Proto_Metrics_V1_Metric? {
        var metric = Opentelemetry_Proto_Metrics_V1_Metric()
        metric.name = name
        metric.description_p = help
        metric.unit = unit
        if case .histogram(let buckets) = kind {
            metric.histogram.aggregationTemporality = .cumulative
            metric.histogram.dataPoints = series.compactMap { series in
                guard case .histogram(let histogram) = series.source else { return nil }
                return point(histogram, buckets, series.labels, times)
            }
            return metric.histogram.dataPoints.isEmpty ? nil : metric
        }
        let points = numbers().map { labels, value in
            var point = Opentelemetry_Proto_Metrics_V1_NumberDataPoint()
            point.attributes = attributes(labels)
            if kind == .counter { point.startTimeUnixNano = times.start }
            point.timeUnixNano = times.now
            point.asDouble = value
            return point
        }
        if kind == .counter {
            metric.sum.aggregationTemporality = .cumulative
            metric.sum.isMonotonic = true
            metric.sum.dataPoints = points
        } else {
            metric.gauge.dataPoints = points
        }
        return points.isEmpty ? nil : metric
    }

    /// UCUM's code, from the name's ending.
    private var unit: String {
        let base = name.hasSuffix("_total") ? name.dropLast("_total".count) : name[...]
        if base.hasSuffix("_seconds") { return "s" }
        return base.hasSuffix("_bytes") ? "By" : ""
    }

    /// Label values and number of each series of a family without histograms.
    private func numbers() -> [([String], Double)] {
        if let collect {
            return collect().filter { $0.labels.count == labelNames.count }.map { ($0.labels, $0.value) }
        }
        return series.compactMap { series in
            switch series.source {
            case .counter(let counter):
                let value = counter.value
                return value > 0 || exposesUntouched ? (series.labels, Double(value)) : nil
            case .upDown(let counter): return (series.labels, Double(counter.value))
            case .gauge(let gauge): return (series.labels, gauge.value)
            case .read(let read): return (series.labels, read())
            case .histogram: return nil
            }
        }
    }

    private func point(
        _ histogram: MetricHistogram, _ buckets: HistogramBuckets, _ labels: [String], _ times: OTLPTimes
    ) -> Opentelemetry_Proto_Metrics_V1_HistogramDataPoint? {
        let scale = DecimalText.powerOfTen(buckets.unitExponent)
        var point = Opentelemetry_Proto_Metrics_V1_HistogramDataPoint()
        point.sum = Double(histogram.sumUnits) / scale
        point.bucketCounts = histogram.cells.totals(buckets.bounds.count + 1)
        point.count = point.bucketCounts.reduce(0, &+)
        guard point.count > 0 || exposesUntouched else { return nil }
        point.attributes = attributes(labels)
        point.startTimeUnixNano = times.start
        point.timeUnixNano = times.now
        point.explicitBounds = buckets.bounds.map { Double($0) / scale }
        point.exemplars = point.bucketCounts.indices.compactMap { slot in
            guard let (exemplar, value) = histogram.exemplars?.read(slot: slot) else { return nil }
            var message = Opentelemetry_Proto_Metrics_V1_Exemplar()
            message.timeUnixNano = exemplar.unixMilliseconds * 1_000_000
            message.asDouble = Double(value) / scale
            message.spanID = OTLPMessage.bytes(exemplar.spanID)
            message.traceID = OTLPMessage.bytes(exemplar.traceIDHigh) + OTLPMessage.bytes(exemplar.traceIDLow)
            return message
        }
        return point
    }

    private func attributes(_ labels: [String]) -> [OTLPMessage.KeyValue] {
        zip(labelNames, labels).map { OTLPMessage.keyValue(.init($0, $1)) }
    }
}

extension MetricRegistry {
    /// Every number of this moment as one request. Runs on the caller's thread, as a scrape does.
    func otlp(
        resource: [RecordedSpan.Attribute], _ times: OTLPTimes
    ) -> Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceRequest {
        let hooks = state.withLock { $0.scrapeHooks }
        for hook in hooks { hook() }
        let families = state.withLock { $0.families }
        var scope = Opentelemetry_Proto_Metrics_V1_ScopeMetrics()
        scope.scope.name = "idp-server"
        scope.metrics = families.compactMap { $0.otlp(times) }
        var group = Opentelemetry_Proto_Metrics_V1_ResourceMetrics()
        group.resource.attributes = resource.map(OTLPMessage.keyValue)
        group.scopeMetrics = [scope]
        var request = Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceRequest()
        request.resourceMetrics = [group]
        return request
    }
}
