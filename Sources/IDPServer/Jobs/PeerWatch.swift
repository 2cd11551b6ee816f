/// Tells which other nodes have gone: a pure value.
///
/// DESIGN. Each node counts up its own beat in the store. A node has gone when its beat has stood still for a whole
/// lease, measured by the observer's own monotonic clock while the observer itself could read the store: no two clocks
/// are compared, and an outage of the store makes nobody gone.
struct PeerWatch: Sendable {
    /// A node and its beat.
    struct Beat: Sendable, Hashable {
        /// As in `SharedJobStore.node`.
        var node: String
        /// Grows while the node lives.
        var count: Int64
    }

    private struct Seen {
        var count: Int64
        var since: ContinuousClock.Instant
    }

    private let own: String
    private let lease: Duration
    private var seen: [String: Seen] = [:]

    /// - Parameter own: this node, which never takes itself for gone.
    init(own: String, lease: Duration) {
        self.own = own
        self.lease = lease
    }

    /// Takes a look at all nodes and gives those that have gone.
    mutating func observe(_ beats: [Beat], at now: ContinuousClock.Instant) -> [Beat] {
        var next: [String: Seen] = [:]
        var gone: [Beat] = []
        for beat in beats where beat.node != own {
            let known = seen[beat.node].flatMap { $0.count == beat.count ? $0 : nil }
            let entry = known ?? Seen(count: beat.count, since: now)
            next[beat.node] = entry
            if entry.since.duration(to: now) >= lease { gone.append(beat) }
        }
        seen = next
        return gone
    }

    /// Forgets what was seen: the store could not be read for a while.
    mutating func reset() { seen = [:] }
}
