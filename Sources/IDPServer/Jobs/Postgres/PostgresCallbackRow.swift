import Observability
import Pipeline
import PostgresClient

/// Callbacks as rows in PostgreSQL, there and back. Numbers of states are those of `CallbackRow`. What a node delivers
/// is its own (`owner`) until it has ended or the node has gone.
enum PostgresCallbackRow {
    static let schema: [String] = [
        """
        CREATE TABLE callback (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            run_id bytea NOT NULL,
            replays bigint NOT NULL,
            url text NOT NULL,
            endpoint text NOT NULL,
            run_state bigint NOT NULL,
            verdict boolean,
            reasons text NOT NULL,
            failure text,
            ended_at bigint NOT NULL,
            request_id text,
            traceparent text,
            tracestate text,
            state bigint NOT NULL,
            since bigint NOT NULL,
            next_at bigint NOT NULL,
            step bigint NOT NULL,
            attempts bigint NOT NULL,
            outcome text,
            is_outage boolean NOT NULL DEFAULT false,
            owner text,
            UNIQUE (run_id, replays)
        )
        """,
        "CREATE INDEX callback_waiting ON callback (endpoint, next_at) WHERE state = 0",
        "CREATE INDEX callback_owned ON callback (owner) WHERE state = 0 AND owner IS NOT NULL",
        "CREATE INDEX callback_by_state ON callback (state, id)",
        """
        CREATE TABLE callback_attempt (
            callback bigint NOT NULL REFERENCES callback ON DELETE CASCADE,
            number bigint NOT NULL,
            at bigint NOT NULL,
            took_microseconds bigint NOT NULL,
            outcome text NOT NULL,
            http_status bigint,
            PRIMARY KEY (callback, number)
        )
        """,
        "CREATE TABLE callback_disabled (url text PRIMARY KEY, at bigint NOT NULL)",
    ]

    private static let columns = """
        callback.id, callback.run_id, callback.replays, callback.url, callback.endpoint, callback.run_state, \
        callback.verdict, callback.reasons, callback.failure, callback.ended_at, callback.request_id, \
        callback.traceparent, callback.tracestate, callback.state, callback.since, callback.next_at, callback.step, \
        callback.attempts, callback.outcome, callback.is_outage
        """

    // What the row says, not what somebody wanted to write: an end may have become a cancel. The endpoint is cut out
    // as `CallbackURL` does it. Nothing for a run that has not ended, has no URL, or whose end is there already.
    private static let making = """
        INSERT INTO callback (run_id, replays, url, endpoint, run_state, verdict, reasons, failure, ended_at, \
        request_id, traceparent, tracestate, state, since, next_at, step, attempts) \
        SELECT run_id, replays, callback_url, \
        regexp_replace(lower(substring(callback_url from '^[A-Za-z]+://[^/?#]*')), '//.*@', '//'), \
        state, verdict, reasons, failure, coalesce(finished_at, created_at), request_id, traceparent, tracestate, \
        CASE WHEN EXISTS (SELECT FROM callback_disabled WHERE url = callback_url) THEN 3 ELSE 0 END, \
        coalesce(finished_at, created_at), coalesce(finished_at, created_at), 0, 0 \
        FROM run WHERE run_id = $1 AND kind = 1 AND state >= 2 AND callback_url IS NOT NULL \
        ON CONFLICT (run_id, replays) DO NOTHING
        """

    // One that was given up or disabled meanwhile and was delivered after all is delivered. Its owner may be another
    // node by now, which took this one for gone: then only a delivery counts.
    private static let attempting = """
        UPDATE callback SET state = $2, next_at = $3, step = $4, attempts = $5, outcome = $6, is_outage = $7, \
        owner = NULL WHERE id = $1 AND (state = 0 AND owner = $8 OR $2::bigint = 1)
        """

    private static let noting = """
        INSERT INTO callback_attempt (callback, number, at, took_microseconds, outcome, http_status) \
        SELECT id, $2::bigint, $3::bigint, $4::bigint, $5::text, $6::bigint FROM callback WHERE id = $1 \
        ON CONFLICT DO NOTHING
        """

    private static let claiming = """
        UPDATE callback SET owner = $1 FROM (
            SELECT id FROM callback AS candidate
            WHERE state = 0 AND owner IS NULL AND endpoint = $2 AND next_at <= $3 AND NOT EXISTS (
                SELECT FROM callback AS earlier WHERE earlier.run_id = candidate.run_id
                AND earlier.replays < candidate.replays AND earlier.state = 0
            ) ORDER BY next_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
        ) AS due WHERE callback.id = due.id RETURNING \(columns)
        """

    private static let waiting = """
        WITH RECURSIVE line AS (
            (SELECT endpoint, next_at FROM callback WHERE state = 0 AND owner IS NULL
                ORDER BY endpoint, next_at LIMIT 1)
            UNION ALL
            SELECT next.endpoint, next.next_at FROM line CROSS JOIN LATERAL (
                SELECT endpoint, next_at FROM callback
                WHERE state = 0 AND owner IS NULL AND endpoint > line.endpoint ORDER BY endpoint, next_at LIMIT 1
            ) AS next
        ) SELECT endpoint, next_at FROM line LIMIT $1
        """

    /// Gives back what belongs to nodes that have gone.
    static let releasingOrphans = PostgresStatement(
        """
        UPDATE callback SET owner = NULL WHERE state = 0 AND owner IS NOT NULL
        AND NOT EXISTS (SELECT FROM node WHERE node_id = callback.owner)
        """)

    /// Gives back what is a node's, but for callbacks with these numbers.
    static func releasing(of node: String, except: Set<Int64>) -> PostgresStatement {
        // Numbers stand in the text: they are ours, and few.
        let others = except.isEmpty ? "" : " AND id NOT IN (\(except.map(String.init).joined(separator: ",")))"
        return PostgresStatement(
            "UPDATE callback SET owner = NULL WHERE state = 0 AND owner = $1" + others, [.text(node)])
    }

    /// Makes the callback of a run that may have ended, with the statement that ends it.
    static func making(_ id: RunID) -> PostgresStatement { PostgresStatement(making, [.bytes(id.bytes)]) }

    /// The same for a run as it is written; nothing unless it has ended and has a callback.
    static func making(_ record: RunRecord) -> [PostgresStatement] {
        record.kind == .job && record.state.isFinal && record.callbackURL != nil ? [making(record.id)] : []
    }

    /// Those that wait for endpoints.
    static func waiting(limit: Int) -> PostgresStatement { PostgresStatement(waiting, [.integer(Int64(limit))]) }

    /// Takes callbacks for a node.
    static func claiming(_ claim: CallbackClaim, _ node: String) -> PostgresStatement {
        let due = claim.isProbe ? Int64.max : claim.now.milliseconds
        return PostgresStatement(
            claiming, [.text(node), .text(claim.endpoint), .integer(due), .integer(Int64(claim.limit))])
    }

    /// Those of a run, and their attempts.
    static func selecting(of id: RunID) -> [PostgresStatement] {
        [
            PostgresStatement("SELECT \(columns) FROM callback WHERE run_id = $1 ORDER BY replays", [.bytes(id.bytes)]),
            PostgresStatement(
                """
                SELECT callback, number, at, took_microseconds, outcome, http_status FROM callback_attempt
                WHERE callback IN (SELECT id FROM callback WHERE run_id = $1) ORDER BY number
                """, [.bytes(id.bytes)]),
        ]
    }

    /// A page of all.
    static func listing(_ filter: CallbackFilter, before: Int64?, limit: Int) -> PostgresStatement {
        var values: [PostgresValue] = [.integer(before ?? Int64.max), .integer(Int64(limit))]
        var condition = "id < $1"
        if let status = filter.status {
            values.append(.integer(Int64(status.number)))
            condition += " AND state = $\(values.count)"
        }
        if let caller = filter.caller {
            values.append(.text(caller))
            let isOwn = "SELECT FROM run WHERE run.run_id = callback.run_id AND run.caller = $\(values.count)"
            condition += " AND EXISTS (\(isOwn))"
        }
        return PostgresStatement(
            "SELECT \(columns) FROM callback WHERE \(condition) ORDER BY id DESC LIMIT $2", values)
    }

    /// The statements of a change, made by `node`. Each may be applied twice.
    static func statements(_ change: CallbackWrite, _ node: String) -> [PostgresStatement] {
        switch change {
        case .attempted(let event, let attempt): return attempted(event, attempt, node)
        case .released(let event):
            return [
                PostgresStatement(
                    "UPDATE callback SET owner = NULL WHERE id = $1 AND owner = $2",
                    [.integer(event.number), .text(node)])
            ]
        case .hasten(let endpoint, let moment):
            let sql = """
                UPDATE callback SET next_at = $2 WHERE state = 0 AND endpoint = $1 AND next_at > $2 AND is_outage
                """
            return [PostgresStatement(sql, [.text(endpoint), .integer(moment.milliseconds)])]
        case .resend(let id, let moment): return resend(id, moment)
        case .giveUp(let moment):
            let sql = "UPDATE callback SET state = 2 WHERE state = 0 AND owner IS NULL AND since < $1"
            let gone = """
                DELETE FROM callback WHERE state = 2 AND since < $1
                AND NOT EXISTS (SELECT FROM run WHERE run.run_id = callback.run_id)
                """
            return [sql, gone].map { PostgresStatement($0, [.integer(moment.milliseconds)]) }
        }
    }

    private static func attempted(
        _ event: CallbackEvent, _ attempt: CallbackAttempt, _ node: String
    ) -> [PostgresStatement] {
        let number = PostgresValue.integer(event.number)
        var statements = [
            PostgresStatement(
                attempting,
                [
                    number, .integer(Int64(event.status.number)), .integer(event.nextAt.milliseconds),
                    .integer(Int64(event.step)), .integer(Int64(event.attempts)), PostgresValue(event.outcome),
                    .boolean(event.isOutage), .text(node),
                ]),
            PostgresStatement(
                noting,
                [
                    number, .integer(Int64(attempt.number)), .integer(attempt.at.milliseconds),
                    .integer(Int64(attempt.seconds * 1e6)), .text(attempt.outcome),
                    PostgresValue(attempt.httpStatus.map { Int64($0) }),
                ]),
            PostgresStatement(
                "DELETE FROM callback_attempt WHERE callback = $1 AND number <= $2",
                [number, .integer(Int64(attempt.number - callbackAttemptsKept))]),
        ]
        if event.status == .disabled {
            statements += [
                PostgresStatement(
                    "INSERT INTO callback_disabled VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    [.text(event.url), .integer(attempt.at.milliseconds)]),
                PostgresStatement(
                    "UPDATE callback SET state = 3 WHERE state = 0 AND owner IS NULL AND endpoint = $1 AND url = $2",
                    [.text(event.endpoint), .text(event.url)]),
            ]
        }
        if event.status != .pending {
            let sql = "DELETE FROM callback WHERE id = $1 AND NOT EXISTS (SELECT FROM run WHERE run_id = $2)"
            statements.append(PostgresStatement(sql, [number, .bytes(event.runID.bytes)]))
        }
        return statements
    }

    // One that waits is sent at once; what was not delivered is sent again; where all was delivered, the last is.
    private static func resend(_ id: RunID, _ moment: Timestamp) -> [PostgresStatement] {
        let values: [PostgresValue] = [.bytes(id.bytes), .integer(moment.milliseconds)]
        let sql = """
            UPDATE callback SET state = 0, since = $2, step = 0, is_outage = false,
                next_at = CASE WHEN state = 0 THEN least(next_at, $2) ELSE $2 END
            WHERE run_id = $1 AND (state IN (2, 3) OR replays = (
                SELECT max(replays) FROM callback WHERE run_id = $1
            ) AND NOT EXISTS (SELECT FROM callback AS other WHERE other.run_id = $1 AND other.state <> 1)
                OR state = 0 AND owner IS NULL
                AND NOT EXISTS (SELECT FROM callback AS other WHERE other.run_id = $1 AND other.state IN (2, 3)))
            """
        return [
            PostgresStatement(
                "DELETE FROM callback_disabled WHERE url IN (SELECT url FROM callback WHERE run_id = $1)", [values[0]]),
            PostgresStatement(sql, values),
        ]
    }

    /// A row of `columns`.
    static func event(_ result: PostgresResult, _ row: Int) throws(ServiceError) -> CallbackEvent {
        guard let number = result.integer(row, 0), let url = result.text(row, 3), let endpoint = result.text(row, 4),
            let ended = result.integer(row, 9), let since = result.integer(row, 14), let next = result.integer(row, 15),
            let status = result.integer(row, 13).flatMap({ CallbackStatus(number: Int($0)) })
        else { throw PostgresRow.unreadable }
        var event = CallbackEvent(
            number: number, runID: try PostgresRow.id(result, row, 1), replays: Int(result.integer(row, 2) ?? 0),
            url: url, endpoint: endpoint, runState: try PostgresRow.state(result.integer(row, 5)),
            verdict: result.boolean(row, 6), endedAt: Timestamp(milliseconds: ended),
            since: Timestamp(milliseconds: since), nextAt: Timestamp(milliseconds: next))
        event.reasons = (result.text(row, 7) ?? "").split(separator: ",")
            .compactMap { VerdictReason(rawValue: String($0)) }
        event.failure = result.text(row, 8).flatMap { ErrorCode(rawValue: $0) }
        event.requestID = result.text(row, 10)
        event.trace = result.text(row, 11).flatMap { TraceContext(traceparent: $0, tracestate: result.text(row, 12)) }
        event.status = status
        event.step = Int(result.integer(row, 16) ?? 0)
        event.attempts = Int(result.integer(row, 17) ?? 0)
        event.outcome = result.text(row, 18)
        event.isOutage = result.boolean(row, 19) ?? false
        return event
    }
}

extension PostgresJobStore {
    func waitingEndpoints(except: Set<Int64>, limit: Int) throws(ServiceError) -> [WaitingEndpoint] {
        let found = try read([PostgresCallbackRow.waiting(limit: limit)])[0]
        return (0..<found.count).compactMap { row in
            guard let name = found.text(row, 0), let next = found.integer(row, 1) else { return nil }
            return WaitingEndpoint(name: name, nextAt: Timestamp(milliseconds: next))
        }
    }

    func claimCallbacks(_ claim: CallbackClaim) throws(ServiceError) -> [CallbackEvent] {
        let found = try read([PostgresCallbackRow.claiming(claim, node)], isRead: false)[0]
        return try events(found).sorted { ($0.nextAt, $0.number) < ($1.nextAt, $1.number) }
    }

    func releaseCallbacks(except: Set<Int64>) throws(ServiceError) {
        _ = try read([PostgresCallbackRow.releasing(of: node, except: except)], isRead: false)
    }

    func callbackDepth() throws(ServiceError) -> Int {
        let sql = "SELECT count(*) FROM callback WHERE state = 0"
        return Int(try read([PostgresStatement(sql)])[0].integer(0, 0) ?? 0)
    }

    func callbacks(of id: RunID) throws(ServiceError) -> [CallbackRecord] {
        let found = try read(PostgresCallbackRow.selecting(of: id))
        var attempts: [Int64: [CallbackAttempt]] = [:]
        for row in 0..<found[1].count {
            guard let event = found[1].integer(row, 0), let number = found[1].integer(row, 1),
                let at = found[1].integer(row, 2), let took = found[1].integer(row, 3),
                let outcome = found[1].text(row, 4)
            else { throw PostgresRow.unreadable }
            attempts[event, default: []].append(
                CallbackAttempt(
                    number: Int(number), at: Timestamp(milliseconds: at), seconds: Double(took) / 1e6,
                    outcome: outcome, httpStatus: found[1].integer(row, 5).map { Int($0) }))
        }
        return try events(found[0]).map { CallbackRecord(event: $0, attempts: attempts[$0.number] ?? []) }
    }

    func callbacks(
        _ filter: CallbackFilter, before: Int64?, limit: Int
    ) throws(ServiceError) -> [CallbackEvent] {
        try events(try read([PostgresCallbackRow.listing(filter, before: before, limit: limit)])[0])
    }

    private func events(_ result: PostgresResult) throws(ServiceError) -> [CallbackEvent] {
        var events: [CallbackEvent] = []
        for row in 0..<result.count { events.append(try PostgresCallbackRow.event(result, row)) }
        return events
    }
}
