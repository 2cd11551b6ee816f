import Synchronization

/// Uploads that were let in at their heads and are still on their way: they count as if they had arrived, so that a
/// burst is refused while refusing costs a head, and not after its bodies were read.
///
/// DESIGN. A client that sends slowly must not keep others out: an upload counts for `period` at least and twice that
/// at most, then its place is free for another, and it is asked again when it has arrived. Uploads are counted by the
/// period in which they began; only the latest two count. A place is given back by letting it go.
final class UploadPlaces: Sendable {
    /// Long enough for 50 MiB at 40 Mbit/s.
    static let period = Duration.seconds(10)

    private struct State {
        var period = 0
        var current = 0
        var previous = 0

        mutating func turn(to now: Int) {
            guard now > period else { return }
            previous = now == period + 1 ? current : 0
            current = 0
            period = now
        }
    }

    private let state = Mutex(State())
    private let start: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Places with a clock of their own.
    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        start = now()
        self.now = now
    }

    /// Uploads on their way that count. Any thread.
    var count: Int {
        let period = currentPeriod
        return state.withLock { state in
            state.turn(to: period)
            return state.current + state.previous
        }
    }

    /// Counts an upload in, until the place is let go. Any thread.
    func take() -> UploadPlace {
        let period = currentPeriod
        state.withLock { state in
            state.turn(to: period)
            state.current += 1
        }
        return UploadPlace(places: self, period: period)
    }

    fileprivate func giveBack(_ period: Int) {
        state.withLock { state in
            if state.period == period {
                state.current -= 1
            } else if state.period == period + 1 {
                state.previous -= 1
            }
        }
    }

    private var currentPeriod: Int { Int(start.duration(to: now()) / UploadPlaces.period) }
}

/// The place of one upload that is on its way. Given back when the last reference goes.
final class UploadPlace: Sendable {
    private let places: UploadPlaces
    private let period: Int

    fileprivate init(places: UploadPlaces, period: Int) {
        self.places = places
        self.period = period
    }

    deinit {
        places.giveBack(period)
    }
}
