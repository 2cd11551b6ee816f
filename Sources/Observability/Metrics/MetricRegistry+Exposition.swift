internal import Synchronization

extension MetricRegistry {
    /// Appends the whole exposition to `buffer`. Runs on the caller's thread (a queue, never a loop); the lock is held
    /// only while the list of families is copied.
    public func render(_ format: ExpositionFormat, into buffer: inout [UInt8]) {
        let hooks = state.withLock { $0.scrapeHooks }
        for hook in hooks { hook() }
        let families = state.withLock { $0.families }
        for family in families { ExpositionWriter.append(family, format, to: &buffer) }
        if format == .openMetrics { buffer.append(text: "# EOF\n") }
    }

    /// The whole exposition.
    public func rendered(_ format: ExpositionFormat = .text) -> [UInt8] {
        var buffer: [UInt8] = []
        render(format, into: &buffer)
        return buffer
    }
}

/// Writes families as text. The two formats differ in their family lines, exemplars and `# EOF` only.
enum ExpositionWriter {
    /// Appends one family; nothing at all if it has no sample to show.
    static func append(_ family: MetricFamily, _ format: ExpositionFormat, to buffer: inout [UInt8]) {
        let start = buffer.count
        buffer.append(contentsOf: format == .text ? family.textHeader : family.openMetricsHeader)
        let headerEnd = buffer.count
        let name = Array(family.name.utf8)
        if let collect = family.collect {
            for sample in collect() where sample.labels.count == family.labelNames.count {
                appendName(name, MetricFamily.labelText(family.labelNames, sample.labels), to: &buffer)
                DecimalText.append(sample.value, to: &buffer)
                buffer.append(newline)
            }
        }
        for series in family.series { append(series, of: family, name, format, to: &buffer) }
        if buffer.count == headerEnd { buffer.removeSubrange(start...) }
    }

    private static let newline = UInt8(ascii: "\n")

    private static func append(
        _ series: MetricFamily.Series, of family: MetricFamily, _ name: [UInt8], _ format: ExpositionFormat,
        to buffer: inout [UInt8]
    ) {
        switch series.source {
        case .counter(let counter):
            let value = counter.value
            guard value > 0 || family.exposesUntouched else { return }
            appendName(name, series.labelText, to: &buffer)
            DecimalText.append(value, to: &buffer)
            if format == .openMetrics { append(counter.exemplars, slot: 0, exponent: 0, to: &buffer) }
        case .upDown(let counter):
            appendName(name, series.labelText, to: &buffer)
            DecimalText.append(counter.value, to: &buffer)
        case .gauge(let gauge):
            appendName(name, series.labelText, to: &buffer)
            DecimalText.append(gauge.value, to: &buffer)
        case .read(let read):
            appendName(name, series.labelText, to: &buffer)
            DecimalText.append(read(), to: &buffer)
        case .histogram(let histogram):
            append(histogram, series.labelText, of: family, name, format, to: &buffer)
            return
        }
        buffer.append(newline)
    }

    private static func append(
        _ histogram: MetricHistogram, _ labels: [UInt8], of family: MetricFamily, _ name: [UInt8],
        _ format: ExpositionFormat, to buffer: inout [UInt8]
    ) {
        guard case .histogram(let buckets) = family.kind else { return }
        // `_count` is the last cumulative bucket by construction, so the two never disagree within a scrape.
        let sum = histogram.sumUnits
        var cumulative: UInt64 = 0
        let start = buffer.count
        var opening = name + bucketOpening + labels
        if !labels.isEmpty { opening.append(UInt8(ascii: ",")) }
        for (slot, bound) in family.bucketTexts.enumerated() {
            cumulative &+= histogram.cells.total(cell: slot)
            buffer.append(contentsOf: opening)
            buffer.append(contentsOf: bound)
            DecimalText.append(cumulative, to: &buffer)
            if format == .openMetrics {
                append(histogram.exemplars, slot: slot, exponent: buckets.unitExponent, to: &buffer)
            }
            buffer.append(newline)
        }
        guard cumulative > 0 || family.exposesUntouched else { return buffer.removeSubrange(start...) }
        appendName(name + sumSuffix, labels, to: &buffer)
        DecimalText.append(units: sum, exponent: buckets.unitExponent, to: &buffer)
        buffer.append(newline)
        appendName(name + countSuffix, labels, to: &buffer)
        DecimalText.append(cumulative, to: &buffer)
        buffer.append(newline)
    }

    private static let bucketOpening = Array("_bucket{".utf8)
    private static let sumSuffix = Array("_sum".utf8)
    private static let countSuffix = Array("_count".utf8)

    private static func appendName(_ name: [UInt8], _ labels: [UInt8], to buffer: inout [UInt8]) {
        buffer.append(contentsOf: name)
        if !labels.isEmpty {
            buffer.append(UInt8(ascii: "{"))
            buffer.append(contentsOf: labels)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: " "))
    }

    /// ` # {trace_id="…",span_id="…"} 0.67 1520879607.789`: 69 of the 128 characters that OpenMetrics allows.
    private static func append(_ slots: ExemplarSlots?, slot: Int, exponent: Int, to buffer: inout [UInt8]) {
        guard let (exemplar, value) = slots?.read(slot: slot) else { return }
        buffer.append(text: " # {trace_id=\"")
        HexText.append(exemplar.traceIDHigh, to: &buffer)
        HexText.append(exemplar.traceIDLow, to: &buffer)
        buffer.append(text: "\",span_id=\"")
        HexText.append(exemplar.spanID, to: &buffer)
        buffer.append(text: "\"} ")
        DecimalText.append(units: value, exponent: exponent, to: &buffer)
        buffer.append(UInt8(ascii: " "))
        DecimalText.append(units: exemplar.unixMilliseconds, exponent: 3, to: &buffer)
    }
}
