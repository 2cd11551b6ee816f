internal import Synchronization

extension MetricRegistry {
    /// Appends the whole exposition to `buffer`. Runs on the caller's thread (a queue, never a loop); the lock is held
    /// only while the list of families is copied.
    public func render(_ format: ExpositionFormat, into buffer: TextBuffer) {
        let hooks = state.withLock { $0.scrapeHooks }
        for hook in hooks { hook() }
        let families = state.withLock { $0.families }
        switch format {
        case .text, .openMetrics:
            for family in families { ExpositionWriter(family, format, buffer).append() }
            if format == .openMetrics { buffer.append { $0.append(text: "# EOF\n") } }
        case .protobuf:
            for family in families { family.message()?.appendDelimited(to: buffer) }
        }
    }

    /// The whole exposition.
    public func rendered(_ format: ExpositionFormat = .text) -> [UInt8] {
        let buffer = TextBuffer()
        render(format, into: buffer)
        return Array(buffer.bytes)
    }
}

/// Writes one family as text. The two formats differ in their family lines, exemplars and `# EOF` only.
struct ExpositionWriter {
    private let family: MetricFamily
    private let format: ExpositionFormat
    private let buffer: TextBuffer
    private let name: [UInt8]
    private let bucketName: [UInt8]
    private let sumName: [UInt8]
    private let countName: [UInt8]

    /// A writer of `family` into `buffer`.
    init(_ family: MetricFamily, _ format: ExpositionFormat, _ buffer: TextBuffer) {
        self.family = family
        self.format = format
        self.buffer = buffer
        name = Array(family.name.utf8)
        bucketName = name + Array("_bucket{".utf8)
        sumName = name + Array("_sum".utf8)
        countName = name + Array("_count".utf8)
    }

    /// Appends the family; nothing at all if it has no sample to show.
    func append() {
        let start = buffer.count
        buffer.append(format == .text ? family.textHeader : family.openMetricsHeader)
        let headerEnd = buffer.count
        if let collect = family.collect {
            for sample in collect() where sample.labels.count == family.labelNames.count {
                appendName(name, MetricFamily.labelText(family.labelNames, sample.labels))
                append(sample.value)
                buffer.append(byte: newline)
            }
        }
        // By index into memory: an iterator would retain and release all of a series for each.
        family.series.withUnsafeBufferPointer { series in
            for index in series.indices { append(series[index].source, series[index].labelText) }
        }
        if buffer.count == headerEnd { buffer.truncate(to: start) }
    }

    // Computed: a stored one would be set up lazily, with a check at each use.
    private var newline: UInt8 { UInt8(ascii: "\n") }

    private func append(_ value: Double) { buffer.append { DecimalText.append(value, to: &$0) } }

    private func append(_ source: MetricFamily.Source, _ labels: [UInt8]) {
        switch source {
        case .counter(let counter):
            let value = counter.value
            guard value > 0 || family.exposesUntouched else { return }
            appendName(name, labels)
            buffer.append(decimal: value)
            if format == .openMetrics { append(counter.exemplars, slot: 0, exponent: 0) }
        case .upDown(let counter):
            appendName(name, labels)
            buffer.append { DecimalText.append(counter.value, to: &$0) }
        case .gauge(let gauge):
            appendName(name, labels)
            append(gauge.value)
        case .read(let read):
            appendName(name, labels)
            append(read())
        case .histogram(let histogram):
            append(histogram, labels)
            return
        }
        buffer.append(byte: newline)
    }

    // MARK: Histograms

    private func append(_ histogram: MetricHistogram, _ labels: [UInt8]) {
        guard case .histogram(let buckets) = family.kind else { return }
        // `_count` is the last cumulative bucket by construction, so the two never disagree within a scrape.
        let sum = histogram.sumUnits
        let count = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: family.bucketTextEnds.count) { totals in
            histogram.cells.totals(into: totals)
            let count = totals.reduce(0, &+)
            guard count > 0 || family.exposesUntouched else { return count }
            appendBuckets(totals, histogram.exemplars, labels, exponent: buckets.unitExponent)
            return count
        }
        guard count > 0 || family.exposesUntouched else { return }
        appendName(sumName, labels)
        buffer.append { DecimalText.append(units: sum, exponent: buckets.unitExponent, to: &$0) }
        buffer.append(byte: newline)
        appendName(countName, labels)
        buffer.append(decimal: count)
        buffer.append(byte: newline)
    }

    /// One line a bucket: what is the same in all of them is copied from the first, and the number is written anew only
    /// where it has changed, for most buckets of most histograms are empty.
    private func appendBuckets(
        _ totals: UnsafeMutableBufferPointer<UInt64>, _ exemplars: ExemplarSlots?, _ labels: [UInt8], exponent: Int
    ) {
        let openingStart = buffer.count
        let openingLength = bucketName.count + labels.count + (labels.isEmpty ? 0 : 1)
        var digitsStart = 0
        var digitsLength = 0
        var boundStart = 0
        var cumulative: UInt64 = 0
        family.bucketText.withUnsafeBufferPointer { bounds in
            for slot in totals.indices {
                if slot == 0 {
                    buffer.append(bucketName)
                    buffer.append(labels)
                    if !labels.isEmpty { buffer.append(byte: UInt8(ascii: ",")) }
                } else {
                    buffer.repeatText(at: openingStart, count: openingLength)
                }
                let boundEnd = family.bucketTextEnds[slot]
                buffer.append(UnsafeBufferPointer(rebasing: bounds[boundStart..<boundEnd]))
                boundStart = boundEnd
                cumulative &+= totals[slot]
                let start = buffer.count
                if slot > 0 && totals[slot] == 0 {
                    buffer.repeatText(at: digitsStart, count: digitsLength)
                } else {
                    buffer.append(decimal: cumulative)
                    digitsLength = buffer.count - start
                }
                digitsStart = start
                if format == .openMetrics { append(exemplars, slot: slot, exponent: exponent) }
                buffer.append(byte: newline)
            }
        }
    }

    // MARK: Pieces

    private func appendName(_ name: [UInt8], _ labels: [UInt8]) {
        buffer.append(name)
        if !labels.isEmpty {
            buffer.append(byte: UInt8(ascii: "{"))
            buffer.append(labels)
            buffer.append(byte: UInt8(ascii: "}"))
        }
        buffer.append(byte: UInt8(ascii: " "))
    }

    /// ` # {trace_id="…",span_id="…"} 0.67 1520879607.789`: 69 of the 128 characters that OpenMetrics allows.
    private func append(_ slots: ExemplarSlots?, slot: Int, exponent: Int) {
        guard let (exemplar, value) = slots?.read(slot: slot) else { return }
        buffer.append { text in
            text.append(text: " # {trace_id=\"")
            HexText.append(exemplar.traceIDHigh, to: &text)
            HexText.append(exemplar.traceIDLow, to: &text)
            text.append(text: "\",span_id=\"")
            HexText.append(exemplar.spanID, to: &text)
            text.append(text: "\"} ")
            DecimalText.append(units: value, exponent: exponent, to: &text)
            text.append(UInt8(ascii: " "))
            DecimalText.append(units: exemplar.unixMilliseconds, exponent: 3, to: &text)
        }
    }
}
