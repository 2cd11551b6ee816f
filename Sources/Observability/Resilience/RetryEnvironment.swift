private import Dispatch
private import Synchronization

/// Time and chance as `retry` sees them; tests give their own.
public struct RetryEnvironment: Sendable {
    /// The present.
    public var now: @Sendable () -> ContinuousClock.Instant
    /// Blocks the thread for a duration; returns early once the token is cancelled.
    public var wait: @Sendable (Duration, CancellationToken?) -> Void
    /// Suspends the task for a duration; throws `CancellationError` once the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// A uniform number in 0..<1.
    public var fraction: @Sendable () -> Double

    /// An environment made of parts.
    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        wait: @escaping @Sendable (Duration, CancellationToken?) -> Void,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        fraction: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.wait = wait
        self.sleep = sleep
        self.fraction = fraction
    }

    /// The monotonic clock and the system's random numbers.
    public static let live = RetryEnvironment(
        now: { ContinuousClock.now },
        wait: { duration, token in waitBlocking(duration, token) },
        sleep: { duration in try await Task.sleep(for: duration, clock: .continuous) },
        fraction: { Double.random(in: 0..<1) })

    /// Waits on a group that nobody leaves until the token is cancelled: a wait with a monotonic timeout that can be
    /// ended from outside.
    private static func waitBlocking(_ duration: Duration, _ token: CancellationToken?) {
        let group = DispatchGroup()
        let isEntered = Atomic(true)
        group.enter()
        // A group must not go away entered; whoever comes first, the handler or the end of the wait, leaves it.
        let leave: @Sendable () -> Void = {
            if isEntered.exchange(false, ordering: .relaxed) { group.leave() }
        }
        let timeout = DispatchTime.now() + .nanoseconds(Int(clamping: duration.wholeNanoseconds))
        if let token {
            token.whileCancellable(onCancel: { _ in leave() }) { _ = group.wait(timeout: timeout) }
        } else {
            _ = group.wait(timeout: timeout)
        }
        leave()
    }
}
