/// How fast a queue empties, measured over the last ends of runs; what `Retry-After` is made from.
struct DrainRate: Sendable {
    private var ends: [ContinuousClock.Instant] = []
    private var next = 0
    private static let window = 64

    /// A run has ended.
    mutating func recordEnd(at instant: ContinuousClock.Instant) {
        if ends.count < DrainRate.window {
            ends.append(instant)
        } else {
            ends[next] = instant
            next = (next + 1) % DrainRate.window
        }
    }

    /// Ends a second between the oldest remembered end and now; nil before two have been seen. It falls while nothing
    /// ends, so that a stuck queue does not promise its old speed.
    func perSecond(at now: ContinuousClock.Instant) -> Double? {
        guard ends.count >= 2, let oldest = ends.min() else { return nil }
        let seconds = oldest.duration(to: now) / .seconds(1)
        return Double(ends.count - 1) / max(seconds, 0.001)
    }

    /// Runs that end in that time; 0 without a measure.
    func items(in time: Duration, at now: ContinuousClock.Instant) -> Int {
        perSecond(at: now).map { Int(min(1e6, $0 * (time / .seconds(1)))) } ?? 0
    }

    /// Whole seconds in which `count` runs will have ended: at least 1, at most `limit`; `fallback` without a measure.
    func seconds(for count: Int, at now: ContinuousClock.Instant, limit: Int, fallback: Int) -> Int {
        guard let rate = perSecond(at: now) else { return min(fallback, limit) }
        let seconds = Double(max(1, count)) / rate
        return seconds >= Double(limit) ? limit : max(1, Int(seconds.rounded(.up)))
    }
}
