/// A point on the monotonic clock by which work must have ended. It is passed down as a value; each step takes the
/// nearer of its own limit and what is left.
public struct Deadline: Sendable, Hashable, Comparable {
    /// The instant, on `ContinuousClock`.
    public let instant: ContinuousClock.Instant

    /// A deadline at `instant`.
    public init(_ instant: ContinuousClock.Instant) {
        self.instant = instant
    }

    /// A deadline that lies `duration` ahead of now.
    public static func after(_ duration: Duration) -> Deadline {
        Deadline(ContinuousClock.now.advanced(by: duration))
    }

    /// What is left; zero once it has passed.
    public var remaining: Duration {
        max(.zero, ContinuousClock.now.duration(to: instant))
    }

    /// Whether it has passed.
    public var hasPassed: Bool { ContinuousClock.now >= instant }

    /// The nearer of this deadline and one `limit` from now: nested budgets never outlive their parent.
    public func capped(at limit: Duration) -> Deadline {
        min(self, .after(limit))
    }

    /// The nearer deadline is the smaller one.
    public static func < (a: Deadline, b: Deadline) -> Bool { a.instant < b.instant }
}
