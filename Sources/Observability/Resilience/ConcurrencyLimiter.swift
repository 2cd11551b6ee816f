internal import Synchronization

/// Admits calls up to an adaptive limit and refuses the rest at once. Thread-safe.
public final class ConcurrencyLimiter: Sendable {
    private struct State {
        var limit: GradientLimit
        var running = 0
    }

    /// A call that was admitted; to be ended once.
    public struct Admission: Sendable, Hashable {
        /// How many ran, this one included.
        let running: Int
        /// When it was admitted.
        let start: ContinuousClock.Instant
    }

    /// How an admitted call ended.
    public enum Outcome: Sendable {
        /// With an answer, good or bad: its time counts.
        case answered
        /// At a time limit or by overload: the limit falls.
        case dropped
        /// Otherwise: nothing is learnt.
        case ignored
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant

    /// A limiter at its start.
    public init(
        _ configuration: GradientLimit.Configuration = .init(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        state = Mutex(State(limit: GradientLimit(configuration)))
        self.now = now
    }

    /// The limit now.
    public var limit: Int { state.withLock { $0.limit.current } }

    /// How many calls run now.
    public var running: Int { state.withLock { $0.running } }

    /// Admits a call, or gives nil at the limit. Never waits.
    public func admit() -> Admission? {
        let start = now()
        return state.withLock { state in
            guard state.running < state.limit.current else { return nil }
            state.running += 1
            return Admission(running: state.running, start: start)
        }
    }

    /// Ends an admitted call.
    public func end(_ admission: Admission, _ outcome: Outcome) {
        let seconds = Double(admission.start.duration(to: now()).wholeNanoseconds) / 1e9
        state.withLock { state in
            precondition(state.running > 0, "More calls ended than were admitted.")
            state.running -= 1
            switch outcome {
            case .answered: state.limit.note(seconds: seconds, running: admission.running)
            case .dropped: state.limit.noteDrop()
            case .ignored: break
            }
        }
    }
}
