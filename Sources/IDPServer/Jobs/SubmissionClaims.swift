import Observability
import Synchronization

/// Submissions on their way, by what makes a second one the same: its caller's idempotency key, or its content.
///
/// A claim is held from before the store is asked until the run's row is in it, so that of submissions that come
/// together one makes the run. The others wait for it, or are refused where nobody waits (a synchronous run). At most
/// one claim for each submission that is being handled; thread-safe.
final class SubmissionClaims: Sendable {
    /// What two submissions share.
    enum Key: Sendable, Hashable {
        case idempotency(String, caller: String?)
        case content([UInt8])
    }

    /// Called once with the run that the first submission came to, or with why there is none.
    typealias Waiter = @Sendable (Result<RunRecord, ServiceError>) -> Void

    /// What a claim came to.
    enum Outcome: Sendable, Equatable {
        /// It is held now: `release` must follow.
        case held
        /// Another submission holds it; the waiter will be called.
        case waits
        /// Another submission holds it whose end is far: `IDEMPOTENCY_IN_PROGRESS`.
        case inProgress
        /// Another payload holds the key: `IDEMPOTENCY_KEY_REUSED`.
        case otherPayload
    }

    private struct Claim {
        var fingerprint: [UInt8]
        var isShort: Bool
        var waiters: [Waiter] = []
    }

    private let claims = Mutex<[Key: Claim]>([:])

    /// Claims a key.
    ///
    /// - Parameters:
    ///   - fingerprint: of the payload.
    ///   - isShort: whether others may wait for it: it is released when the row is stored, not when the run has ended.
    ///   - waiter: nil does not wait.
    func claim(_ key: Key, fingerprint: [UInt8], isShort: Bool, waiter: Waiter?) -> Outcome {
        claims.withLock { claims in
            guard let held = claims[key] else {
                claims[key] = Claim(fingerprint: fingerprint, isShort: isShort)
                return .held
            }
            guard held.fingerprint == fingerprint else { return .otherPayload }
            guard held.isShort, let waiter else { return .inProgress }
            claims[key]?.waiters.append(waiter)
            return .waits
        }
    }

    /// Lets go of a claim and tells those who wait.
    func release(_ key: Key, _ result: Result<RunRecord, ServiceError>) {
        let claim = claims.withLock { $0.removeValue(forKey: key) }
        precondition(claim != nil, "a claim is released that nobody holds")
        for waiter in claim?.waiters ?? [] { waiter(result) }
    }
}
