/// Gauges that differ in their labels.
public struct GaugeFamily: Sendable {
    /// Where the series are made.
    let registry: MetricRegistry
    /// The family's place in the registry.
    let family: Int

    /// The gauge with these label values, in the order of the label names.
    public func with(_ values: String...) -> MetricGauge {
        with(values)
    }

    /// The gauge with these label values, in the order of the label names.
    public func with(_ values: [String]) -> MetricGauge {
        let source = registry.series(values, in: family) { arena, _ in
            .gauge(MetricGauge(cells: arena.allocate(1)))
        }
        guard case .gauge(let gauge) = source else {
            preconditionFailure("This series is not one that is set.")
        }
        return gauge
    }

    /// The up-down counter with these label values, in the order of the label names.
    public func upDown(_ values: String...) -> MetricUpDownCounter {
        upDown(values)
    }

    /// The up-down counter with these label values, in the order of the label names.
    public func upDown(_ values: [String]) -> MetricUpDownCounter {
        let source = registry.series(values, in: family) { arena, _ in
            .upDown(MetricUpDownCounter(cells: arena.allocate(1)))
        }
        guard case .upDown(let counter) = source else {
            preconditionFailure("This series is not an up-down counter.")
        }
        return counter
    }
}
