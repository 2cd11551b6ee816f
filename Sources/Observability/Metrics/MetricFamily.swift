/// One value of a family that is collected at scrape.
public struct MetricSample: Sendable {
    /// One value per label name of the family, in its order.
    public let labels: [String]
    /// The value at this moment.
    public let value: Double

    /// A sample with its label values.
    public init(labels: [String], value: Double) {
        self.labels = labels
        self.value = value
    }
}

/// All series of one name: what the registry keeps and the exposition reads. A value; guarded by the registry's lock.
struct MetricFamily: Sendable {
    /// What the numbers mean.
    enum Kind: Sendable, Equatable {
        case counter
        case gauge
        case histogram(HistogramBuckets)

        /// The word of the `# TYPE` line.
        var typeName: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// Where a series' numbers come from.
    enum Source: Sendable {
        case counter(MetricCounter)
        case upDown(MetricUpDownCounter)
        case gauge(MetricGauge)
        case histogram(MetricHistogram)
        case read(@Sendable () -> Double)
    }

    /// What an instrument has to know of its family.
    struct InstrumentShape {
        let name: String
        let bucketIndex: BucketIndex?
        let bucketCount: Int
        let keepsExemplars: Bool
        let isNative: Bool
    }

    /// One combination of label values.
    struct Series: Sendable {
        /// In the order of the family's label names.
        let labels: [String]
        /// `a="b",c="d"`, escaped, without braces; empty when the family has no labels.
        let labelText: [UInt8]
        /// Where its numbers come from.
        let source: Source
    }

    /// As samples carry it: a counter's with `_total`.
    let name: String
    /// For people.
    let help: String
    /// What the numbers mean.
    let kind: Kind
    /// The same for all series.
    let labelNames: [String]
    /// Whether a series without any event is shown.
    let exposesUntouched: Bool
    /// Whether its instruments have exemplar slots.
    let keepsExemplars: Bool
    /// Whether its histograms have native buckets too.
    let isNative: Bool
    /// `# HELP` and `# TYPE` in the text format.
    let textHeader: [UInt8]
    /// The same in OpenMetrics, where a counter's family is named without `_total`.
    let openMetricsHeader: [UInt8]
    /// Shared by all series of a histogram.
    let bucketIndex: BucketIndex?
    /// `le="0.005"} ` and so on, one behind the other, one per bucket; the last is `+Inf`.
    let bucketText: [UInt8]
    /// Where each of them ends in `bucketText`.
    let bucketTextEnds: [Int]
    /// Gives all samples at scrape; the family then has no series of its own.
    let collect: (@Sendable () -> [MetricSample])?

    /// In the order of their registration.
    private(set) var series: [Series] = []
    private var indexByLabels: [[String]: Int] = [:]

    /// A family without series; prepares everything of its text that does not depend on them.
    init(
        name: String, help: String, kind: Kind, labelNames: [String], exposesUntouched: Bool = true,
        keepsExemplars: Bool = false, isNative: Bool = false, collect: (@Sendable () -> [MetricSample])? = nil
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labelNames = labelNames
        self.exposesUntouched = exposesUntouched
        self.keepsExemplars = keepsExemplars
        self.isNative = isNative
        self.collect = collect
        textHeader = Self.header(name: name, help: help, kind: kind, escapesQuotes: false)
        let baseName = kind == .counter ? String(name.dropLast("_total".count)) : name
        openMetricsHeader = Self.header(name: baseName, help: help, kind: kind, escapesQuotes: true)
        if case .histogram(let buckets) = kind {
            bucketIndex = BucketIndex(buckets.bounds)
            let bounds = buckets.bounds.map { DecimalText.bound($0, exponent: buckets.unitExponent) } + ["+Inf"]
            let texts = bounds.map { Array("le=\"\($0)\"} ".utf8) }
            bucketText = Array(texts.joined())
            bucketTextEnds = texts.reduce(into: []) { ends, text in ends.append((ends.last ?? 0) + text.count) }
        } else {
            bucketIndex = nil
            bucketText = []
            bucketTextEnds = []
        }
    }

    /// The source of the series with these label values; `make` makes it if it is new.
    mutating func source(_ labels: [String], make: (InstrumentShape) -> Source) -> Source {
        precondition(labels.count == labelNames.count, "\(name) takes one value for each of \(labelNames).")
        precondition(collect == nil, "\(name) is collected at scrape.")
        if let index = indexByLabels[labels] { return series[index].source }
        let shape = InstrumentShape(
            name: name, bucketIndex: bucketIndex, bucketCount: bucketTextEnds.count, keepsExemplars: keepsExemplars,
            isNative: isNative)
        let source = make(shape)
        indexByLabels[labels] = series.count
        series.append(Series(labels: labels, labelText: Self.labelText(labelNames, labels), source: source))
        return source
    }

    /// Whether another registration means the same family.
    func hasShape(of other: MetricFamily) -> Bool {
        kind == other.kind && labelNames == other.labelNames && help == other.help
            && (collect == nil) == (other.collect == nil)
    }

    /// Every name that a sample or a family line of this family may carry, in either format.
    var occupiedNames: [String] {
        switch kind {
        case .counter: [name, String(name.dropLast("_total".count))]
        case .gauge: [name]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
        }
    }

    /// `a="b",c="d"` with values escaped as both formats ask: backslash, quote and line feed.
    static func labelText(_ names: [String], _ values: [String]) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in zip(names, values) {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(text: name)
            text.append(text: "=\"")
            appendEscaped(value, escapesQuotes: true, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    private static func header(name: String, help: String, kind: Kind, escapesQuotes: Bool) -> [UInt8] {
        var text = Array("# HELP \(name) ".utf8)
        appendEscaped(help, escapesQuotes: escapesQuotes, to: &text)
        text.append(text: "\n# TYPE \(name) \(kind.typeName)\n")
        return text
    }

    // The text format escapes only backslash and line feed in help; OpenMetrics also the quote, as in label values.
    private static func appendEscaped(_ value: String, escapesQuotes: Bool, to text: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): text.append(text: "\\\\")
            case UInt8(ascii: "\n"): text.append(text: "\\n")
            case UInt8(ascii: "\"") where escapesQuotes: text.append(text: "\\\"")
            default: text.append(byte)
            }
        }
    }
}
