import Foundation
import GRDB
import Observability
import Pipeline

/// Callbacks as rows of the embedded store, there and back.
enum CallbackRow {
    // state: 0 pending, 1 delivered, 2 given up, 3 disabled. Times are Unix milliseconds. A callback is one end of a
    // job: `run_id` and `replays`. Waiting ones have an index of their own, so that those that are done cost nothing.
    static let schema = """
        CREATE TABLE callback (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id BLOB NOT NULL,
            replays INTEGER NOT NULL,
            url TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            run_state INTEGER NOT NULL,
            verdict INTEGER,
            reasons TEXT NOT NULL,
            failure TEXT,
            ended_at INTEGER NOT NULL,
            request_id TEXT,
            traceparent TEXT,
            tracestate TEXT,
            state INTEGER NOT NULL,
            since INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            step INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            outcome TEXT,
            is_outage INTEGER NOT NULL DEFAULT 0,
            UNIQUE (run_id, replays)
        ) STRICT;
        CREATE INDEX callback_waiting ON callback (endpoint, next_at) WHERE state = 0;
        CREATE INDEX callback_by_state ON callback (state, id);
        CREATE TABLE callback_attempt (
            callback INTEGER NOT NULL,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            seconds REAL NOT NULL,
            outcome TEXT NOT NULL,
            http_status INTEGER,
            PRIMARY KEY (callback, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE callback_disabled (url TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """

    private static let columns = """
        id, run_id, replays, url, endpoint, run_state, verdict, reasons, failure, ended_at, request_id, traceparent, \
        tracestate, state, since, next_at, step, attempts, outcome, is_outage
        """

    // Nothing for a run that has not ended, has no URL, or whose end is there already.
    private static let make = """
        INSERT INTO callback (run_id, replays, url, endpoint, run_state, verdict, reasons, failure, ended_at, \
        request_id, traceparent, tracestate, state, since, next_at, step, attempts) \
        SELECT run_id, replays, callback_url, ?, state, verdict, reasons, failure, IFNULL(finished_at, created_at), \
        request_id, traceparent, tracestate, \
        CASE WHEN EXISTS (SELECT 1 FROM callback_disabled WHERE url = callback_url) THEN 3 ELSE 0 END, \
        IFNULL(finished_at, created_at), IFNULL(finished_at, created_at), 0, 0 \
        FROM run WHERE run_id = ? AND kind = 1 AND state >= 2 AND callback_url IS NOT NULL \
        ON CONFLICT (run_id, replays) DO NOTHING
        """

    /// Makes the callback of a run that has just ended, in the caller's transaction; nothing for other runs.
    static func make(_ record: RunRecord, _ database: Database) throws {
        guard record.kind == .job, record.state.isFinal, let url = record.callbackURL, let target = CallbackURL(url)
        else { return }
        let statement = try database.cachedStatement(sql: make)
        try statement.execute(arguments: [target.endpoint, record.id.data])
    }

    /// Forgets what has ended of a run that is removed; what waits is delivered first.
    static func forget(_ id: RunID, _ database: Database) throws {
        let attempts = try database.cachedStatement(
            sql: """
                DELETE FROM callback_attempt
                WHERE callback IN (SELECT id FROM callback WHERE run_id = ? AND state <> 0)
                """)
        try attempts.execute(arguments: [id.data])
        let events = try database.cachedStatement(sql: "DELETE FROM callback WHERE run_id = ? AND state <> 0")
        try events.execute(arguments: [id.data])
    }

    /// Applies one change inside the caller's transaction.
    static func apply(_ change: CallbackWrite, _ database: Database) throws {
        switch change {
        case .attempted(let event, let attempt):
            try note(event, attempt, database)
            if event.status == .disabled { try disable(event, at: attempt.at, database) }
            if event.status != .pending, try isOrphan(event, database) { try forget(event.runID, database) }
        // Whose process is the only one remembers by itself what it is delivering.
        case .released: break
        case .hasten(let endpoint, let moment):
            let sql = """
                UPDATE callback SET next_at = ? WHERE state = 0 AND endpoint = ? AND next_at > ? AND is_outage = 1
                """
            try database.execute(sql: sql, arguments: [moment.milliseconds, endpoint, moment.milliseconds])
        case .resend(let id, let moment): try resend(id, moment, database)
        case .giveUp(let moment):
            let sql = "UPDATE callback SET state = 2 WHERE state = 0 AND since < ?"
            try database.execute(sql: sql, arguments: [moment.milliseconds])
            let gone = """
                SELECT id FROM callback WHERE state = 2 AND since < ?
                AND NOT EXISTS (SELECT 1 FROM run WHERE run.run_id = callback.run_id)
                """
            for sql in [
                "DELETE FROM callback_attempt WHERE callback IN (\(gone))",
                "DELETE FROM callback WHERE id IN (\(gone))",
            ] { try database.execute(sql: sql, arguments: [moment.milliseconds]) }
        }
    }

    /// Those that wait, but for the ones with these numbers.
    static func waitingEndpoints(
        except: Set<Int64>, limit: Int, _ database: Database
    ) throws -> [WaitingEndpoint] {
        let sql = """
            WITH RECURSIVE line (endpoint) AS (
                SELECT min(endpoint) FROM callback WHERE state = 0
                UNION ALL
                SELECT (SELECT min(endpoint) FROM callback WHERE state = 0 AND endpoint > line.endpoint)
                FROM line WHERE line.endpoint IS NOT NULL
            )
            SELECT endpoint, (
                SELECT next_at FROM callback WHERE state = 0 AND endpoint = line.endpoint \(notAmong(except))
                ORDER BY next_at LIMIT 1
            ) FROM line WHERE endpoint IS NOT NULL LIMIT ?
            """
        return try Row.fetchAll(database, sql: sql, arguments: [limit]).compactMap { row in
            (row[1] as Int64?).map { WaitingEndpoint(name: row[0], nextAt: Timestamp(milliseconds: $0)) }
        }
    }

    /// What a claim takes.
    static func claimed(_ claim: CallbackClaim, _ database: Database) throws -> [CallbackEvent] {
        let sql = """
            SELECT \(columns) FROM callback
            WHERE state = 0 AND endpoint = ? AND next_at <= ? \(notAmong(claim.except)) AND NOT EXISTS (
                SELECT 1 FROM callback AS earlier
                WHERE earlier.run_id = callback.run_id AND earlier.replays < callback.replays AND earlier.state = 0
            ) ORDER BY next_at, id LIMIT ?
            """
        let due = claim.isProbe ? Int64.max : claim.now.milliseconds
        return try Row.fetchAll(database, sql: sql, arguments: [claim.endpoint, due, claim.limit]).map { try event($0) }
    }

    /// Those of a run.
    static func records(of id: RunID, _ database: Database) throws -> [CallbackRecord] {
        let sql = "SELECT \(columns) FROM callback WHERE run_id = ? ORDER BY replays"
        return try Row.fetchAll(database, sql: sql, arguments: [id.data]).map { row in
            let event = try event(row)
            let sql = """
                SELECT number, at, seconds, outcome, http_status FROM callback_attempt
                WHERE callback = ? ORDER BY number
                """
            let attempts = try Row.fetchAll(database, sql: sql, arguments: [event.number]).map { row in
                CallbackAttempt(
                    number: row[0], at: Timestamp(milliseconds: row[1]), seconds: row[2], outcome: row[3],
                    httpStatus: row[4])
            }
            return CallbackRecord(event: event, attempts: attempts)
        }
    }

    /// A page of all.
    static func list(
        _ filter: CallbackFilter, before: Int64?, limit: Int, _ database: Database
    ) throws -> [CallbackEvent] {
        var sql = "SELECT \(columns) FROM callback WHERE id < ?"
        var arguments: [(any DatabaseValueConvertible)?] = [before ?? Int64.max]
        if let status = filter.status {
            sql += " AND state = ?"
            arguments.append(status.number)
        }
        if let caller = filter.caller {
            sql += " AND EXISTS (SELECT 1 FROM run WHERE run.run_id = callback.run_id AND run.caller = ?)"
            arguments.append(caller)
        }
        sql += " ORDER BY id DESC LIMIT ?"
        arguments.append(limit)
        return try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map { try event($0) }
    }

    private static func note(_ event: CallbackEvent, _ attempt: CallbackAttempt, _ database: Database) throws {
        let update = try database.cachedStatement(
            sql: """
                UPDATE callback SET state = ?, next_at = ?, step = ?, attempts = ?, outcome = ?, is_outage = ?
                WHERE id = ? AND (state = 0 OR ? = 1)
                """)
        try update.execute(arguments: [
            event.status.number, event.nextAt.milliseconds, event.step, event.attempts, event.outcome, event.isOutage,
            event.number, event.status.number,
        ])
        let insert = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO callback_attempt VALUES (?, ?, ?, ?, ?, ?)")
        try insert.execute(arguments: [
            event.number, attempt.number, attempt.at.milliseconds, attempt.seconds, attempt.outcome, attempt.httpStatus,
        ])
        let trim = try database.cachedStatement(sql: "DELETE FROM callback_attempt WHERE callback = ? AND number <= ?")
        try trim.execute(arguments: [event.number, attempt.number - callbackAttemptsKept])
    }

    private static func disable(_ event: CallbackEvent, at moment: Timestamp, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO callback_disabled VALUES (?, ?)", arguments: [event.url, moment.milliseconds])
        try database.execute(
            sql: "UPDATE callback SET state = 3 WHERE state = 0 AND endpoint = ? AND url = ?",
            arguments: [event.endpoint, event.url])
    }

    private static func resend(_ id: RunID, _ moment: Timestamp, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM callback_disabled WHERE url IN (SELECT url FROM callback WHERE run_id = ?)",
            arguments: [id.data])
        let again = "UPDATE callback SET state = 0, since = ?, next_at = ?, step = 0, is_outage = 0 WHERE run_id = ?"
        let times = [moment.milliseconds, moment.milliseconds]
        try database.execute(sql: again + " AND state IN (2, 3)", arguments: [times[0], times[1], id.data])
        if database.changesCount > 0 { return }
        // One that waits is sent at once; else the last is sent again.
        try database.execute(
            sql: "UPDATE callback SET next_at = ? WHERE run_id = ? AND state = 0 AND next_at > ?",
            arguments: [times[0], id.data, times[0]])
        let last = """
             AND replays = (SELECT max(replays) FROM callback WHERE run_id = ?)
             AND NOT EXISTS (SELECT 1 FROM callback AS other WHERE other.run_id = ? AND other.state = 0)
            """
        try database.execute(sql: again + last, arguments: [times[0], times[1], id.data, id.data, id.data])
    }

    private static func isOrphan(_ event: CallbackEvent, _ database: Database) throws -> Bool {
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM run WHERE run_id = ?")
        return try Row.fetchOne(statement, arguments: [event.runID.data]) == nil
    }

    /// Numbers stand in the text: they are ours, and few.
    private static func notAmong(_ numbers: Set<Int64>) -> String {
        numbers.isEmpty ? "" : "AND id NOT IN (\(numbers.map(String.init).joined(separator: ",")))"
    }

    private static func event(_ row: Row) throws -> CallbackEvent {
        guard let id = RunID(bytes: row[1] as Data), let status = CallbackStatus(number: row[13]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a callback cannot be read")
        }
        var event = CallbackEvent(
            number: row[0], runID: id, replays: row[2], url: row[3], endpoint: row[4],
            runState: try RunRow.state(row[5]), verdict: row[6], endedAt: Timestamp(milliseconds: row[9]),
            since: Timestamp(milliseconds: row[14]), nextAt: Timestamp(milliseconds: row[15]))
        event.reasons = (row[7] as String).split(separator: ",").compactMap { VerdictReason(rawValue: String($0)) }
        event.failure = (row[8] as String?).flatMap { ErrorCode(rawValue: $0) }
        event.requestID = row[10]
        event.trace = (row[11] as String?).flatMap { TraceContext(traceparent: $0, tracestate: row[12]) }
        event.status = status
        event.step = row[16]
        event.attempts = row[17]
        event.outcome = row[18]
        event.isOutage = row[19]
        return event
    }
}

extension SQLiteJobStore {
    func waitingEndpoints(except: Set<Int64>, limit: Int) throws(ServiceError) -> [WaitingEndpoint] {
        try read { try CallbackRow.waitingEndpoints(except: except, limit: limit, $0) }
    }

    func claimCallbacks(_ claim: CallbackClaim) throws(ServiceError) -> [CallbackEvent] {
        try read { try CallbackRow.claimed(claim, $0) }
    }

    // The file's only process takes nothing without remembering it.
    func releaseCallbacks(except: Set<Int64>) throws(ServiceError) {}

    func callbackDepth() throws(ServiceError) -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM callback WHERE state = 0") ?? 0 }
    }

    func callbacks(of id: RunID) throws(ServiceError) -> [CallbackRecord] {
        try read { try CallbackRow.records(of: id, $0) }
    }

    func callbacks(
        _ filter: CallbackFilter, before: Int64?, limit: Int
    ) throws(ServiceError) -> [CallbackEvent] {
        try read { try CallbackRow.list(filter, before: before, limit: limit, $0) }
    }
}
