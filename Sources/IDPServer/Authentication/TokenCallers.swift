internal import Dispatch
internal import EventHTTP
internal import Foundation
internal import Logging
internal import Observability
internal import Synchronization
internal import Tokens

/// Callers by tokens (`IDP_AUTH=jwt`).
///
/// DESIGN. Tokens are checked on the loop that has the request: that is computing alone, tens of microseconds, once for
/// each token; what it said is remembered under the token's hash until it ends or the keys change. The issuer's keys
/// are read on a queue of their own: at start, then every IDP_JWT_JWKS_REFRESH, at SIGHUP, and when a token names a key
/// that nobody knows, at most every `lookupPause` so that made-up ids cannot hammer the issuer. Whoever comes with such
/// a token hears 503 with `Retry-After: 1` while the keys are read, and 401 if it is unknown after that. Keys that
/// could not be read anew stay in force.
final class TokenCallers: CallerSource {
    /// Time between two readings that unknown keys ask for.
    static let lookupPause: Duration = .seconds(10)
    /// Time between two tries while there are no keys at all.
    static let retryPause: Duration = .seconds(2)
    /// Tokens that are remembered; when there are more, all are checked anew.
    static let tokensMax = 10_000

    private struct Known {
        let caller: Caller
        /// Milliseconds since 1970.
        let end: UInt64
    }

    private struct State {
        var keys: TokenKeys?
        var known: [[UInt8]: Known] = [:]
        var isReading = false
        var lastReading: ContinuousClock.Instant?
        var failure: String? = "the issuer's keys have not been read yet"
    }

    private let verifier: TokenVerifier
    private let source: any KeySetSource
    private let algorithms: Set<TokenAlgorithm>
    private let refresh: Duration
    private let defaults: CallerDefaults
    private let quotas: RequestQuotas?
    private let logger: Logger
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "idp.tokens", qos: .utility)

    init(_ settings: Settings.Tokens, source: any KeySetSource, defaults: CallerDefaults, logger: Logger) {
        verifier = TokenVerifier(settings.rules)
        algorithms = settings.rules.algorithms
        refresh = settings.refresh
        self.source = source
        self.defaults = defaults
        self.logger = logger
        quotas = defaults.rate.map { RequestQuotas($0) }
    }

    /// Begins to read keys, and keeps them fresh.
    func start() {
        read()
        scheduleNext()
    }

    func caller(credential: UnsafeRawBufferPointer, now: UInt64) throws(AuthenticationFailure) -> Caller {
        guard credential.count <= TokenVerifier.bytesMax else { throw .unknown }
        let digest = SHA256Digest()
        digest.update(credential)
        let hash = digest.finish()
        let (known, keys) = state.withLock { ($0.known[hash], $0.keys) }
        if let known {
            guard now < known.end else { throw .expired }
            return known.caller
        }
        guard let keys else { throw .unavailable }
        let claims: TokenClaims
        do throws(TokenError) {
            claims = try verifier.verify(credential, keys: keys, now: Int(now / 1000))
        } catch {
            throw failure(error)
        }
        let name = "jwt:" + claims.caller
        let caller = Caller(
            name: name, scopes: Set(claims.scopes.compactMap { Scope(rawValue: $0) }), quota: quotas?.quota(of: name),
            waitingMax: defaults.waitingMax)
        remember(Known(caller: caller, end: UInt64(max(0, claims.end)) * 1000), hash)
        return caller
    }

    /// A certificate says nothing where tokens are asked for.
    func caller(certificate: ClientCertificate, now: UInt64) throws(AuthenticationFailure) -> Caller { throw .missing }

    func reload() { read() }

    var failure: String? { state.withLock { $0.keys == nil ? $0.failure : nil } }

    private func remember(_ known: Known, _ hash: [UInt8]) {
        state.withLock { state in
            if state.known.count >= Self.tokensMax { state.known.removeAll(keepingCapacity: true) }
            state.known[hash] = known
        }
    }

    private func failure(_ error: TokenError) -> AuthenticationFailure {
        switch error {
        case .malformed, .algorithm: return .unknown
        case .foreign: return .foreign
        case .forged: return .forged
        case .expired: return .expired
        case .early: return .early
        case .unknownKey:
            // The issuer may have begun to sign with a new key.
            let (isReading, begins) = state.withLock { state -> (Bool, Bool) in
                let isPaused = state.lastReading.map { ContinuousClock.now - $0 < Self.lookupPause } ?? false
                return (state.isReading, !isPaused && !state.isReading)
            }
            if begins { read() }
            return isReading || begins ? .unavailable : .forged
        }
    }

    private func scheduleNext() {
        let hasKeys = state.withLock { $0.keys != nil }
        let pause = hasKeys ? refresh : min(refresh, Self.retryPause)
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(pause / .milliseconds(1)))) { [weak self] in
            self?.read()
            self?.scheduleNext()
        }
    }

    private func read() {
        let begins = state.withLock { state in
            guard !state.isReading else { return false }
            state.isReading = true
            state.lastReading = .now
            return true
        }
        guard begins else { return }
        queue.async { [self] in
            let document: Data
            do {
                document = try source.read()
            } catch {
                return finish(nil, "the issuer's keys cannot be read: \(error)")
            }
            // Making keys is the library's asynchronous part; it computes only.
            Task { [self] in
                do {
                    finish(try await TokenKeys(jwks: document, algorithms: algorithms), nil)
                } catch {
                    finish(nil, "the issuer's keys cannot be used: \(error)")
                }
            }
        }
    }

    private func finish(_ keys: TokenKeys?, _ failure: String?) {
        let isFirst = state.withLock { state in
            state.isReading = false
            state.failure = failure
            guard let keys else { return false }
            defer {
                state.keys = keys
                // A key that was withdrawn takes its tokens with it.
                state.known.removeAll(keepingCapacity: true)
            }
            return state.keys == nil
        }
        if let failure {
            logger.warning(
                "keys of tokens not read",
                metadata: ["code": "\(ErrorCode.dependencyUnavailable.rawValue)", "cause": "\(failure)"])
        } else if isFirst {
            logger.notice("keys of tokens read", metadata: ["keys": .stringConvertible(keys?.count ?? 0)])
        }
    }
}
