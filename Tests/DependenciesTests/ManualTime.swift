import Observability
import Synchronization

/// Time that passes only when somebody waits or says so.
final class ManualTime: Sendable {
    private let start = ContinuousClock.now
    private let elapsed = Mutex(Duration.zero)
    private let asked = Mutex<[Duration]>([])

    /// All waits so far.
    var waits: [Duration] { asked.withLock { $0 } }

    /// The present.
    var now: ContinuousClock.Instant { start + elapsed.withLock { $0 } }

    /// Lets time pass.
    func advance(_ duration: Duration) { elapsed.withLock { $0 += duration } }

    /// A deadline that lies ahead of this time.
    func deadline(_ duration: Duration) -> Deadline { Deadline(now + duration) }

    /// Waits take no time of the test's; the jitter is always half of the ceiling.
    var environment: RetryEnvironment {
        RetryEnvironment(
            now: { self.now }, wait: { duration, _ in self.pass(duration) }, sleep: { self.pass($0) },
            fraction: { 0.5 })
    }

    private func pass(_ duration: Duration) {
        asked.withLock { $0.append(duration) }
        advance(duration)
    }
}
