import GRDB

/// The tables of the embedded store, migration by migration. A migration that has been released is never changed.
enum RunSchema {
    /// Brings any earlier file up to date.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: runs") { database in
            try database.execute(sql: runs)
        }
        migrator.registerMigration("2: shares, dead letters, unique keys") { database in
            try database.execute(sql: shares)
        }
        migrator.registerMigration("3: judgements apart") { database in
            try database.execute(sql: judgements)
        }
        migrator.registerMigration("4: runs by caller") { database in
            try database.execute(sql: callers)
        }
        migrator.registerMigration("5: callbacks") { database in
            try database.execute(sql: CallbackRow.schema)
        }
        return migrator
    }

    // kind: 0 sync, 1 job. state: 0 accepted, 1 running, 2 completed, 3 failed, 4 cancelled. Times are Unix
    // milliseconds. The judgement stands last: a row's tail is read only when it is asked for (SQLite file format
    // §1.6).
    private static let runs = """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            run_id BLOB NOT NULL UNIQUE CHECK (length(run_id) = 16),
            kind INTEGER NOT NULL,
            state INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            attempts INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            cancel_requested INTEGER NOT NULL,
            today TEXT NOT NULL,
            deadline_at INTEGER,
            request_id TEXT,
            caller TEXT,
            callback_url TEXT,
            traceparent TEXT,
            tracestate TEXT,
            document_extension TEXT NOT NULL,
            document_size INTEGER NOT NULL,
            document_sha256 BLOB NOT NULL,
            idempotency_key TEXT,
            fingerprint BLOB,
            verdict INTEGER,
            reasons TEXT NOT NULL,
            failure TEXT,
            fio TEXT NOT NULL,
            judgement BLOB
        ) STRICT;
        CREATE INDEX run_by_kind_and_state ON run (kind, state, run_id);
        CREATE INDEX run_by_state ON run (state, run_id);
        CREATE INDEX run_by_kind ON run (kind, run_id);
        CREATE INDEX run_by_idempotency_key ON run (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE TABLE expired (
            run_id BLOB NOT NULL PRIMARY KEY,
            expired_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX expired_by_time ON expired (expired_at);
        CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
        """

    /// The index that keeps a caller's key unique: SQLite names it where an insert breaks it.
    static let keyIndex = "run_by_idempotency_key"

    // A caller's key is unique; nobody (NULL) is a caller too. The partial indexes hold only the rows that have what
    // they are about, so that a run without costs nothing.
    private static let shares = """
        ALTER TABLE run ADD COLUMN share TEXT;
        ALTER TABLE run ADD COLUMN content_key BLOB;
        ALTER TABLE run ADD COLUMN dead_letter TEXT;
        ALTER TABLE run ADD COLUMN replays INTEGER NOT NULL DEFAULT 0;
        DROP INDEX run_by_idempotency_key;
        CREATE UNIQUE INDEX run_by_idempotency_key ON run (idempotency_key, IFNULL(caller, ''))
            WHERE idempotency_key IS NOT NULL;
        CREATE INDEX run_by_content_key ON run (content_key, run_id) WHERE content_key IS NOT NULL;
        CREATE INDEX run_dead_lettered ON run (run_id) WHERE dead_letter IS NOT NULL;
        """

    // A caller with few runs finds them without a look at all others'. Without authentication it holds nothing.
    private static let callers =
        "CREATE INDEX run_by_caller ON run (caller, run_id) WHERE caller IS NOT NULL"

    // A judgement is some times as big as the rest of its run and asked for once, if ever. Among the runs it would
    // leave one row on a page, and looking one up among a million would read pages that nobody else had. `id` is that
    // of the run.
    private static let judgements = """
        CREATE TABLE judgement (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        INSERT INTO judgement SELECT id, judgement FROM run WHERE judgement IS NOT NULL;
        ALTER TABLE run DROP COLUMN judgement;
        """
}
