internal import Foundation

/// The time of day, read here and nowhere below this target.
enum WallClock {
    /// Milliseconds since 1970-01-01 UTC.
    static func milliseconds() -> UInt64 { nanoseconds() / 1_000_000 }

    /// Nanoseconds since 1970-01-01 UTC.
    static func nanoseconds() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
