internal import Synchronization

/// What a family of metrics is to whoever reads its reference: registered, with or without a sample so far.
public struct MetricDescription: Sendable, Hashable, Encodable {
    /// As its samples carry it: a counter's with `_total`, a histogram's without `_bucket`.
    public let name: String
    /// `counter`, `gauge` or `histogram`.
    public let type: String
    /// For people.
    public let help: String
    /// The names of its labels, `le` left out.
    public let labels: [String]
}

extension MetricRegistry {
    /// Every family that is registered now, in the order of the exposition. A scrape leaves out those without a sample,
    /// this does not.
    public var descriptions: [MetricDescription] {
        state.withLock { $0.families }.map {
            MetricDescription(name: $0.name, type: $0.kind.typeName, help: $0.help, labels: $0.labelNames)
        }
    }
}
