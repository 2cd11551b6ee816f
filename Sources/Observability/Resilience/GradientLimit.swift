/// An adaptive limit of concurrent calls: it falls when latency rises above its long average and grows while there is
/// room (Netflix's Gradient2). Pure: samples in, limit out.
public struct GradientLimit: Sendable {
    /// Bounds and weights.
    public struct Configuration: Sendable, Hashable {
        /// Where it starts.
        public var initial = 8.0
        /// It never falls below.
        public var minimum = 1.0
        /// It never grows above.
        public var maximum = 256.0
        /// How much a call may be slower than the average before the limit falls: 1.5 is half as slow again.
        public var tolerance = 1.5
        /// The weight of a new limit against the old one.
        public var smoothing = 0.2
        /// How many samples the long average looks back on.
        public var longWindow = 600.0
        /// Calls that may wait above the measured need.
        public var queue = 2.0

        /// The defaults above.
        public init() {}
    }

    private let configuration: Configuration
    private var limit: Double
    private var longSeconds = 0.0
    private var samples = 0.0

    /// A limit at its start.
    public init(_ configuration: Configuration = Configuration()) {
        precondition(
            configuration.minimum >= 1 && configuration.minimum <= configuration.initial
                && configuration.initial <= configuration.maximum, "A limit starts within its bounds, from 1 up.")
        self.configuration = configuration
        limit = configuration.initial
    }

    /// How many calls may run at a time.
    public var current: Int { Int(limit) }

    /// Takes in a call that ended: how long it took, and how many ran when it began.
    public mutating func note(seconds: Double, running: Int) {
        guard seconds > 0, seconds.isFinite else { return }
        samples = min(samples + 1, configuration.longWindow)
        longSeconds += (seconds - longSeconds) / samples
        // After a slow time the average comes down faster than it would by itself, or the limit would grow too long.
        if longSeconds / seconds > 2 { longSeconds *= 0.95 }
        // Calls that did not fill half of the limit say nothing about it.
        guard Double(running) >= limit / 2 else { return }
        let gradient = max(0.5, min(1, configuration.tolerance * longSeconds / seconds))
        move(to: limit * gradient + configuration.queue)
    }

    /// Takes in a call that was dropped or timed out: the limit falls by a tenth.
    public mutating func noteDrop() {
        limit = max(configuration.minimum, limit * 0.9)
    }

    private mutating func move(to target: Double) {
        let smoothed = limit * (1 - configuration.smoothing) + target * configuration.smoothing
        limit = min(configuration.maximum, max(configuration.minimum, smoothed))
    }
}
