internal import Foundation

/// The monotonic clock in nanoseconds, for durations on the hot path.
enum MonotonicClock {
    /// Nanoseconds since an arbitrary point; never goes back. A read of the vDSO, no system call.
    static func nanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}
