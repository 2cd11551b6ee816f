internal import EventHTTP
internal import Observability

/// The service as the front sees it: finds the endpoint of a request and runs its handler, observed.
///
/// DESIGN. The front calls in on its loop threads. `admit` decides when a head is complete, before any body byte:
/// inline handlers answer there and then; queued ones say what body they want and get a `RequestContext`, and `handle`
/// collects them for `turnHasEnded`, which puts them on the request queue together. Every answer passes exactly one of
/// three places: inline answers and refusals at the head `observeInline`, accepted requests `finished`, the front's own
/// refusals `refuse` (counted there only when they end no accepted exchange). There a request is timed, counted in the
/// loop's own metric lane, its error mapped and its access line written. The inline way allocates nothing of its own.
final class Router: HTTPResponder {
    private let table: RouteTable
    private let unmatched: UnmatchedMetrics
    private let loops: [LoopState]
    private let observer: RequestObserver
    private let queue: RequestQueue<Call>
    private let access: AccessControl?

    /// - Parameters:
    ///   - unmatched: metric slots for requests without a route.
    ///   - loops: one state per loop of the front.
    ///   - queue: where queued handlers run.
    ///   - access: who may call; nil: everybody.
    init(
        table: RouteTable, unmatched: UnmatchedMetrics, loops: [LoopState], observer: RequestObserver,
        queue: RequestQueue<Call>, access: AccessControl? = nil
    ) {
        self.access = access
        self.table = table
        self.unmatched = unmatched
        self.loops = loops
        self.observer = observer
        self.queue = queue
    }

    func admit(_ head: RequestHead, _ reply: inout InlineReply, loop: Int) -> Admission {
        let started = MonotonicClock.nanoseconds()
        let state = loops[loop]
        guard let entry = table.entry(for: head.path) else {
            if head.method == .options && head.path.elementsEqual("*".utf8) {
                return answerOptions(table.methods, unmatched.of(head), head, &reply, state, started)
            }
            return refuse(ServiceError(.notFound), head, &reply, unmatched.of(head), state, started)
        }
        guard let endpoint = entry.endpoint(head.method) else {
            if head.method == .options {
                return answerOptions(entry.allow, entry.metrics(.options), head, &reply, state, started)
            }
            let error = ServiceError(.methodNotAllowed, allow: entry.allow)
            return refuse(error, head, &reply, entry.metrics(head.method), state, started)
        }
        var caller: AdmittedCaller?
        do throws(ServiceError) {
            if let access, !endpoint.isOpen { caller = try access.admit(head, endpoint.access, lane: state.lane) }
            switch endpoint.handler {
            case .inline(let answer):
                state.writeRequestID(of: head, into: &reply)
                if let caller { reply.write(caller.rateFields) }
                try answer(head, &reply)
                observer.inlineAnswered(endpoint.metrics, status: reply.currentStatus, since: started, state)
                return .answered
            case .queued(let admit, _):
                if let shortcut = endpoint.shortcut,
                    answer(endpoint, shortcut, head, &reply, caller, state, started)
                {
                    return .answered
                }
                let plan = try admit(head, caller?.caller)
                return .accepted(body: plan, context: observer.begin(endpoint, head, caller, state))
            }
        } catch {
            reply.reset()
            var error = error
            // Who has been admitted hears of his rate, whatever else was wrong.
            if let caller { error.answerFields += caller.rateFields }
            return refuse(error, head, &reply, endpoint.metrics, state, started)
        }
    }

    func handle(_ request: consuming Request, _ exchange: Exchange, loop: Int) {
        guard let context = request.context as? RequestContext else {
            preconditionFailure("an accepted request has the context that it was accepted with")
        }
        loops[loop].handover.append(Call(request: request, context: context, exchange: exchange))
    }

    func turnHasEnded(loop: Int) {
        for call in queue.submit(&loops[loop].handover) {
            call.fail(ServiceError(.serverBusy, "Too many requests are waiting", retryAfter: 1))
        }
    }

    func refuse(
        _ refusal: Refusal, head: RequestHead?, context: (any ExchangeContext)?, _ reply: inout InlineReply, loop: Int
    ) {
        let state = loops[loop]
        var error = ServiceError(refusal)
        if let context = context as? RequestContext {
            context.error = error
            reply.write(error, requestID: context.requestID, to: head)
            return
        }
        // TRACE and CONNECT, which no route has.
        if refusal == .methodNotAllowed {
            error.allow = head.flatMap { table.entry(for: $0.path)?.allow } ?? table.methods
        }
        _ = self.refuse(error, head, &reply, unmatched.of(head), state, MonotonicClock.nanoseconds())
    }

    func finished(_ context: any ExchangeContext, _ record: ExchangeRecord, loop: Int) {
        guard let context = context as? RequestContext else { return }
        observer.end(context, record, loops[loop])
    }

    /// Tries a queued endpoint's shortcut; whether it has answered, observed like any other request.
    private func answer(
        _ endpoint: Endpoint, _ shortcut: Shortcut, _ head: RequestHead, _ reply: inout InlineReply,
        _ caller: AdmittedCaller?, _ state: LoopState, _ started: UInt64
    ) -> Bool {
        guard let variable = endpoint.template.variable(in: head.path),
            let runID = shortcut(head, variable, &reply, caller?.caller)
        else { return false }
        state.writeRequestID(of: head, into: &reply)
        if let caller { reply.write(caller.rateFields) }
        observer.shortcutAnswered(endpoint, head, runID, caller?.caller, &reply, since: started, state)
        return true
    }

    /// Answers an inline error, observed.
    private func refuse(
        _ error: ServiceError, _ head: RequestHead?, _ reply: inout InlineReply, _ metrics: EndpointMetrics,
        _ state: LoopState, _ started: UInt64
    ) -> Admission {
        let requestID = state.requestID(of: head)
        reply.write(error, requestID: requestID, to: head)
        observer.inlineRefused(
            metrics, error, requestID: requestID, peer: head?.peerAddress, since: started, state)
        return .answered
    }

    /// RFC 9110, 9.3.7: OPTIONS tells the methods of the resource, or of the server as a whole.
    private func answerOptions(
        _ allow: [String], _ metrics: EndpointMetrics, _ head: RequestHead, _ reply: inout InlineReply,
        _ state: LoopState, _ started: UInt64
    ) -> Admission {
        state.writeRequestID(of: head, into: &reply)
        reply.status(204)
        reply.field("Allow", text: allow.joined(separator: ", "))
        observer.inlineAnswered(metrics, status: 204, since: started, state)
        return .answered
    }
}
