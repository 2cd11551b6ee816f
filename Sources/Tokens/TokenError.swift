/// Why a token is not taken.
public enum TokenError: Error, Sendable, Equatable {
    /// It is no signed JWT of a kind that is understood, or lacks a claim.
    case malformed
    /// Its algorithm is not one of those that are allowed.
    case algorithm
    /// No key of the set has its id and fits its algorithm.
    case unknownKey
    /// The signature is not that of the key.
    case forged
    /// From another issuer, or for another audience.
    case foreign
    /// `exp` has passed.
    case expired
    /// `nbf` or `iat` lies in the future.
    case early
}
