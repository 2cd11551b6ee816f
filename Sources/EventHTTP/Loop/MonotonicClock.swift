internal import Glibc

/// Time that only goes forward, for deadlines and durations.
enum MonotonicClock {
    /// Nanoseconds since some fixed moment.
    static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Milliseconds since the same moment.
    static var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}

extension Duration {
    /// Whole milliseconds, at least 1 for any positive duration.
    var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        let rest = UInt64(attoseconds / 1_000_000_000_000_000)
        let total = UInt64(seconds) &* 1000 &+ rest
        return total == 0 && attoseconds > 0 ? 1 : total
    }
}
