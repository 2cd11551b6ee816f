internal import Synchronization

/// All metrics of a process: hands out instruments at registration and renders them at scrape. Thread-safe.
///
/// Registering takes a lock and allocates; recording through what it returns does neither. Registering the same name
/// with the same shape (kind, help, label names, buckets) gives the same instrument; with another shape it is a
/// programmer's error and stops the program, as does a bad name. A registry lives as long as its process: handles stay
/// valid even if it goes away.
public final class MetricRegistry: Sendable {
    /// What the lock guards.
    struct State: Sendable {
        /// In the order of their registration, which is the order of the exposition.
        var families: [MetricFamily] = []
        /// Each family's place.
        var indexByName: [String: Int] = [:]
        /// Every name that a line of a family may carry.
        var occupied: Set<String> = []
        /// Where new instruments get their cells.
        var arena: MetricCellArena
        /// Called at the start of a scrape.
        var scrapeHooks: [@Sendable () -> Void] = []
    }

    /// Held for registration and for a copy of the families, never while recording or rendering.
    let state: Mutex<State>
    private let exclusiveLanes: Int
    private let lanesGiven = Atomic<Int>(0)

    /// A registry with room for this many lanes of a single writer each, beside the shared one.
    public init(exclusiveLanes: Int) {
        precondition((0...4096).contains(exclusiveLanes), "A registry has 0 to 4096 exclusive lanes.")
        self.exclusiveLanes = exclusiveLanes
        state = Mutex(State(arena: MetricCellArena(exclusiveLanes: exclusiveLanes)))
    }

    /// The next free exclusive lane (1, 2, … in order); `Lane.shared` when all are given away, which is slower and as
    /// right.
    public func makeLane() -> Lane {
        let number = lanesGiven.wrappingAdd(1, ordering: .relaxed).newValue
        return number <= exclusiveLanes ? Lane(index: number) : .shared
    }

    /// Calls `hook` at the start of every scrape, on the scraping thread: a place to read what several gauges show.
    public func onScrape(_ hook: @escaping @Sendable () -> Void) {
        state.withLock { $0.scrapeHooks.append(hook) }
    }

    // MARK: Counters

    /// A counter; its name ends in `_total`. Constant labels may be given.
    public func counter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:], exemplars: Bool = false
    ) -> MetricCounter {
        counterFamily(name, help: help, labels: labels.map(\.key), exemplars: exemplars).with(labels.map(\.value))
    }

    /// A family of counters with label names, to be resolved with `with(_:)`. With `exposesUntouched: false` a series
    /// shows up with its first increment.
    public func counterFamily(
        _ name: String, help: String, labels: [String], exposesUntouched: Bool = true, exemplars: Bool = false
    ) -> CounterFamily {
        precondition(name.hasSuffix("_total") && name != "_total", "A counter's name ends in _total: \(name)")
        let family = register(
            MetricFamily(
                name: name, help: help, kind: .counter, labelNames: labels, exposesUntouched: exposesUntouched,
                keepsExemplars: exemplars))
        return CounterFamily(registry: self, family: family)
    }

    /// A counter whose value is read at scrape, on the scraping thread; it must never go down.
    public func observedCounter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        let family = counterFamily(name, help: help, labels: labels.map(\.key)).family
        registerObserved(labels.map(\.value), in: family, read: read)
    }

    /// A family of counters whose samples are all collected at scrape.
    public func observedCounterFamily(
        _ name: String, help: String, labels: [String], collect: @escaping @Sendable () -> [MetricSample]
    ) {
        precondition(name.hasSuffix("_total"), "A counter's name ends in _total: \(name)")
        _ = register(MetricFamily(name: name, help: help, kind: .counter, labelNames: labels, collect: collect))
    }

    // MARK: Gauges

    /// A gauge that is set.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> MetricGauge {
        gaugeFamily(name, help: help, labels: labels.map(\.key)).with(labels.map(\.value))
    }

    /// A family of gauges with label names, to be resolved with `with(_:)` or `upDown(_:)`.
    public func gaugeFamily(_ name: String, help: String, labels: [String]) -> GaugeFamily {
        GaugeFamily(
            registry: self,
            family: register(MetricFamily(name: name, help: help, kind: .gauge, labelNames: labels)))
    }

    /// A sum that goes up and down, sharded by lane, shown as a gauge.
    public func upDownCounter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> MetricUpDownCounter {
        gaugeFamily(name, help: help, labels: labels.map(\.key)).upDown(labels.map(\.value))
    }

    /// A gauge whose value is read at scrape, on the scraping thread.
    public func observedGauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        let family = gaugeFamily(name, help: help, labels: labels.map(\.key)).family
        registerObserved(labels.map(\.value), in: family, read: read)
    }

    /// A family of gauges whose samples are all collected at scrape (one query for all states, say).
    public func observedGaugeFamily(
        _ name: String, help: String, labels: [String], collect: @escaping @Sendable () -> [MetricSample]
    ) {
        _ = register(MetricFamily(name: name, help: help, kind: .gauge, labelNames: labels, collect: collect))
    }

    // MARK: Histograms

    /// A histogram over `buckets`.
    public func histogram(
        _ name: String, help: String, buckets: HistogramBuckets, labels: KeyValuePairs<String, String> = [:],
        exemplars: Bool = false, native: Bool = false
    ) -> MetricHistogram {
        histogramFamily(
            name, help: help, buckets: buckets, labels: labels.map(\.key), exemplars: exemplars, native: native
        ).with(labels.map(\.value))
    }

    /// A family of histograms with label names, to be resolved with `with(_:)`. With `exposesUntouched: false` a
    /// series shows up with its first observation. With `native`, which is for durations, the protobuf exposition shows
    /// native buckets beside the classic ones, for some kilobytes of memory a series and lane.
    public func histogramFamily(
        _ name: String, help: String, buckets: HistogramBuckets, labels: [String], exposesUntouched: Bool = true,
        exemplars: Bool = false, native: Bool = false
    ) -> HistogramFamily {
        precondition(!native || buckets.unitExponent == 9, "Native buckets are for durations: \(name)")
        let family = register(
            MetricFamily(
                name: name, help: help, kind: .histogram(buckets), labelNames: labels,
                exposesUntouched: exposesUntouched, keepsExemplars: exemplars, isNative: native))
        return HistogramFamily(registry: self, family: family)
    }

    /// `idp_build_info`: always 1, with what was built as labels.
    public func registerBuildInfo(version: String, revision: String) {
        gauge(
            "idp_build_info", help: "The version and revision that run, as labels; the value is always 1.",
            labels: ["version": version, "revision": revision]
        ).set(1)
    }

    // MARK: Registration

    /// Enters a family or finds the one of the same shape; gives its index.
    private func register(_ new: MetricFamily) -> Int {
        precondition(MetricName.isValid(new.name), "Not a metric name: \(new.name)")
        precondition(new.labelNames.allSatisfy(MetricName.isValidLabel), "Not label names: \(new.labelNames)")
        precondition(Set(new.labelNames).count == new.labelNames.count, "A label twice: \(new.labelNames)")
        return state.withLock { state in
            if let index = state.indexByName[new.name] {
                precondition(
                    state.families[index].hasShape(of: new), "\(new.name) is registered with another shape.")
                return index
            }
            for name in new.occupiedNames {
                precondition(!state.occupied.contains(name), "\(new.name) collides with another metric's \(name).")
            }
            state.occupied.formUnion(new.occupiedNames)
            state.indexByName[new.name] = state.families.count
            state.families.append(new)
            return state.families.count - 1
        }
    }

    /// Whether a library's metric would fit: a new name that collides with nothing, or the same shape as before.
    func admitsForeign(_ name: String, help: String, kind: MetricFamily.Kind, labelNames: [String]) -> Bool {
        let wanted = MetricFamily(name: name, help: help, kind: kind, labelNames: labelNames)
        return state.withLock { state in
            guard let index = state.indexByName[name] else {
                return wanted.occupiedNames.allSatisfy { !state.occupied.contains($0) }
            }
            // The help text names the library's own label, so one of ours never has the same shape.
            return state.families[index].hasShape(of: wanted)
        }
    }

    private func registerObserved(_ labels: [String], in family: Int, read: @escaping @Sendable () -> Double) {
        _ = state.withLock { $0.families[family].source(labels) { _ in .read(read) } }
    }

    /// The source of the series of a family with these label values, made with fresh cells if it is new.
    func series(
        _ labels: [String], in family: Int,
        make: (inout MetricCellArena, MetricFamily.InstrumentShape) -> MetricFamily.Source
    ) -> MetricFamily.Source {
        state.withLock { state in
            // Out of the state and back, for `make` changes another part of it; nothing is copied, for nobody else
            // holds the arena's memory.
            var arena = state.arena
            defer { state.arena = arena }
            return state.families[family].source(labels) { make(&arena, $0) }
        }
    }
}
