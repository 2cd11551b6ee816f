import Dispatch
import Foundation
import Logging
import Observability
import Synchronization

/// Delivers callbacks from the store: what is due, to whom there is room, until it is taken or given up.
///
/// DESIGN. The store knows everything that must survive; this object knows what is on its way and which endpoints are
/// down (`CallbackEndpoints`). A round, on the queue `idp.callbacks`, asks the store which endpoints have callbacks
/// that wait, takes as many as there is room for, and sends each on a line of its own (`idp.callback.<n>`), where it
/// blocks for as long as the receiver takes. A round follows each end of a job, each end of a delivery and each moment
/// at which something falls due; with other nodes, which may leave callbacks behind, one also every two seconds.
///
/// A callback is on its way until what came of it is stored; a process that dies in between delivers it once more.
final class CallbackDispatcher: Sendable {
    private struct State {
        var endpoints = CallbackEndpoints()
        var inFlight: Set<Int64> = []
        var freeLines: [Int]
        var isStarted = false
        var isStopping = false
        var isRoundDue = false
        var alarm: ContinuousClock.Instant?
        /// An answer of the store may have been lost.
        var mayHaveStrays = false
        var isFirstRound = true
        var depth = 0
        var countedAt: ContinuousClock.Instant?
        var sweptAt = ContinuousClock.now
    }

    private let store: any JobStore
    private let sender: any CallbackSending
    private let schedule: CallbackSchedule
    private let metrics: CallbackMetrics
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let fraction: @Sendable () -> Double
    private let isShared: Bool
    private let queue = DispatchQueue(label: "idp.callbacks")
    private let lines: [DispatchQueue]
    private let state: Mutex<State>
    private let cancellation = CancellationToken()
    /// Deliveries until they are stored.
    private let work = DispatchGroup()

    /// Endpoints that a round looks at.
    private static let endpointsMax = 10_000
    /// How often a shared store is asked for what other nodes have left.
    private static let sharedPoll = Duration.seconds(2)
    private static let countAge = Duration.seconds(1)
    private static let sweepPause = Duration.seconds(600)
    /// What has waited so long waits no longer: twice as long as the schedule takes.
    private static let ageMax = Duration.seconds(7 * 86_400)
    private static let storeRetryDelay = DispatchTimeInterval.milliseconds(500)

    /// - Parameters:
    ///   - width: deliveries at a time.
    ///   - now: the wall clock.
    ///   - fraction: the jitter, uniform in 0..<1.
    init(
        store: any JobStore, sender: any CallbackSending, schedule: CallbackSchedule, width: Int,
        registry: MetricRegistry, logger: Logger, now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        fraction: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.store = store
        self.sender = sender
        self.schedule = schedule
        self.logger = logger
        self.now = now
        self.fraction = fraction
        metrics = CallbackMetrics(registry)
        isShared = store is any SharedJobStore
        lines = (0..<width).map { DispatchQueue(label: "idp.callback.\($0)") }
        state = Mutex(State(freeLines: Array(0..<width)))
        registry.observedGauge("idp_webhook_outbox_depth", help: "Callbacks that wait, of all nodes.") {
            [weak self] in Double(self?.depth ?? 0)
        }
        registry.observedGauge(
            "idp_webhook_endpoints_down", help: "Receivers that are asked now and then whether they are back."
        ) { [weak self] in Double(self?.state.withLock { $0.endpoints.downCount } ?? 0) }
    }

    /// Callbacks that wait, as of the last count.
    var depth: Int { state.withLock { $0.depth } }

    /// Begins to deliver, what an earlier process left first.
    func start() {
        state.withLock { $0.isStarted = true }
        poke()
    }

    /// Something may be due. Any thread; never blocks.
    func poke() {
        let isNew = state.withLock { state -> Bool in
            guard state.isStarted, !state.isStopping, !state.isRoundDue else { return false }
            state.isRoundDue = true
            return true
        }
        if isNew { queue.async { self.round() } }
    }

    /// Begins nothing any more, and waits for what is on its way: half of the time, then it is broken off. Blocks.
    func drain(by deadline: Deadline) {
        state.withLock { $0.isStopping = true }
        func wait(_ time: Duration) -> Bool {
            work.wait(timeout: .now() + .milliseconds(Int(max(0, time / .milliseconds(1))))) == .success
        }
        if wait(min(deadline.remaining / 2, .seconds(5))) { return }
        cancellation.cancel(.shutdown)
        _ = wait(deadline.remaining)
    }

    private func round() {
        let (inFlight, mayHaveStrays, isFirst) = state.withLock { state in
            state.isRoundDue = false
            defer { state.mayHaveStrays = false }
            return (state.inFlight, state.mayHaveStrays, state.isFirstRound)
        }
        guard !state.withLock({ $0.isStopping }) else { return }
        do throws(ServiceError) {
            if mayHaveStrays { try store.releaseCallbacks(except: inFlight) }
            let waiting = try store.waitingEndpoints(except: inFlight, limit: Self.endpointsMax)
            let names = waiting.map(\.name)
            state.withLock { state in
                state.endpoints.keep(Set(names))
                if isFirst { state.endpoints.suspect(names, at: .now) }
                state.isFirstRound = false
            }
            var pause = isShared ? Self.sharedPoll : nil
            for endpoint in waiting.sorted(by: { $0.nextAt < $1.nextAt }) {
                pause = Self.sooner(pause, try serve(endpoint))
            }
            pause = Self.sooner(pause, try count())
            sweep()
            if let pause { wake(after: pause) }
        } catch {
            logger.debug("callbacks not read", metadata: ["cause": "\(error.cause ?? "")"])
            state.withLock { $0.mayHaveStrays = true }
            wake(after: .seconds(1))
        }
    }

    /// Sends what there is room for. Gives the time after which it is worth a look again; nil when the end of a
    /// delivery will say so.
    private func serve(_ endpoint: WaitingEndpoint) throws(ServiceError) -> Duration? {
        let moment = now()
        let (room, lines, inFlight) = state.withLock {
            ($0.endpoints.room(of: endpoint.name, at: .now), $0.freeLines.count, $0.inFlight)
        }
        guard lines > 0 else { return nil }
        var claim = CallbackClaim(endpoint: endpoint.name, limit: 1, now: moment, except: inFlight)
        switch room {
        case .none(let until): return until.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
        case .probe: claim.isProbe = true
        case .deliveries(let free):
            let wait = endpoint.nextAt.milliseconds - moment.milliseconds
            if wait > 0 { return .milliseconds(wait) }
            claim.limit = min(free, lines)
        }
        do throws(ServiceError) {
            let events = try store.claimCallbacks(claim)
            for event in events { begin(event, at: moment) }
            // Due and not taken: behind another one of its job, or another node was faster.
            return events.isEmpty || claim.isProbe ? .seconds(1) : nil
        } catch {
            state.withLock { $0.mayHaveStrays = true }
            throw error
        }
    }

    private func begin(_ event: CallbackEvent, at moment: Timestamp) {
        let line = state.withLock { state -> Int in
            state.inFlight.insert(event.number)
            state.endpoints.begin(event.endpoint, at: .now)
            guard let line = state.freeLines.popLast() else { preconditionFailure("more was taken than is free") }
            return line
        }
        work.enter()
        lines[line].async {
            let start = ContinuousClock.now
            let outcome = self.sender.send(event, cancellation: self.cancellation)
            let attempt = CallbackAttempt(
                number: event.attempts + 1, at: moment, seconds: start.duration(to: .now) / .seconds(1),
                outcome: outcome.word, httpStatus: outcome.httpStatus)
            let change = self.state.withLock { state in
                state.freeLines.append(line)
                return state.endpoints.end(event.endpoint, outcome, at: .now)
            }
            self.note(change, event, outcome)
            let settled = self.settled(event, outcome, wasDue: event.nextAt <= moment)
            self.keep(outcome.kind == .brokenOff ? .released(event) : .attempted(settled, attempt), settled)
        }
    }

    /// The event after an attempt. One that only asked whether an endpoint is back does not count against it.
    private func settled(_ event: CallbackEvent, _ outcome: CallbackOutcome, wasDue: Bool) -> CallbackEvent {
        var event = event
        event.attempts += 1
        event.outcome = outcome.word
        event.isOutage = false
        switch outcome.kind {
        case .delivered: event.status = .delivered
        case .gone: event.status = .disabled
        case .impossible: event.status = .givenUp
        case .refused, .throttled, .outage:
            event.isOutage = outcome.kind == .outage && outcome.retryAfter == nil
            if wasDue { event.step += 1 }
            let wait = schedule.wait(
                afterAttempts: max(1, event.step), fraction: fraction(), retryAfter: outcome.retryAfter)
            if let wait {
                let next = now().advanced(by: wait)
                event.nextAt = wasDue ? next : max(event.nextAt, now().advanced(by: outcome.retryAfter ?? .zero))
            } else {
                event.status = .givenUp
            }
        case .brokenOff: break
        }
        return event
    }

    /// Stores what came of a delivery, until the store takes it.
    private func keep(_ change: CallbackWrite, _ event: CallbackEvent) {
        store.write(.callback(change)) { [self] result in
            if case .failure(let error) = result, !state.withLock({ $0.isStopping }) {
                logger.debug("callback not stored", metadata: ["cause": "\(error.cause ?? "")"])
                return queue.asyncAfter(deadline: .now() + Self.storeRetryDelay) { self.keep(change, event) }
            }
            if case (.success, .attempted) = (result, change) { told(event) }
            state.withLock { _ = $0.inFlight.remove(event.number) }
            work.leave()
            poke()
        }
    }

    private func told(_ event: CallbackEvent) {
        metrics.attempted(event, at: now())
        let facts: Logger.Metadata = [
            "run_id": "\(event.runID)", "type": "\(event.type)", "outcome": "\(event.outcome ?? "")",
            "attempt": "\(event.attempts)", "status": "\(event.status.rawValue)",
        ]
        switch event.status {
        case .delivered: logger.info("callback", metadata: facts)
        case .pending: logger.notice("callback failed, to be tried again", metadata: facts)
        case .givenUp: logger.warning("callback given up", metadata: facts)
        case .disabled: logger.warning("callback's receiver wants no more", metadata: facts)
        }
    }

    private func note(_ change: CallbackEndpoints.Change?, _ event: CallbackEvent, _ outcome: CallbackOutcome) {
        switch change {
        case .wentDown:
            logger.warning(
                "callback receiver down", metadata: ["run_id": "\(event.runID)", "outcome": "\(outcome.word)"])
        case .cameBack:
            logger.notice("callback receiver back", metadata: ["run_id": "\(event.runID)"])
            // Lost, its callbacks come at their own times.
            store.write(.callback(.hasten(endpoint: event.endpoint, at: now()))) { _ in self.poke() }
        case nil: break
        }
    }

    /// Counts what waits, once a second at most; gives the time until the next count is due.
    private func count() throws(ServiceError) -> Duration? {
        let age = state.withLock { $0.countedAt }.map { $0.duration(to: .now) }
        if let age, age < Self.countAge { return Self.countAge - age }
        let depth = try store.callbackDepth()
        state.withLock { state in
            state.depth = depth
            state.countedAt = .now
        }
        return nil
    }

    private func sweep() {
        let isDue = state.withLock { state -> Bool in
            guard state.sweptAt.duration(to: .now) >= Self.sweepPause else { return false }
            state.sweptAt = .now
            return true
        }
        guard isDue else { return }
        store.write(.callback(.giveUp(since: now().advanced(by: .zero - Self.ageMax)))) { _ in }
    }

    private func wake(after pause: Duration) {
        let instant = ContinuousClock.now.advanced(by: pause)
        let isSooner = state.withLock { state -> Bool in
            if let alarm = state.alarm, alarm <= instant { return false }
            state.alarm = instant
            return true
        }
        guard isSooner else { return }
        let milliseconds = Int(min(pause / .milliseconds(1), 86_400_000).rounded(.up))
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
            guard let self else { return }
            state.withLock { if $0.alarm == instant { $0.alarm = nil } }
            poke()
        }
    }

    private static func sooner(_ a: Duration?, _ b: Duration?) -> Duration? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }
}
