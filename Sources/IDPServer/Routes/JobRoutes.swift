internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline

/// Jobs: submitted with 202, asked for by id. Every run has its id, synchronous ones too.
struct JobRoutes: Sendable {
    /// The longest long poll, in seconds.
    static let waitMax = 60
    /// The value of `status` that means failed jobs that were set aside.
    static let deadLettered = "dead_lettered"

    let runs: RunService
    let intake: Intake
    let events: RunEvents
    /// Status answers as they were last sent.
    let cache = StatusCache()

    var routes: [Route] {
        let get: @Sendable (RequestHead, Caller?) throws(ServiceError) -> BodyPlan = { (_, _) throws(ServiceError) in
            .none
        }
        return [
            Route(
                .submitJob,
                .queued(
                    admit: { (head, caller) throws(ServiceError) in try intake.admit(head, caller, for: .job) },
                    handle: { (call) throws(ServiceError) in
                        try intake.withSubmission(of: call) { (submission) throws(ServiceError) in
                            JobSubmission.submit(submission, call, runs, applied: false)
                        }
                    })),
            Route(.listJobs, .queued(admit: get, handle: { (call) throws(ServiceError) in try list(call) })),
            Route(
                .jobStatus,
                .queued(admit: get, handle: { (call) throws(ServiceError) in try status(call) }),
                shortcut: { head, path, reply, caller in cachedStatus(path, head, caller, &reply) }),
            Route(
                .jobResult,
                .queued(admit: get, handle: { (call) throws(ServiceError) in try result(call) })),
            Route(
                .cancelJob,
                .queued(admit: get, handle: { (call) throws(ServiceError) in try cancel(call) })),
            Route(
                .replayJob,
                .queued(admit: get, handle: { (call) throws(ServiceError) in try replay(call) })),
            Route(
                .jobEvents,
                .queued(admit: get, handle: { (call) throws(ServiceError) in try follow(call) })),
        ]
    }

    private func runID(of call: Call) throws(ServiceError) -> RunID { try call.ownRunID(in: runs) }

    private func status(_ call: Call) throws(ServiceError) {
        let id = try runID(of: call)
        let query = try Query(call.request.query, known: ["wait"])
        let wait = try query.integer("wait", in: 0...Self.waitMax) ?? 0
        let seen = try runs.record(for: id)
        guard wait > 0, !seen.state.isFinal else { return answer(call, seen) }
        runs.waitForChange(of: id, from: seen.state, by: .after(.seconds(wait))) { record in
            if let record { answer(call, record) } else { call.fail(ServiceError(.jobNotFound), runID: id) }
        }
    }

    private func answer(_ call: Call, _ record: RunRecord) {
        let progress = runs.progress(of: record.id)
        let response = RunResponse(
            record: record, progress: progress, queuePosition: runs.jobQueue.position(of: record.id))
        guard let body = call.encoded(response) else { return }
        let retryAfter = record.state.isFinal ? nil : runs.retryAfterSeconds(for: record)
        cache.keep(
            StatusCache.Answer(
                record, progress, body: body, retryAfterSeconds: retryAfter, madeAt: MonotonicClock.nanoseconds()))
        call.reply(
            Response(
                status: 200, fields: [("Content-Type", "application/json")] + fields(retryAfter: retryAfter),
                body: .bytes(body)))
    }

    /// Answers on the loop when the last answer is still right; nil leaves the request to the queue: waits, ids in
    /// another spelling, runs of which memory knows nothing.
    private func cachedStatus(
        _ path: UnsafeRawBufferPointer, _ head: RequestHead, _ caller: Caller?, _ reply: inout InlineReply
    ) -> RunID? {
        guard head.query.isEmpty, let id = RunID(ascii: path), let record = runs.recentRecord(for: id),
            caller?.mayTouch(runOf: record.caller) ?? true,
            let answer = cache.answer(
                record, record.state.isFinal ? nil : runs.progress(of: id), now: MonotonicClock.nanoseconds())
        else { return nil }
        reply.field("Cache-Control", "no-store")
        reply.field("X-Content-Type-Options", "nosniff")
        if let seconds = answer.retryAfterSeconds { reply.field("Retry-After", seconds) }
        answer.body.withUnsafeBytes { reply.body(contentType: "application/json", $0) }
        return id
    }

    /// Never cached; while it goes on, when to ask again.
    private func fields(retryAfter: Int?) -> [(String, String)] {
        [("Cache-Control", "no-store")] + (retryAfter.map { [("Retry-After", String($0))] } ?? [])
    }

    private func result(_ call: Call) throws(ServiceError) {
        let id = try runID(of: call)
        let record = try runs.record(for: id)
        let retryAfter = record.state.isFinal ? nil : runs.retryAfterSeconds(for: record)
        call.reply(
            200, fields: fields(retryAfter: retryAfter),
            json: ResultResponse(record: record, judgement: try runs.judgement(for: id)))
    }

    private func cancel(_ call: Call) throws(ServiceError) {
        let id = try runID(of: call)
        runs.cancel(id) { outcome in
            switch outcome {
            case .success(.accepted(let record)): call.reply(202, json: RunResponse(record: record))
            case .success(.ended(let record)): call.reply(200, json: RunResponse(record: record))
            case .failure(let error): call.fail(error, runID: id)
            }
        }
    }

    private func replay(_ call: Call) throws(ServiceError) {
        let id = try runID(of: call)
        runs.replay(id) { outcome in
            switch outcome {
            case .success(let record):
                let fields = [
                    ("Location", "/v1/jobs/\(id)"), ("Retry-After", String(runs.retryAfterSeconds(for: record))),
                ]
                call.reply(202, fields: fields, json: RunResponse(record: record))
            case .failure(let error): call.fail(error, runID: id)
            }
        }
    }

    private func follow(_ call: Call) throws(ServiceError) {
        let id = try runID(of: call)
        // The last field keeps proxies from gathering events.
        let fields = [
            ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"),
        ]
        if call.request.method == .head {
            _ = try runs.record(for: id)
            return call.reply(Response(status: 200, fields: fields))
        }
        guard let body = try events.open(id, seen: call.request.fields[.lastEventID]) else {
            return call.reply(Response(status: 204, fields: [("Cache-Control", "no-store")]))
        }
        call.reply(Response(status: 200, fields: fields, body: .stream(body)))
    }

    private func list(_ call: Call) throws(ServiceError) {
        let query = try Query(call.request.query, known: ["status", "limit", "cursor"])
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let filter = try query.value("status").map { (text) throws(ServiceError) in
            // Not a state of its own: a dead letter is a failed job.
            if text == Self.deadLettered { return RunFilter(isDeadLetter: true) }
            guard let state = RunState(rawValue: text) else {
                let known = (RunState.allCases.map(\.rawValue) + [Self.deadLettered]).joined(separator: ", ")
                throw Query.mistake("status", "must be one of \(known)")
            }
            return RunFilter(kind: .job, state: state)
        }
        let cursor = try query.value("cursor").map { (text) throws(ServiceError) in
            guard let cursor = RunID(text) else { throw Query.mistake("cursor", "must be a next_cursor of this list") }
            return cursor
        }
        var wanted = filter ?? RunFilter(kind: .job)
        if let caller = call.context.caller, !caller.scopes.contains(.allRuns) { wanted.caller = caller.name }
        let page = try runs.list(wanted, limit: limit, before: cursor)
        call.reply(
            200, fields: [("Cache-Control", "no-store")],
            json: RunListResponse(
                jobs: page.runs.map { RunResponse(record: $0) }, nextCursor: page.next?.description))
    }
}

/// A page of runs, newest first.
struct RunListResponse: Encodable {
    let jobs: [RunResponse]
    let nextCursor: String?

    private enum CodingKeys: String, CodingKey {
        case jobs
        case nextCursor = "next_cursor"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(jobs, forKey: .jobs)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}

/// The way from a submission to its 202, for `/v1/jobs` and for a `/v1/process` that asked to be asynchronous.
enum JobSubmission {
    /// - Parameter applied: whether it follows `Prefer: respond-async`, which the answer then says (RFC 7240, 3).
    static func submit(_ submission: Submission, _ call: Call, _ runs: RunService, applied: Bool) {
        runs.submit(submission) { outcome in
            switch outcome {
            case .success(let run): answer(run, call, runs, applied: applied)
            case .failure(let error): call.fail(error)
            }
        }
    }

    /// The 202 of a job. A repeat gets what the first call got, however far the job has come.
    static func answer(_ run: SubmittedRun, _ call: Call, _ runs: RunService, applied: Bool) {
        let record = run.record
        call.context.runID = record.id
        var fields = [
            ("Content-Type", "application/json"), ("Location", "/v1/jobs/\(record.id)"),
            ("Retry-After", String(max(1, runs.retryAfterSeconds(for: record)))),
        ]
        if applied { fields.append(("Preference-Applied", "respond-async")) }
        call.reply(
            Response(
                status: 202, fields: fields + run.origin.fields,
                body: .bytes(
                    AcceptedResponse(runID: record.id, isDeduplicated: run.origin.isDeduplicated).bytes)))
    }
}

extension SubmittedRun.Origin {
    /// What the answer says of it in its head.
    var fields: [(String, String)] {
        switch self {
        case .new, .deduplicated: []
        case .replayed: [("Idempotent-Replayed", "true")]
        }
    }

    /// What the answer says of it in its body; nil leaves the member out.
    var isDeduplicated: Bool? {
        switch self {
        case .new, .replayed: nil
        case .deduplicated: true
        }
    }
}
