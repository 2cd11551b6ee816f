internal import EventHTTP
internal import Observability

/// What became of callbacks, and their sending once more.
struct CallbackRoutes: Sendable {
    let runs: RunService

    var routes: [Route] {
        let get: @Sendable (RequestHead, Caller?) throws(ServiceError) -> BodyPlan = { (_, _) throws(ServiceError) in
            .none
        }
        return [
            Route(.listCallbacks, .queued(admit: get, handle: { (call) throws(ServiceError) in try list(call) })),
            Route(.jobCallbacks, .queued(admit: get, handle: { (call) throws(ServiceError) in try show(call) })),
            Route(.resendCallbacks, .queued(admit: get, handle: { (call) throws(ServiceError) in try resend(call) })),
        ]
    }

    private func show(_ call: Call) throws(ServiceError) {
        let id = try call.ownRunID(in: runs)
        call.reply(
            200, fields: [("Cache-Control", "no-store")],
            json: JobCallbacksResponse(id: id, records: try runs.callbacks(of: id)))
    }

    private func resend(_ call: Call) throws(ServiceError) {
        let id = try call.ownRunID(in: runs)
        try runs.resendCallbacks(of: id) { result in
            switch result {
            case .success(let records): call.reply(202, json: JobCallbacksResponse(id: id, records: records))
            case .failure(let error): call.fail(error, runID: id)
            }
        }
    }

    private func list(_ call: Call) throws(ServiceError) {
        let query = try Query(call.request.query, known: ["status", "limit", "cursor"])
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let status = try query.value("status").map { (text) throws(ServiceError) in
            guard let status = CallbackStatus(rawValue: text) else {
                let known = CallbackStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Query.mistake("status", "must be one of \(known)")
            }
            return status
        }
        let cursor = try query.value("cursor").map { (text) throws(ServiceError) in
            guard let number = Int64(text), number > 0 else {
                throw Query.mistake("cursor", "must be a next_cursor of this list")
            }
            return number
        }
        let page = try runs.callbacks(CallbackFilter(status: status), before: cursor, limit: limit)
        call.reply(
            200, fields: [("Cache-Control", "no-store")],
            json: CallbackListResponse(
                callbacks: page.callbacks.map { CallbackResponse(event: $0) }, nextCursor: page.next.map(String.init)))
    }
}

/// A callback as callers see it: without credentials and queries of its URL.
struct CallbackResponse: Encodable {
    let event: CallbackEvent
    /// Nil leaves the log out.
    var attempts: [CallbackAttempt]?

    private enum Key: String, CodingKey {
        case type, url, status, attempts, deliveries
        case webhookID = "webhook_id"
        case runID = "run_id"
        case createdAt = "created_at"
        case nextAttemptAt = "next_attempt_at"
        case lastOutcome = "last_outcome"
    }

    /// A line of the log.
    private struct Delivery: Encodable {
        let attempt: Int
        let at: String
        let seconds: Double
        let outcome: String
        let status: Int?
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(event.webhookID, forKey: .webhookID)
        try container.encode(event.runID.description, forKey: .runID)
        try container.encode(event.type, forKey: .type)
        try container.encode(CallbackURL(event.url)?.shown ?? event.endpoint, forKey: .url)
        try container.encode(event.status.rawValue, forKey: .status)
        try container.encode(event.endedAt.description, forKey: .createdAt)
        try container.encode(event.attempts, forKey: .attempts)
        try container.encodeIfPresent(event.outcome, forKey: .lastOutcome)
        if event.status == .pending { try container.encode(event.nextAt.description, forKey: .nextAttemptAt) }
        let deliveries = attempts?.map { attempt in
            Delivery(
                attempt: attempt.number, at: attempt.at.description, seconds: attempt.seconds, outcome: attempt.outcome,
                status: attempt.httpStatus)
        }
        try container.encodeIfPresent(deliveries, forKey: .deliveries)
    }
}

/// A job's callbacks.
struct JobCallbacksResponse: Encodable {
    let id: RunID
    let records: [CallbackRecord]

    private enum Key: String, CodingKey {
        case runID = "run_id"
        case callbacks
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id.description, forKey: .runID)
        try container.encode(
            records.map { CallbackResponse(event: $0.event, attempts: $0.attempts) }, forKey: .callbacks)
    }
}

/// A page of callbacks, newest first.
struct CallbackListResponse: Encodable {
    let callbacks: [CallbackResponse]
    let nextCursor: String?

    private enum Key: String, CodingKey {
        case callbacks
        case nextCursor = "next_cursor"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(callbacks, forKey: .callbacks)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}
