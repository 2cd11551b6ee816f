/// What is known of the endpoints that callbacks go to: how many are on their way, who is down, who wants quiet. Pure:
/// time is given, nothing is done.
///
/// DESIGN. A breaker for each endpoint. Two failures in a row put it down: then its callbacks wait, none of them uses
/// its attempts up, and one of them is sent now and then to ask whether it is back. A probe does not wait for the one
/// before it, which may hang as long as an attempt may take; the first that is taken ends the outage. The pause between
/// probes is a tenth of the outage so far: an endpoint that was away for a minute is noticed within seconds, one that
/// was for days is asked every ten minutes. That is why this is not `CircuitBreakerStateMachine`, which knows one pace
/// and one probe.
struct CallbackEndpoints: Sendable {
    /// How much an endpoint may get.
    struct Limits: Sendable, Equatable {
        /// Deliveries to one endpoint at a time.
        var perEndpoint = 4
        /// Failures in a row that put it down.
        var failuresMax = 2
        var probeMin = Duration.seconds(4)
        var probeMax = Duration.seconds(600)
        /// The pause between probes, as a part of the outage.
        var probeShare = 0.1
        /// The longest `Retry-After` for which a whole endpoint is left alone.
        var quietMax = Duration.seconds(3600)
    }

    /// What may be sent now.
    enum Room: Sendable, Equatable {
        /// So many of those that are due.
        case deliveries(Int)
        /// One, due or not: to ask whether the endpoint is back.
        case probe
        /// Nothing before then; nil: before one that is on its way has ended.
        case none(until: ContinuousClock.Instant?)
    }

    /// What an outcome changed.
    enum Change: Sendable, Equatable {
        case wentDown, cameBack
    }

    private struct Endpoint {
        var running = 0
        var failures = 0
        var downSince: ContinuousClock.Instant?
        var nextProbe: ContinuousClock.Instant?
        var quietUntil: ContinuousClock.Instant?
        var isThrottled = false
    }

    private let limits: Limits
    private var endpoints: [String: Endpoint] = [:]

    /// Nothing is known of anybody.
    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Endpoints that are down.
    var downCount: Int { endpoints.values.count { $0.downSince != nil } }

    /// What may be sent to an endpoint.
    func room(of name: String, at now: ContinuousClock.Instant) -> Room {
        let endpoint = endpoints[name] ?? Endpoint()
        if let quiet = endpoint.quietUntil, quiet > now { return .none(until: quiet) }
        if endpoint.downSince != nil {
            if let next = endpoint.nextProbe, next > now { return .none(until: next) }
            return endpoint.running < limits.perEndpoint ? .probe : .none(until: nil)
        }
        let free = (endpoint.isThrottled ? 1 : limits.perEndpoint) - endpoint.running
        return free > 0 ? .deliveries(free) : .none(until: nil)
    }

    /// One is sent.
    mutating func begin(_ name: String, at now: ContinuousClock.Instant) {
        var endpoint = endpoints[name] ?? Endpoint()
        endpoint.running += 1
        if endpoint.downSince != nil { endpoint.nextProbe = now.advanced(by: pause(of: endpoint, at: now)) }
        endpoints[name] = endpoint
    }

    /// One has ended.
    mutating func end(
        _ name: String, _ outcome: CallbackOutcome, at now: ContinuousClock.Instant
    ) -> Change? {
        guard var endpoint = endpoints[name] else { preconditionFailure("what has ended had begun") }
        endpoint.running -= 1
        defer { endpoints[name] = endpoint }
        if let wait = outcome.retryAfter {
            switch outcome.kind {
            case .throttled, .outage: endpoint.quietUntil = now.advanced(by: min(wait, limits.quietMax))
            case .delivered, .gone, .refused, .impossible, .brokenOff: break
            }
        }
        switch outcome.kind {
        case .delivered, .gone, .refused:
            endpoint.isThrottled = false
            return answered(&endpoint)
        case .throttled:
            endpoint.isThrottled = true
            return answered(&endpoint)
        case .outage:
            endpoint.isThrottled = true
            endpoint.failures += 1
            guard endpoint.downSince == nil, endpoint.failures >= limits.failuresMax else { return nil }
            endpoint.downSince = now
            endpoint.nextProbe = now.advanced(by: limits.probeMin)
            return .wentDown
        case .impossible, .brokenOff: return nil
        }
    }

    /// Endpoints of which an earlier process may have known that they were down: each is asked by a probe first.
    mutating func suspect(_ names: some Sequence<String>, at now: ContinuousClock.Instant) {
        for name in names where endpoints[name] == nil {
            endpoints[name] = Endpoint(failures: limits.failuresMax, downSince: now, nextProbe: now)
        }
    }

    /// Forgets those that nothing waits for and nothing is on its way to.
    mutating func keep(_ names: Set<String>) {
        endpoints = endpoints.filter { $0.value.running > 0 || names.contains($0.key) }
    }

    private func answered(_ endpoint: inout Endpoint) -> Change? {
        let wasDown = endpoint.downSince != nil
        endpoint.failures = 0
        endpoint.downSince = nil
        endpoint.nextProbe = nil
        return wasDown ? .cameBack : nil
    }

    private func pause(of endpoint: Endpoint, at now: ContinuousClock.Instant) -> Duration {
        guard let since = endpoint.downSince else { return .zero }
        return min(max(limits.probeMin, since.duration(to: now) * limits.probeShare), limits.probeMax)
    }
}
