import Foundation
import Observability
import Pipeline

/// A moment of the wall clock, to the millisecond, in UTC: what is stored, compared over restarts and shown.
struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z.
    var milliseconds: Int64

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Now, by the machine's clock.
    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The day that it is `hours` east of Greenwich.
    func day(hoursEast hours: Int64 = 0) -> CalendarDate {
        let seconds = milliseconds.flooredDivided(by: 1000) + hours * 3600
        return CalendarDate(daysSinceEpoch: Int(seconds.flooredDivided(by: 86_400)))
    }

    /// RFC 3339 with milliseconds: `2026-11-23T13:07:38.120Z`.
    var description: String {
        if let unixMilliseconds = UInt64(exactly: milliseconds) {
            var text: [UInt8] = []
            TimestampText.append(unixMilliseconds: unixMilliseconds, to: &text)
            return String(decoding: text, as: UTF8.self)
        }
        let second = milliseconds.flooredDivided(by: 1000)
        let inDay = second - second.flooredDivided(by: 86_400) * 86_400
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let time = "\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))"
        return "\(day())T\(time).\(padded(milliseconds - second * 1000, 3))Z"
    }

    /// Seconds from `other` to this moment; negative when this one lies before it.
    func seconds(since other: Timestamp) -> Double { Double(milliseconds - other.milliseconds) / 1000 }

    /// This moment, `duration` later.
    func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(milliseconds: milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }
}

extension Int64 {
    /// Division that rounds down, also before 1970.
    fileprivate func flooredDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
