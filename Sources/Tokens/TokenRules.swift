/// What a token must be to be good here.
public struct TokenRules: Sendable, Equatable {
    /// `iss`, exactly.
    public var issuer: String
    /// `aud` must name one of them.
    public var audiences: Set<String>
    /// Algorithms that are allowed; the header alone never decides.
    public var algorithms: Set<TokenAlgorithm>
    /// How far the issuer's clock and ours may be apart, in seconds.
    public var skewSeconds: Int
    /// The claim that names the caller.
    public var callerClaim: String

    /// Rules.
    public init(
        issuer: String, audiences: Set<String>, algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.allCases),
        skewSeconds: Int = 30, callerClaim: String = "sub"
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.skewSeconds = skewSeconds
        self.callerClaim = callerClaim
    }
}

/// What a good token says.
public struct TokenClaims: Sendable, Equatable {
    /// The value of the caller's claim: 1 to 200 bytes without control characters.
    public var caller: String
    /// Of `scope` (RFC 8693, 4.2: words with spaces between them) and `scp` (the same, or a list).
    public var scopes: Set<String>
    /// The first second, since 1970, in which it is no longer good, the allowed difference of clocks included.
    public var end: Int
}
