/// Counters that differ in their labels. Resolve a series once, where its label values become known (a route's
/// registration); keep what `with` returns.
public struct CounterFamily: Sendable {
    /// Where the series are made.
    let registry: MetricRegistry
    /// The family's place in the registry.
    let family: Int

    /// The counter with these label values, in the order of the label names.
    public func with(_ values: String...) -> MetricCounter {
        with(values)
    }

    /// The counter with these label values, in the order of the label names.
    public func with(_ values: [String]) -> MetricCounter {
        let source = registry.series(values, in: family) { arena, shape in
            let exemplars = shape.keepsExemplars ? ExemplarSlots(count: 1) : nil
            return .counter(MetricCounter(cells: arena.allocate(1), exemplars: exemplars))
        }
        guard case .counter(let counter) = source else {
            preconditionFailure("This series is read at scrape and cannot be written.")
        }
        return counter
    }
}
