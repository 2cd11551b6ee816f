import Synchronization

/// Lets repeats of earlier submissions in while there is no place for anything new: their answer is stored already, and
/// a caller that has lost it must be able to ask again, most of all when the server is busy.
///
/// DESIGN. Decided on a loop, from the key alone, where the store cannot be asked. Keys that came to a run of late are
/// remembered, as hashes; one of them is let in always. Any other may be older than memory, or new: of these a few each
/// second are let in to be looked up, so that a flood of new keys costs no more than that. Whoever is let in and turns
/// out to be new is refused once the body has come. Bounded: the oldest keys go.
final class RepeatDoor: Sendable {
    /// Keys that are remembered: half a megabyte.
    static let keysMax = 16_384
    /// Unknown keys that are let in each second.
    static let unknownMax = 10

    private struct State {
        var hashes: Set<Int> = []
        var order = FIFO<Int>()
        var second: Int64 = 0
        var unknown = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let start: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant

    /// A door that knows no key yet, with a clock of its own.
    init(
        limit: Int = RepeatDoor.keysMax,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.limit = limit
        self.now = now
        start = now()
    }

    /// Remembers a key that a run has been made for, as it is stored. Any thread.
    func remember(_ key: String) {
        let hash = key.hashValue
        state.withLock { state in
            guard state.hashes.insert(hash).inserted else { return }
            state.order.append(hash)
            while state.order.count > limit, let oldest = state.order.popFirst() { state.hashes.remove(oldest) }
        }
    }

    /// Whether a submission with that key is let in although there is no place. Never blocks: fit for a loop.
    func admits(_ key: String) -> Bool {
        let hash = key.hashValue
        let second = start.duration(to: now()).components.seconds
        return state.withLock { state in
            if state.hashes.contains(hash) { return true }
            if state.second != second {
                state.second = second
                state.unknown = 0
            }
            guard state.unknown < RepeatDoor.unknownMax else { return false }
            state.unknown += 1
            return true
        }
    }
}
