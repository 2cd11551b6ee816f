import Foundation
import Observability
import Pipeline
import PostgresClient

/// Runs as rows in PostgreSQL, there and back. Numbers of states and kinds are those of `RunRow`.
enum PostgresRow {
    /// All columns of a record, in the order that `record` reads.
    static let columns = """
        run.run_id, run.kind, run.state, run.created_at, run.started_at, run.finished_at, run.attempts, run.priority, \
        run.cancel_requested, run.today, run.deadline_at, run.request_id, run.caller, run.callback_url, \
        run.traceparent, run.tracestate, run.document_extension, run.document_size, run.document_sha256, \
        run.idempotency_key, run.fingerprint, run.verdict, run.reasons, run.failure, run.fio, run.share, \
        run.content_key, run.dead_letter, run.replays
        """

    private static let insertion = """
        INSERT INTO run (run_id, kind, state, created_at, started_at, finished_at, attempts, priority, \
        cancel_requested, today, deadline_at, request_id, caller, callback_url, traceparent, tracestate, \
        document_extension, document_size, document_sha256, idempotency_key, fingerprint, verdict, reasons, failure, \
        fio, share, content_key, dead_letter, replays, owner) VALUES \
        ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
        $24, $25, $26, $27, $28, $29, $30) ON CONFLICT DO NOTHING
        """

    // Only the owner changes a run, and an ended one never changes: but the same end may be written twice, for its
    // first writing may have been done although nobody heard of it. An end after somebody's wish is a cancel.
    private static let updating = """
        UPDATE run SET state = CASE WHEN \(isUndone) THEN 4 ELSE $2 END, started_at = $3, finished_at = $4, \
        attempts = $5, cancel_requested = cancel_requested OR $6, \
        verdict = CASE WHEN \(isUndone) THEN NULL ELSE $7::boolean END, \
        reasons = CASE WHEN \(isUndone) THEN '' ELSE $8 END, failure = CASE WHEN \(isUndone) THEN NULL ELSE $9 END, \
        dead_letter = CASE WHEN \(isUndone) THEN NULL ELSE $10 END \
        WHERE run_id = $1 AND owner = $11 \
        AND (state < 2 OR state = $2 AND finished_at IS NOT DISTINCT FROM $4) RETURNING state
        """
    private static let isUndone = "cancel_requested AND $2::bigint IN (2, 3)"

    private static let judging = """
        INSERT INTO judgement (run_id, bytes) SELECT run_id, $2 FROM run \
        WHERE run_id = $1 AND owner = $3 AND state = 2 ON CONFLICT DO NOTHING
        """

    // Only a failed run is tried again, and only once for each wish.
    private static let replaying = """
        UPDATE run SET state = $2, started_at = NULL, finished_at = NULL, attempts = 0, cancel_requested = false, \
        deadline_at = NULL, failure = NULL, dead_letter = NULL, replays = $3, owner = $4 \
        WHERE run_id = $1 AND (state = 3 AND replays < $3 OR state = $2 AND replays = $3 AND owner = $4)
        """

    private static let expiring = """
        WITH gone AS (DELETE FROM run WHERE run_id = $1 AND state >= 2 RETURNING run_id), \
        forgotten AS (DELETE FROM judgement WHERE run_id IN (SELECT run_id FROM gone)), \
        told AS (DELETE FROM callback WHERE state <> 0 AND run_id IN (SELECT run_id FROM gone)) \
        INSERT INTO expired SELECT run_id, $2 FROM gone ON CONFLICT DO NOTHING
        """

    /// The statements of a change, made by `node`.
    static func statements(_ change: StoreWrite, _ node: String) throws(ServiceError) -> [PostgresStatement] {
        switch change {
        case .insert(let record, let judgement, _):
            return [insert(record, owner: node)] + (try keep(judgement, of: record.id, node))
        case .offer(let record, _): return [insert(record, owner: nil)]
        case .update(let record, let judgement):
            let update = PostgresStatement(
                updating,
                [
                    .bytes(record.id.bytes), number(RunRow.number(record.state)),
                    PostgresValue(record.startedAt?.milliseconds), PostgresValue(record.finishedAt?.milliseconds),
                    number(record.attempts), .boolean(record.isCancelRequested), PostgresValue(record.verdict),
                    .text(text(record.reasons)), PostgresValue(record.failure?.rawValue),
                    PostgresValue(record.deadLetter?.rawValue), .text(node),
                ])
            return [update] + (try keep(judgement, of: record.id, node)) + PostgresCallbackRow.making(record)
        case .replay(let record):
            return [
                PostgresStatement(
                    replaying,
                    [
                        .bytes(record.id.bytes), number(RunRow.number(record.state)), number(record.replays),
                        .text(node),
                    ])
            ]
        case .expire(let ids, let moment):
            return ids.map { PostgresStatement(expiring, [.bytes($0.bytes), .integer(moment.milliseconds)]) }
        case .forgetExpired(let moment):
            return [PostgresStatement("DELETE FROM expired WHERE expired_at < $1", [.integer(moment.milliseconds)])]
        case .callback(let change): return PostgresCallbackRow.statements(change, node)
        case .probe(let moment):
            let sql = "INSERT INTO probe VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
            return [PostgresStatement(sql, [.integer(moment.milliseconds)])]
        }
    }

    /// Takes a run back that nobody was told of.
    static func takingBack(_ id: RunID) -> PostgresStatement {
        PostgresStatement("DELETE FROM run WHERE run_id = $1 AND state < 2", [.bytes(id.bytes)])
    }

    /// Every record of a result over `columns`.
    static func records(_ result: PostgresResult) throws(ServiceError) -> [RunRecord] {
        var records: [RunRecord] = []
        records.reserveCapacity(result.count)
        for row in 0..<result.count { records.append(try record(result, row)) }
        return records
    }

    /// The id in a column.
    static func id(_ result: PostgresResult, _ row: Int, _ column: Int = 0) throws(ServiceError) -> RunID {
        guard let id = result.bytes(row, column).flatMap({ RunID(bytes: $0) }) else { throw unreadable }
        return id
    }

    /// What is thrown for a row that this program cannot have written.
    static var unreadable: ServiceError { ServiceError(.storageFailed, cause: "store: a row cannot be read") }

    /// A stored number of a state.
    static func state(_ number: Int64?) throws(ServiceError) -> RunState {
        guard let state = RunState.allCases.first(where: { Int64(RunRow.number($0)) == number }) else {
            throw unreadable
        }
        return state
    }

    /// A stored number of a kind.
    static func kind(_ number: Int64?) throws(ServiceError) -> RunKind {
        guard let kind = RunKind.allCases.first(where: { Int64(RunRow.number($0)) == number }) else {
            throw unreadable
        }
        return kind
    }

    private static func record(_ result: PostgresResult, _ row: Int) throws(ServiceError) -> RunRecord {
        guard let created = result.integer(row, 3), let today = result.text(row, 9).flatMap({ CalendarDate(iso: $0) }),
            let fileExtension = result.text(row, 16), let size = result.integer(row, 17),
            let sha256 = result.bytes(row, 18), let fio = result.text(row, 24)
        else { throw unreadable }
        var record = RunRecord(
            id: try id(result, row), kind: try kind(result.integer(row, 1)),
            createdAt: Timestamp(milliseconds: created), fio: fio, today: today,
            document: RunDocument(fileExtension: fileExtension, size: Int(size), sha256: sha256))
        record.state = try state(result.integer(row, 2))
        record.startedAt = result.integer(row, 4).map { Timestamp(milliseconds: $0) }
        record.finishedAt = result.integer(row, 5).map { Timestamp(milliseconds: $0) }
        record.attempts = Int(result.integer(row, 6) ?? 0)
        record.priority = JobPriority(Int(result.integer(row, 7) ?? 0))
        record.isCancelRequested = result.boolean(row, 8) ?? false
        record.deadlineAt = result.integer(row, 10).map { Timestamp(milliseconds: $0) }
        record.requestID = result.text(row, 11)
        record.caller = result.text(row, 12)
        record.callbackURL = result.text(row, 13)
        record.trace = result.text(row, 14).flatMap {
            TraceContext(traceparent: $0, tracestate: result.text(row, 15))
        }
        record.idempotencyKey = result.text(row, 19)
        record.fingerprint = result.bytes(row, 20)
        record.verdict = result.boolean(row, 21)
        record.reasons = (result.text(row, 22) ?? "").split(separator: ",")
            .compactMap { VerdictReason(rawValue: String($0)) }
        record.failure = result.text(row, 23).flatMap { ErrorCode(rawValue: $0) }
        record.share = result.text(row, 25)
        record.contentKey = result.bytes(row, 26)
        record.deadLetter = result.text(row, 27).flatMap { DeadLetterReason(rawValue: $0) }
        record.replays = Int(result.integer(row, 28) ?? 0)
        return record
    }

    private static func insert(_ record: RunRecord, owner: String?) -> PostgresStatement {
        PostgresStatement(
            insertion,
            [
                .bytes(record.id.bytes), number(RunRow.number(record.kind)), number(RunRow.number(record.state)),
                .integer(record.createdAt.milliseconds), PostgresValue(record.startedAt?.milliseconds),
                PostgresValue(record.finishedAt?.milliseconds), number(record.attempts),
                number(record.priority.level), .boolean(record.isCancelRequested), .text(record.today.description),
                PostgresValue(record.deadlineAt?.milliseconds), PostgresValue(record.requestID),
                PostgresValue(record.caller), PostgresValue(record.callbackURL),
                PostgresValue(record.trace?.traceparent), PostgresValue(record.trace?.state),
                .text(record.document.fileExtension), number(record.document.size), .bytes(record.document.sha256),
                PostgresValue(record.idempotencyKey), PostgresValue(record.fingerprint),
                PostgresValue(record.verdict), .text(text(record.reasons)), PostgresValue(record.failure?.rawValue),
                .text(record.fio), PostgresValue(record.share), PostgresValue(record.contentKey),
                PostgresValue(record.deadLetter?.rawValue), number(record.replays), PostgresValue(owner),
            ])
    }

    private static func keep(
        _ judgement: Judgement?, of id: RunID, _ node: String
    ) throws(ServiceError) -> [PostgresStatement] {
        guard let judgement else { return [] }
        do {
            let bytes = Array(try JSONEncoder().encode(judgement))
            return [PostgresStatement(judging, [.bytes(id.bytes), .bytes(bytes), .text(node)])]
        } catch {
            throw ServiceError(.storageFailed, cause: "store: a judgement cannot be encoded")
        }
    }

    private static func number(_ value: Int) -> PostgresValue { .integer(Int64(value)) }

    private static func text(_ reasons: [VerdictReason]) -> String {
        reasons.map(\.rawValue).joined(separator: ",")
    }
}
