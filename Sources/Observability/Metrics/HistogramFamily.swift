/// Histograms that differ in their labels and share their buckets.
public struct HistogramFamily: Sendable {
    /// Where the series are made.
    let registry: MetricRegistry
    /// The family's place in the registry.
    let family: Int

    /// The histogram with these label values, in the order of the label names.
    public func with(_ values: String...) -> MetricHistogram {
        with(values)
    }

    /// The histogram with these label values, in the order of the label names.
    public func with(_ values: [String]) -> MetricHistogram {
        let source = registry.series(values, in: family) { arena, shape in
            guard let index = shape.bucketIndex else { preconditionFailure("\(shape.name) has no buckets.") }
            let buckets = shape.bucketCount
            return .histogram(
                MetricHistogram(
                    cells: arena.allocate(buckets + 1), index: index, sumCell: buckets,
                    exemplars: shape.keepsExemplars ? ExemplarSlots(count: buckets) : nil,
                    native: shape.isNative
                        ? NativeCells(cells: arena.allocate(NativeBuckets.cellCount)) : nil))
        }
        guard case .histogram(let histogram) = source else {
            preconditionFailure("This series is not a histogram.")
        }
        return histogram
    }
}
