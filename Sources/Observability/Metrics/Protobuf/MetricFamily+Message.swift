internal import SwiftProtobuf

extension MetricFamily {
    /// The family with the numbers of this moment; nil if it has no sample to show.
    func message() -> Io_Prometheus_Client_MetricFamily? {
        var message = Io_Prometheus_Client_MetricFamily()
        message.name = name
        message.help = help
        switch kind {
        case .counter: message.type = .counter
        case .gauge: message.type = .gauge
        case .histogram: message.type = .histogram
        }
        if let collect {
            message.metric = collect().filter { $0.labels.count == labelNames.count }
                .map { metric($0.labels, value: $0.value) }
        } else {
            message.metric = series.compactMap(metric)
        }
        return message.metric.isEmpty ? nil : message
    }

    private func metric(_ series: Series) -> Io_Prometheus_Client_Metric? {
        switch series.source {
        case .counter(let counter):
            let value = counter.value
            guard value > 0 || exposesUntouched else { return nil }
            var metric = metric(series.labels, value: Double(value))
            if let exemplar = counter.exemplars?.message(slot: 0, exponent: 0) { metric.counter.exemplar = exemplar }
            return metric
        case .upDown(let counter): return metric(series.labels, value: Double(counter.value))
        case .gauge(let gauge): return metric(series.labels, value: gauge.value)
        case .read(let read): return metric(series.labels, value: read())
        case .histogram(let histogram):
            guard let message = message(of: histogram) else { return nil }
            var metric = Io_Prometheus_Client_Metric()
            metric.label = pairs(series.labels)
            metric.histogram = message
            return metric
        }
    }

    /// A metric of one number, of a counter or a gauge.
    private func metric(_ labels: [String], value: Double) -> Io_Prometheus_Client_Metric {
        var metric = Io_Prometheus_Client_Metric()
        metric.label = pairs(labels)
        if kind == .counter {
            metric.counter.value = value
        } else {
            metric.gauge.value = value
        }
        return metric
    }

    private func pairs(_ labels: [String]) -> [Io_Prometheus_Client_LabelPair] {
        zip(labelNames, labels).map { name, value in
            var pair = Io_Prometheus_Client_LabelPair()
            pair.name = name
            pair.value = value
            return pair
        }
    }

    // MARK: Histograms

    private func message(of histogram: MetricHistogram) -> Io_Prometheus_Client_Histogram? {
        guard case .histogram(let buckets) = kind else { return nil }
        var message = Io_Prometheus_Client_Histogram()
        let scale = DecimalText.powerOfTen(buckets.unitExponent)
        message.sampleSum = Double(histogram.sumUnits) / scale
        // Recording counts classic buckets first, so with the native ones read first no value is in those alone. What
        // came in between is left out below: a scraper refuses a native histogram whose buckets are not its count.
        let native = histogram.native?.cells.totals(NativeBuckets.cellCount)
        let totals = histogram.cells.totals(buckets.bounds.count + 1)
        let count = (native ?? totals).reduce(0, &+)
        guard count > 0 || exposesUntouched else { return nil }
        message.sampleCount = count
        var cumulative: UInt64 = 0
        message.bucket = totals.indices.map { slot in
            cumulative &+= totals[slot]
            var bucket = Io_Prometheus_Client_Bucket()
            bucket.cumulativeCount = min(cumulative, count)
            bucket.upperBound = slot < buckets.bounds.count ? Double(buckets.bounds[slot]) / scale : .infinity
            if let exemplar = histogram.exemplars?.message(slot: slot, exponent: buckets.unitExponent) {
                bucket.exemplar = exemplar
            }
            return bucket
        }
        if let native { message.setNative(native) }
        return message
    }
}

extension Io_Prometheus_Client_Histogram {
    /// Rows of buckets are told apart where more than this many between them are empty: a row costs as much as they.
    private static let gapMax = 2

    /// Sets the native buckets from `NativeBuckets`' cells.
    fileprivate mutating func setNative(_ cells: [UInt64]) {
        schema = Int32(NativeBuckets.schema)
        zeroThreshold = NativeBuckets.zeroThreshold
        zeroCount = cells[0]
        var end: Int?
        var previous: Int64 = 0
        for cell in cells.indices.dropFirst() where cells[cell] > 0 {
            let index = NativeBuckets.zeroIndex + cell
            if let end, index - end <= Self.gapMax {
                for _ in end..<index {
                    positiveDelta.append(-previous)
                    previous = 0
                }
                positiveSpan[positiveSpan.count - 1].length += UInt32(index - end + 1)
            } else {
                var span = Io_Prometheus_Client_BucketSpan()
                span.offset = Int32(index - (end ?? 0))
                span.length = 1
                positiveSpan.append(span)
            }
            positiveDelta.append(Int64(cells[cell]) - previous)
            previous = Int64(cells[cell])
            end = index + 1
        }
    }
}

extension ExemplarSlots {
    /// A slot's exemplar, with its value in the base unit.
    fileprivate func message(slot: Int, exponent: Int) -> Io_Prometheus_Client_Exemplar? {
        guard let (exemplar, value) = read(slot: slot) else { return nil }
        var message = Io_Prometheus_Client_Exemplar()
        let ids = ["trace_id": [exemplar.traceIDHigh, exemplar.traceIDLow], "span_id": [exemplar.spanID]]
        message.label = ids.sorted { $0.key > $1.key }.map { name, words in
            var text: [UInt8] = []
            for word in words { HexText.append(word, to: &text) }
            var pair = Io_Prometheus_Client_LabelPair()
            pair.name = name
            pair.value = String(decoding: text, as: UTF8.self)
            return pair
        }
        message.value = Double(value) / DecimalText.powerOfTen(exponent)
        message.timestamp.seconds = Int64(exemplar.unixMilliseconds / 1_000)
        message.timestamp.nanos = Int32(exemplar.unixMilliseconds % 1_000) * 1_000_000
        return message
    }
}

extension Io_Prometheus_Client_MetricFamily {
    /// Appends the message behind its length as a varint, which is how a scrape frames them.
    func appendDelimited(to buffer: TextBuffer) {
        // Nothing here is required or nested without end, the two reasons why serializing could fail.
        guard let bytes: [UInt8] = try? serializedBytes() else { return }
        var length = bytes.count
        while length > 0x7F {
            buffer.append(byte: UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        buffer.append(byte: UInt8(length))
        buffer.append(bytes)
    }
}
