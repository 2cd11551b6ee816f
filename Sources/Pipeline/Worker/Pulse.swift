internal import Foundation

/// Tells the parent that the work goes on, at most a few times a second: whoever works calls it whenever a step is
/// done, as often as it likes.
///
/// What it shows is progress and not mere life: a worker that is stopped, waits for ever or turns in a circle within
/// one step sends none, and the parent ends it long before the deadline of what it was doing.
final class Pulse {
    /// Shortest time between two beats that are sent.
    private static let interval = Duration.milliseconds(200)

    private let send: () -> Void
    private var next = ContinuousClock.now

    /// - Parameter send: sends one beat.
    init(send: @escaping () -> Void) {
        self.send = send
    }

    /// A step is done.
    func callAsFunction() {
        let now = ContinuousClock.now
        guard now >= next else { return }
        next = now.advanced(by: Self.interval)
        send()
    }
}
