import Foundation
import Observability
import PostgresClient

/// The tables in PostgreSQL, migration by migration. A migration that has been released is never changed.
enum PostgresSchema {
    /// What to do about a schema that is not this program's.
    enum Policy: Sendable {
        /// An empty database gets the tables, an older schema is refused: other nodes may run the older program.
        case refuseOlder
        /// Bring it up to date.
        case migrate
        /// Change nothing.
        case readOnly
    }

    /// The version that this program works with.
    static var current: Int { migrations.count }

    /// Brings the database to `current`, or refuses it. Blocks; one node at a time does it, others wait.
    ///
    /// - Returns: the version that was found.
    /// - Throws: `DEPENDENCY_UNAVAILABLE` when PostgreSQL cannot be reached, `STORAGE_FAILED` with what to do.
    @discardableResult
    static func prepare(
        _ configuration: PostgresConfiguration, _ policy: Policy, upTo target: Int = current
    ) throws(ServiceError) -> Int {
        // Making an index of a large table takes its time.
        var patient = configuration
        patient.timeout = .seconds(3600)
        do throws(PostgresError) {
            let connectEnd = ContinuousClock.now.advanced(by: configuration.timeout)
            let connection = try PostgresConnection(patient, until: connectEnd)
            let end = ContinuousClock.now.advanced(by: patient.timeout)
            // Ends with the session.
            _ = try connection.run([PostgresStatement("SELECT pg_advisory_lock(\(lockKey))")], until: end)
            let found = try version(connection, end)
            if let refusal = refusal(found, policy, target) { throw PostgresError.connection(refusal) }
            if found == 0, target > 0 {
                let columns = "(version bigint PRIMARY KEY, applied_at timestamptz NOT NULL)"
                let table = "CREATE TABLE IF NOT EXISTS idp_schema " + columns
                _ = try connection.run([PostgresStatement(table)], until: end)
            }
            for number in found..<max(found, target) {
                let done = "INSERT INTO idp_schema VALUES ($1, now())"
                let statements = migrations[number].map { PostgresStatement($0) }
                _ = try connection.run(
                    statements + [PostgresStatement(done, [.integer(Int64(number + 1))])], until: end)
            }
            return found
        } catch {
            if case .connection(let text) = error, text.hasPrefix(refused) {
                throw ServiceError(.storageFailed, String(text.dropFirst(refused.count)), cause: text)
            }
            throw error.serviceError
        }
    }

    private static let refused = "schema: "
    /// Any number, as long as nobody else takes it.
    private static let lockKey = 0x6964_705F_7363

    private static func version(
        _ connection: PostgresConnection, _ end: ContinuousClock.Instant
    ) throws(PostgresError) -> Int {
        let exists = try connection.run(
            [PostgresStatement("SELECT to_regclass('idp_schema') IS NOT NULL")], until: end)
        guard exists[0].boolean(0, 0) == true else { return 0 }
        let newest = "SELECT coalesce(max(version), 0) FROM idp_schema"
        return Int(try connection.run([PostgresStatement(newest)], until: end)[0].integer(0, 0) ?? 0)
    }

    private static func refusal(_ found: Int, _ policy: Policy, _ target: Int) -> String? {
        if found > target {
            return refused + "the job store has schema \(found), made by a newer idp-server; this one knows \(target)"
        }
        guard found < target else { return nil }
        switch policy {
        case .migrate: return nil
        case .refuseOlder where found == 0: return nil
        case .refuseOlder, .readOnly:
            return refused + "the job store has schema \(found) and this idp-server needs \(target): "
                + "run `idp-server migrate`, or start with IDP_STORE_MIGRATE=true"
        }
    }

    // kind: 0 sync, 1 job. state: 0 accepted, 1 running, 2 completed, 3 failed, 4 cancelled. Times are Unix
    // milliseconds. `rank` orders a caller's own jobs: by priority, and jobs that were interrupted again and again
    // behind all others.
    private static let migrations: [[String]] = [
        [
            """
            CREATE TABLE run (
                run_id bytea PRIMARY KEY CHECK (length(run_id) = 16),
                kind bigint NOT NULL,
                state bigint NOT NULL,
                created_at bigint NOT NULL,
                started_at bigint,
                finished_at bigint,
                attempts bigint NOT NULL,
                priority bigint NOT NULL,
                cancel_requested boolean NOT NULL,
                today text NOT NULL,
                deadline_at bigint,
                request_id text,
                caller text,
                callback_url text,
                traceparent text,
                tracestate text,
                document_extension text NOT NULL,
                document_size bigint NOT NULL,
                document_sha256 bytea NOT NULL,
                idempotency_key text,
                fingerprint bytea,
                verdict boolean,
                reasons text NOT NULL,
                failure text,
                fio text NOT NULL,
                share text,
                content_key bytea,
                dead_letter text,
                replays bigint NOT NULL,
                rank bigint NOT NULL GENERATED ALWAYS AS
                    (CASE WHEN attempts > 2 THEN 100 + attempts ELSE 9 - priority END) STORED
            )
            """,
            "CREATE INDEX run_by_kind_and_state ON run (kind, state, run_id)",
            "CREATE INDEX run_by_state ON run (state, run_id)",
            "CREATE INDEX run_by_kind ON run (kind, run_id)",
            """
            CREATE UNIQUE INDEX run_by_idempotency_key ON run (idempotency_key, coalesce(caller, ''))
                WHERE idempotency_key IS NOT NULL
            """,
            "CREATE INDEX run_by_content_key ON run (content_key, run_id) WHERE content_key IS NOT NULL",
            "CREATE INDEX run_dead_lettered ON run (run_id) WHERE dead_letter IS NOT NULL",
            "CREATE TABLE judgement (run_id bytea PRIMARY KEY, bytes bytea NOT NULL)",
            "CREATE TABLE expired (run_id bytea PRIMARY KEY, expired_at bigint NOT NULL)",
            "CREATE INDEX expired_by_time ON expired (expired_at)",
            "CREATE TABLE probe (id bigint PRIMARY KEY CHECK (id = 1), at bigint NOT NULL)",
        ],
        // Nodes, and whose each unfinished job is. The partial indexes hold only what waits or runs.
        [
            "ALTER TABLE run ADD COLUMN owner text",
            """
            CREATE TABLE node (
                node_id text PRIMARY KEY, beat bigint NOT NULL, since timestamptz NOT NULL DEFAULT now()
            )
            """,
            """
            CREATE INDEX run_in_pool ON run ((coalesce(share, '')), rank, run_id)
                WHERE state = 0 AND kind = 1 AND owner IS NULL
            """,
            """
            CREATE INDEX run_in_pool_by_deadline ON run (deadline_at)
                WHERE state = 0 AND kind = 1 AND owner IS NULL AND deadline_at IS NOT NULL
            """,
            "CREATE INDEX run_owned ON run (owner) WHERE state < 2 AND owner IS NOT NULL",
        ],
        // A caller with few runs finds them without a look at all others'.
        ["CREATE INDEX run_by_caller ON run (caller, run_id) WHERE caller IS NOT NULL"],
        PostgresCallbackRow.schema,
    ]
}

extension PostgresError {
    /// As the store reports it; the cause holds nothing of a row.
    var serviceError: ServiceError {
        switch self {
        case .connection, .timeout: return ServiceError(.dependencyUnavailable, retryAfter: 5, cause: "store: \(self)")
        case .server(let state, _, _):
            // Class 53: out of disk, memory or connections (PostgreSQL manual, appendix A).
            if state == "53100" { return ServiceError(.storageFull, retryAfter: 60, cause: "store: \(self)") }
            let code: ErrorCode = isTransient ? .dependencyUnavailable : .storageFailed
            return ServiceError(code, retryAfter: isTransient ? 5 : nil, cause: "store: \(self)")
        }
    }
}
