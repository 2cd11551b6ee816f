internal import EventHTTP
internal import Observability

/// What stands between the route table and the handlers where IDP_AUTH is not `none`: who calls, may he, and how often.
///
/// DESIGN. Asked by `Router` for each request of a route that is not open to everybody, when its head is complete: a
/// refused upload costs its head, none of its body is read. All of it runs on the loop and allocates a little; with
/// `IDP_AUTH=none` there is no such object and a request costs one test of nil.
final class AccessControl: Sendable {
    let source: any CallerSource
    private let outcomes: Outcomes
    private let now: @Sendable () -> UInt64

    /// - Parameter now: milliseconds since 1970.
    init(_ source: any CallerSource, registry: MetricRegistry, now: @escaping @Sendable () -> UInt64) {
        self.source = source
        self.now = now
        outcomes = Outcomes(registry)
    }

    /// Who makes this request, if he may; counted against his rate.
    ///
    /// - Throws: `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, `DEPENDENCY_UNAVAILABLE`.
    func admit(_ head: RequestHead, _ access: RouteAccess, lane: Lane) throws(ServiceError) -> AdmittedCaller {
        let caller: Caller
        do throws(AuthenticationFailure) {
            caller = try self.caller(of: head)
        } catch {
            outcomes.of(error).increment(lane: lane)
            throw error.serviceError
        }
        var admitted = AdmittedCaller(caller: caller)
        if let quota = caller.quota {
            let standing = quota.take(at: MonotonicClock.nanoseconds())
            admitted.standing = standing
            guard standing.isAllowed else {
                outcomes.limited.increment(lane: lane)
                var error = ServiceError(
                    .rateLimited,
                    "The rate of \(quota.policy.limit) requests in \(quota.policy.seconds) seconds is used up",
                    retryAfter: standing.seconds, cause: "\(caller.name) is over his rate")
                error.answerFields = admitted.rateFields
                throw error
            }
        }
        if let scope = access.scope, !caller.scopes.contains(scope) {
            outcomes.forbidden.increment(lane: lane)
            var error = ServiceError.lacking(scope, caller)
            error.answerFields += admitted.rateFields
            throw error
        }
        outcomes.accepted.increment(lane: lane)
        return admitted
    }

    private func caller(of head: RequestHead) throws(AuthenticationFailure) -> Caller {
        let now = now()
        if let credential = try Self.credential(of: head) { return try source.caller(credential: credential, now: now) }
        guard let certificate = head.clientCertificate else { throw .missing }
        return try source.caller(certificate: certificate, now: now)
    }

    /// The credential that a request brought. One that is not understood is refused, not overlooked: it must not
    /// fall back to another.
    private static func credential(of head: RequestHead) throws(AuthenticationFailure) -> UnsafeRawBufferPointer? {
        guard let field = head.field(.authorization) else { return head.field(named: "x-api-key") }
        let scheme: StaticString = "bearer "
        let length = scheme.utf8CodeUnitCount
        // RFC 9110, 11.1: the scheme in any case.
        guard field.count > length else { throw .unknown }
        for index in 0..<length where field[index] | 0x20 != scheme.utf8Start[index] { throw .unknown }
        let rest = UnsafeRawBufferPointer(rebasing: field[length...])
        let start = rest.firstIndex { $0 != UInt8(ascii: " ") } ?? rest.count
        guard start < rest.count else { throw .unknown }
        return UnsafeRawBufferPointer(rebasing: rest[start...])
    }

    /// The counters, resolved once.
    private struct Outcomes: Sendable {
        let accepted: MetricCounter
        let forbidden: MetricCounter
        let limited: MetricCounter
        private let failures: [AuthenticationFailure: MetricCounter]

        init(_ registry: MetricRegistry) {
            let family = registry.counterFamily(
                "idp_auth_requests_total",
                help: "Requests of routes that are not open to everybody, by what came of it.",
                labels: ["outcome"])
            accepted = family.with("accepted")
            forbidden = family.with("forbidden")
            limited = family.with("rate_limited")
            failures = Dictionary(
                uniqueKeysWithValues: AuthenticationFailure.allCases.map { ($0, family.with($0.rawValue)) })
        }

        func of(_ failure: AuthenticationFailure) -> MetricCounter {
            guard let counter = failures[failure] else { preconditionFailure("every failure has a counter") }
            return counter
        }
    }
}

/// Who makes a request, and how his rate stands.
struct AdmittedCaller: Sendable {
    let caller: Caller
    /// Nil: he has no rate.
    var standing: RequestQuota.Standing?

    /// The fields that tell him of his rate; none without one.
    var rateFields: [HTTPErrorAnswer.Field] {
        guard let standing, let quota = caller.quota else { return [] }
        return [
            .init(name: "RateLimit-Policy", value: quota.policyField), .init(name: "RateLimit", value: standing.field),
        ]
    }
}
