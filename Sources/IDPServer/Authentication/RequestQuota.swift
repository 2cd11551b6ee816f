internal import Observability
internal import Synchronization

/// So many requests in so much time.
struct QuotaPolicy: Sendable, Hashable {
    /// Requests.
    var limit: Int
    /// Whole seconds.
    var seconds: Int

    /// The policy that is written `100/1m`, `5/s`, `1000/24h`; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            let limit = Int(parts[0]), (1...1_000_000_000).contains(limit)
        else { return nil }
        let time = parts[1].first?.isLetter == true ? "1\(parts[1])" : String(parts[1])
        guard let seconds = DurationText.seconds(time), seconds == seconds.rounded(), (1...2_592_000).contains(seconds)
        else { return nil }
        self.limit = limit
        self.seconds = Int(seconds)
    }

    /// `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
    var policyField: String { "\"default\";q=\(limit);w=\(seconds)" }
}

/// A caller's requests, counted: at most `policy.limit` within a window that begins with the first of them. In memory
/// of this process: several nodes count each for itself, and a restart begins anew.
///
/// A window and not a bucket that refills bit by bit: what is left and when there is more are then exact, which is what
/// callers are told. Thread-safe; never blocks for long, so that a loop may ask.
final class RequestQuota: Sendable {
    /// What a request is told of the caller's quota.
    struct Standing: Sendable, Equatable {
        /// Whether this request is within it.
        var isAllowed: Bool
        /// Requests that are left until the window ends.
        var remaining: Int
        /// Seconds until then, rounded up.
        var seconds: Int

        /// `RateLimit`.
        var field: String { "\"default\";r=\(remaining);t=\(seconds)" }
    }

    private struct Window {
        var end: UInt64 = 0
        var used = 0
    }

    let policy: QuotaPolicy
    /// As it is sent; always the same.
    let policyField: String
    private let window = Mutex(Window())

    init(_ policy: QuotaPolicy) {
        self.policy = policy
        policyField = policy.policyField
    }

    /// Counts a request that comes now. One that is refused takes nothing.
    ///
    /// - Parameter now: monotonic nanoseconds.
    func take(at now: UInt64) -> Standing {
        window.withLock { window in
            if now >= window.end {
                window.end = now + UInt64(policy.seconds) * 1_000_000_000
                window.used = 0
            }
            let isAllowed = window.used < policy.limit
            if isAllowed { window.used += 1 }
            let left = window.end - now
            return Standing(
                isAllowed: isAllowed, remaining: policy.limit - window.used,
                seconds: Int((left + 999_999_999) / 1_000_000_000))
        }
    }
}

/// Quotas that are not bound to a key of the file, by caller: made when they are first asked for. Bounded: when there
/// are too many, those of all begin anew.
final class RequestQuotas: Sendable {
    /// Callers that are remembered.
    static let callersMax = 10_000

    private let policy: QuotaPolicy
    private let quotas = Mutex<[String: RequestQuota]>([:])

    init(_ policy: QuotaPolicy) {
        self.policy = policy
    }

    /// The caller's quota.
    func quota(of caller: String) -> RequestQuota {
        quotas.withLock { quotas in
            if let known = quotas[caller] { return known }
            if quotas.count >= Self.callersMax { quotas.removeAll() }
            let new = RequestQuota(policy)
            quotas[caller] = new
            return new
        }
    }
}
