import Foundation
import GRDB
import Observability
import Pipeline

/// Runs as rows of the embedded store, there and back.
enum RunRow {
    /// All columns.
    static let select = """
        SELECT run_id, kind, state, created_at, started_at, finished_at, attempts, priority, cancel_requested, today, \
        deadline_at, request_id, caller, callback_url, traceparent, tracestate, document_extension, document_size, \
        document_sha256, idempotency_key, fingerprint, verdict, reasons, failure, fio, share, content_key, \
        dead_letter, replays FROM run
        """

    private static let insert = """
        INSERT INTO run (run_id, kind, state, created_at, started_at, finished_at, attempts, priority, \
        cancel_requested, today, deadline_at, request_id, caller, callback_url, traceparent, tracestate, \
        document_extension, document_size, document_sha256, idempotency_key, fingerprint, verdict, reasons, failure, \
        fio, share, content_key, dead_letter, replays) VALUES \
        (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    // An ended run never changes again, whatever else goes wrong.
    private static let update = """
        UPDATE run SET state = ?, started_at = ?, finished_at = ?, attempts = ?, cancel_requested = ?, verdict = ?, \
        reasons = ?, failure = ?, dead_letter = ? WHERE run_id = ? AND state < 2
        """

    private static let judge = "INSERT OR REPLACE INTO judgement (id, bytes) SELECT id, ? FROM run WHERE run_id = ?"

    /// The bytes of a run's judgement.
    static let selectJudgement = "SELECT bytes FROM judgement WHERE id = (SELECT id FROM run WHERE run_id = ?)"

    private static let forgetJudgement =
        "DELETE FROM judgement WHERE id = (SELECT id FROM run WHERE run_id = ? AND state >= 2)"

    // Only a failed run is tried again, and only once for each wish.
    private static let replay = """
        UPDATE run SET state = ?, started_at = NULL, finished_at = NULL, attempts = 0, cancel_requested = 0, \
        deadline_at = NULL, failure = NULL, dead_letter = NULL, replays = ? WHERE run_id = ? AND state = 3
        """

    /// Applies one change inside the caller's transaction.
    static func apply(_ change: StoreWrite, _ database: Database) throws {
        switch change {
        case .insert(let record, let judgement, _):
            let statement = try database.cachedStatement(sql: insert)
            try statement.execute(arguments: StatementArguments(values(record)))
            try keep(judgement, of: record.id, database)
        case .offer(let record, let document):
            // The file's only node runs it itself.
            try apply(.insert(record, nil, document: document), database)
        case .update(let record, let judgement):
            let statement = try database.cachedStatement(sql: update)
            try statement.execute(arguments: [
                number(record.state), record.startedAt?.milliseconds, record.finishedAt?.milliseconds,
                record.attempts, record.isCancelRequested, record.verdict, text(record.reasons),
                record.failure?.rawValue, record.deadLetter?.rawValue, record.id.data,
            ])
            if database.changesCount == 1 {
                try keep(judgement, of: record.id, database)
                try CallbackRow.make(record, database)
            }
        case .replay(let record):
            let statement = try database.cachedStatement(sql: replay)
            try statement.execute(arguments: [number(record.state), record.replays, record.id.data])
            guard database.changesCount == 1 else { throw ServiceError(.jobNotReplayable, cause: "store: not failed") }
        case .expire(let ids, let moment):
            // One that was replayed in this very moment stays.
            let delete = try database.cachedStatement(sql: "DELETE FROM run WHERE run_id = ? AND state >= 2")
            let forget = try database.cachedStatement(sql: forgetJudgement)
            let remember = try database.cachedStatement(sql: "INSERT OR REPLACE INTO expired VALUES (?, ?)")
            for id in ids {
                try forget.execute(arguments: [id.data])
                try delete.execute(arguments: [id.data])
                guard database.changesCount == 1 else { continue }
                try remember.execute(arguments: [id.data, moment.milliseconds])
                try CallbackRow.forget(id, database)
            }
        case .forgetExpired(let moment):
            try database.execute(sql: "DELETE FROM expired WHERE expired_at < ?", arguments: [moment.milliseconds])
        case .callback(let change): try CallbackRow.apply(change, database)
        case .probe(let moment):
            let sql = "INSERT INTO probe VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
            try database.execute(sql: sql, arguments: [moment.milliseconds])
        }
    }

    /// A record from a row of `select`.
    static func record(_ row: Row) throws -> RunRecord {
        guard let id = RunID(bytes: row[0] as Data), let today = CalendarDate(iso: row[9] as String) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a run's id or day cannot be read")
        }
        let document = RunDocument(
            fileExtension: row[16], size: row[17], sha256: Array(row[18] as Data))
        var record = RunRecord(
            id: id, kind: try kind(row[1]), createdAt: Timestamp(milliseconds: row[3]), fio: row[24], today: today,
            document: document)
        record.state = try state(row[2])
        record.startedAt = (row[4] as Int64?).map { Timestamp(milliseconds: $0) }
        record.finishedAt = (row[5] as Int64?).map { Timestamp(milliseconds: $0) }
        record.attempts = row[6]
        record.priority = JobPriority(row[7] as Int)
        record.isCancelRequested = row[8]
        record.deadlineAt = (row[10] as Int64?).map { Timestamp(milliseconds: $0) }
        record.requestID = row[11]
        record.caller = row[12]
        record.callbackURL = row[13]
        record.trace = (row[14] as String?).flatMap { TraceContext(traceparent: $0, tracestate: row[15]) }
        record.idempotencyKey = row[19]
        record.fingerprint = (row[20] as Data?).map { Array($0) }
        record.verdict = row[21]
        record.reasons = (row[22] as String).split(separator: ",").compactMap { VerdictReason(rawValue: String($0)) }
        record.failure = (row[23] as String?).flatMap { ErrorCode(rawValue: $0) }
        record.share = row[25]
        record.contentKey = (row[26] as Data?).map { Array($0) }
        record.deadLetter = (row[27] as String?).flatMap { DeadLetterReason(rawValue: $0) }
        record.replays = row[28]
        return record
    }

    /// A kind as stored.
    static func number(_ kind: RunKind) -> Int {
        switch kind {
        case .sync: 0
        case .job: 1
        }
    }

    /// A state as stored; unfinished states lie below 2.
    static func number(_ state: RunState) -> Int {
        switch state {
        case .accepted: 0
        case .running: 1
        case .completed: 2
        case .failed: 3
        case .cancelled: 4
        }
    }

    /// The state that is stored as `number`.
    static func state(_ number: Int) throws -> RunState {
        guard let state = RunState.allCases.first(where: { RunRow.number($0) == number }) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "no such state")
        }
        return state
    }

    /// The kind that is stored as `number`.
    static func kind(_ number: Int) throws -> RunKind {
        guard let kind = RunKind.allCases.first(where: { RunRow.number($0) == number }) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "no such kind")
        }
        return kind
    }

    private static func keep(_ judgement: Judgement?, of id: RunID, _ database: Database) throws {
        guard let judgement else { return }
        let statement = try database.cachedStatement(sql: judge)
        try statement.execute(arguments: [try JSONEncoder().encode(judgement), id.data])
    }

    private static func values(_ record: RunRecord) -> [(any DatabaseValueConvertible)?] {
        [
            record.id.data, number(record.kind), number(record.state), record.createdAt.milliseconds,
            record.startedAt?.milliseconds, record.finishedAt?.milliseconds, record.attempts, record.priority.level,
            record.isCancelRequested, record.today.description, record.deadlineAt?.milliseconds, record.requestID,
            record.caller, record.callbackURL, record.trace?.traceparent, record.trace?.state,
            record.document.fileExtension, record.document.size, Data(record.document.sha256), record.idempotencyKey,
            record.fingerprint.map { Data($0) }, record.verdict, text(record.reasons), record.failure?.rawValue,
            record.fio, record.share, record.contentKey.map { Data($0) }, record.deadLetter?.rawValue, record.replays,
        ]
    }

    private static func text(_ reasons: [VerdictReason]) -> String {
        reasons.map(\.rawValue).joined(separator: ",")
    }
}
