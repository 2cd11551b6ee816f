import Foundation

/// When a callback is tried again: at fixed waits that grow, each with some jitter, so that what failed together does
/// not come back together. The waits are those that the Standard Webhooks specification recommends. A pure value.
struct CallbackSchedule: Sendable, Equatable {
    /// After the first attempt, after the second, and so on; there is one attempt more than there are waits.
    var waits: [Duration] = Self.standard

    /// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    static let standard: [Duration] = [
        .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000),
        .seconds(50_400), .seconds(72_000), .seconds(86_400),
    ]

    /// How much longer a wait may get.
    static let jitter = 0.1
    /// The longest `Retry-After` that is followed.
    static let retryAfterMax = Duration.seconds(86_400)

    /// The wait after so many attempts; nil when that was the last.
    ///
    /// - Parameters:
    ///   - fraction: the jitter, uniform in 0..<1.
    ///   - retryAfter: what the receiver wants; never shortens a wait.
    func wait(afterAttempts step: Int, fraction: Double, retryAfter: Duration? = nil) -> Duration? {
        precondition(step >= 1 && (0..<1).contains(fraction), "An attempt was made, a fraction is in 0..<1.")
        guard step <= waits.count else { return nil }
        let planned = waits[step - 1] * (1 + Self.jitter * fraction)
        return max(planned, min(retryAfter ?? .zero, Self.retryAfterMax))
    }
}

/// `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
    /// The wait that a field's value asks for at that moment: seconds, or an HTTP date. Nil for anything else.
    static func wait(_ value: String, at moment: Timestamp) -> Duration? {
        let text = value.trimmingCharacters(in: .whitespaces)
        if let seconds = Int64(text) { return seconds >= 0 ? .seconds(min(seconds, 31_536_000)) : nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        // IMF-fixdate; the two older forms are obsolete, and nobody sends them here.
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        guard let date = formatter.date(from: text) else { return nil }
        let seconds = date.timeIntervalSince1970 - Double(moment.milliseconds) / 1000
        return .seconds(max(0, min(seconds, 31_536_000)))
    }
}
