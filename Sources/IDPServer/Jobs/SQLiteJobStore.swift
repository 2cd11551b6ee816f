import Dispatch
import Foundation
import GRDB
import Observability
import Pipeline
import Synchronization

/// The embedded job store: one SQLite file in WAL mode, on stable storage before anybody is told.
///
/// DESIGN. All writes go through one `GroupCommit` on the queue `idp.store.writer`: whatever came while the last batch
/// was being flushed goes into the next one. A batch without new documents is one transaction with `synchronous=FULL`,
/// which flushes the log. A batch with new documents needs their folders flushed too, by one `DocumentSync` for all of
/// them. Where that covers the store's own file (same filesystem), the transaction is committed with
/// `synchronous=NORMAL`, which leaves the log unflushed but in order, and the sync that follows flushes log and
/// documents together: one flush for a batch, or for a lone submission. Else documents are flushed first, then the
/// log. Only then is each writer told. A row that was committed and could not be flushed is taken back.
///
/// A change that fails on its own does not take the others with it: the batch is then repeated change by change. Reads
/// run on the pool's own connections beside the writer.
///
/// Cost of a lookup does not grow with the table: by id through a unique index over 16-byte ids that grow with time,
/// lists through indexes that end in the id.
final class SQLiteJobStore: JobStore {
    /// A change on its way into a transaction, and who waits for it.
    fileprivate struct Entry: Sendable {
        var change: StoreWrite
        var completion: @Sendable (Result<Void, ServiceError>) -> Void
    }

    /// What the writer did, for metrics and tests.
    struct Statistics: Sendable, Equatable {
        /// Transactions that wrote.
        var commits = 0
        /// Those of them that flushed the log by themselves.
        var logFlushes = 0
        /// Changes in them.
        var changes = 0
        /// Flushes of documents.
        var documentSyncs = 0
        /// Batches that waited for company until a timer ran out.
        var waits = 0
    }

    private let pool: DatabasePool
    private let writer: GroupCommit<Entry>
    private let statisticsBox: StatisticsBox
    private let isClosed = Mutex(false)
    /// Held until the object goes.
    private let lock: FileLock?
    /// Reads and writes on their way: GRDB must not close under them.
    private let inFlight = DispatchGroup()

    /// How documents get to stable storage.
    struct DocumentSync: Sendable {
        /// Flushes everything that was written before; called on the writer's queue.
        var sync: @Sendable () throws(ServiceError) -> Void
        /// Whether it flushes the store's file too.
        var coversStore: Bool
    }

    /// A store whose documents are those of `artifacts`.
    convenience init(
        path: String, artifacts: DiskArtifactStore, batchLimit: Int = SQLiteJobStore.batchLimitDefault
    ) throws(ServiceError) {
        try self.init(path: path, batchLimit: batchLimit, isExclusive: true) { () throws(ServiceError) in
            let sync: @Sendable () throws(ServiceError) -> Void = { () throws(ServiceError) in
                try artifacts.makeDurable()
            }
            return DocumentSync(sync: sync, coversStore: artifacts.isOnSameFilesystem(as: path))
        }
    }

    /// Opens the file for writing, making it (mode 0600) and its folder where they are missing, and brings its schema
    /// up to date.
    ///
    /// - Parameters:
    ///   - batchLimit: most changes of a transaction, so that a flood cannot make one endless.
    ///   - isExclusive: whether no other process may have it so: two servers would run each job twice, also with run
    ///     folders of their own.
    ///   - documents: makes the sync, once the file is there.
    /// - Throws: `STORAGE_FULL` or `STORAGE_FAILED`.
    convenience init(
        path: String, batchLimit: Int = SQLiteJobStore.batchLimitDefault, isExclusive: Bool = false,
        documents: () throws(ServiceError) -> DocumentSync
    ) throws(ServiceError) {
        let lock = isExclusive ? try SQLiteJobStore.lock(path) : nil
        let pool = try SQLiteJobStore.open(path)
        let documents = try documents()
        self.init(pool: pool, batchLimit: batchLimit, lock: lock) { batch, box in
            SQLiteJobStore.flush(batch, pool, box, documents)
        }
    }

    /// Opens an existing file to look at it, beside a server that may be writing it: nothing is made, migrated or
    /// written; writes fail.
    ///
    /// - Throws: `STORAGE_FAILED`, also when there is no such file.
    convenience init(reading path: String) throws(ServiceError) {
        var configuration = Configuration()
        configuration.label = "idp.store"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            self.init(pool: try DatabasePool(path: path, configuration: configuration)) { batch, _ in
                let failure = ServiceError(.storageFailed, cause: "the store was opened for reading")
                for entry in batch { entry.completion(.failure(failure)) }
            }
        } catch {
            throw SQLiteJobStore.serviceError(error)
        }
    }

    /// - Parameter flush: writes a batch and tells each of it what came of it.
    private init(
        pool: DatabasePool, batchLimit: Int = SQLiteJobStore.batchLimitDefault, lock: FileLock? = nil,
        flush: @escaping @Sendable ([Entry], StatisticsBox) -> Void
    ) {
        let box = StatisticsBox()
        self.pool = pool
        self.lock = lock
        statisticsBox = box
        writer = GroupCommit(label: "idp.store.writer", batchLimit: batchLimit) { flush($0, box) }
    }

    /// Changes of a transaction, unless said otherwise.
    static let batchLimitDefault = 1024

    /// Counts since the store was opened.
    var statistics: Statistics { statisticsReader() }

    /// Reads the counts without keeping the store.
    var statisticsReader: @Sendable () -> Statistics {
        let box = statisticsBox
        let writer = writer
        return {
            var statistics = box.value.withLock { $0 }
            statistics.waits = writer.counts.flushesByTimer
            return statistics
        }
    }

    func announceInsert() { writer.announce() }

    func withdrawInsert() { writer.withdraw() }

    func write(_ change: StoreWrite, completion: @escaping @Sendable (Result<Void, ServiceError>) -> Void) {
        let wasAnnounced = change.bringsDocument
        guard enter() else {
            if wasAnnounced { writer.withdraw() }
            return completion(.failure(SQLiteJobStore.closed))
        }
        writer.add(
            Entry(change: change) { result in
                completion(result)
                self.inFlight.leave()
            }, isUrgent: change.isUrgent, wasAnnounced: wasAnnounced)
    }

    func run(_ id: RunID) throws(ServiceError) -> StoredRun {
        try read { database in
            let statement = try database.cachedStatement(sql: "\(RunRow.select) WHERE run_id = ?")
            if let row = try Row.fetchOne(statement, arguments: [id.data]) { return .found(try RunRow.record(row)) }
            let expired = try database.cachedStatement(sql: "SELECT 1 FROM expired WHERE run_id = ?")
            return try Row.fetchOne(expired, arguments: [id.data]) == nil ? .unknown : .expired
        }
    }

    func judgement(of id: RunID) throws(ServiceError) -> Judgement? {
        try read { database in
            let statement = try database.cachedStatement(sql: RunRow.selectJudgement)
            guard let bytes = try Data.fetchOne(statement, arguments: [id.data]) else { return nil }
            return try JSONDecoder().decode(Judgement.self, from: bytes)
        }
    }

    func run(matching match: RunMatch) throws(ServiceError) -> RunRecord? {
        switch match {
        case .idempotencyKey(let key, let caller):
            try rows("\(RunRow.select) WHERE idempotency_key = ? AND IFNULL(caller, '') = ?", [key, caller ?? ""]).first
        case .content(let key, let since):
            try rows(
                """
                \(RunRow.select) WHERE content_key = ? AND run_id >= ? AND state IN (?, ?, ?)
                ORDER BY run_id DESC LIMIT 1
                """,
                [Data(key), since.data] + [.accepted, .running, .completed].map { RunRow.number($0) }
            ).first
        }
    }

    func list(_ filter: RunFilter, before: RunID?, limit: Int) throws(ServiceError) -> [RunRecord] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if filter.isDeadLetter { conditions.append("dead_letter IS NOT NULL") }
        if let kind = filter.kind {
            conditions.append("kind = ?")
            arguments.append(RunRow.number(kind))
        }
        if let state = filter.state {
            conditions.append("state = ?")
            arguments.append(RunRow.number(state))
        }
        if let caller = filter.caller {
            conditions.append("caller = ?")
            arguments.append(caller)
        }
        if let before {
            conditions.append("run_id < ?")
            arguments.append(before.data)
        }
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        arguments.append(limit)
        return try rows("\(RunRow.select)\(condition) ORDER BY run_id DESC LIMIT ?", arguments)
    }

    func unfinishedJobs() throws(ServiceError) -> [RunRecord] {
        // A job that was interrupted again and again goes behind the others: if it is what kills the server, they are
        // done first; if not, being interrupted is spread over all.
        try rows(
            """
            \(RunRow.select) WHERE kind = ? AND state IN (?, ?)
            ORDER BY CASE WHEN attempts > 2 THEN attempts ELSE 0 END, priority DESC, run_id
            """,
            [RunRow.number(RunKind.job), RunRow.number(RunState.accepted), RunRow.number(RunState.running)])
    }

    func endedRuns(above: RunID?, below: RunID, limit: Int) throws(ServiceError) -> [EndedRun] {
        try read { database in
            let sql = """
                SELECT run_id, kind, state FROM run WHERE run_id > ? AND run_id < ? AND state >= ?
                ORDER BY run_id LIMIT ?
                """
            let arguments: StatementArguments = [
                above?.data ?? Data(), below.data, RunRow.number(RunState.completed), limit,
            ]
            return try Row.fetchAll(database, sql: sql, arguments: arguments).compactMap { row in
                guard let id = RunID(bytes: row[0] as Data) else { return nil }
                return EndedRun(id: id, kind: try RunRow.kind(row[1]), state: try RunRow.state(row[2]))
            }
        }
    }

    func expiredRuns(since moment: Timestamp, limit: Int) throws(ServiceError) -> [RunID] {
        try read { database in
            let sql = "SELECT run_id FROM expired WHERE expired_at >= ? ORDER BY expired_at DESC LIMIT ?"
            let statement = try database.cachedStatement(sql: sql)
            return try Data.fetchAll(statement, arguments: [moment.milliseconds, limit])
                .compactMap { RunID(bytes: $0) }
        }
    }

    func jobCounts() throws(ServiceError) -> [RunState: Int] {
        try read { database in
            let sql = "SELECT state, COUNT(*) FROM run WHERE kind = ? GROUP BY state"
            var counts: [RunState: Int] = [:]
            for row in try Row.fetchAll(database, sql: sql, arguments: [RunRow.number(RunKind.job)]) {
                counts[try RunRow.state(row[0])] = row[1]
            }
            return counts
        }
    }

    /// A pragma of the writing connection, for tests.
    func pragma<Value: DatabaseValueConvertible & StatementColumnConvertible & Sendable>(
        _ name: String
    ) throws -> Value? {
        try pool.writeWithoutTransaction { try Value.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    /// How SQLite would run a query, for tests.
    func plan(of sql: String) throws -> String {
        try pool.read { database in
            let arguments = StatementArguments(sql.filter { $0 == "?" }.map { _ in 0 })
            let rows = try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments)
            return rows.map { $0["detail"] as String }.joined(separator: "; ")
        }
    }

    func close() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if wasClosed { return }
        inFlight.wait()
        // One file is easier to copy than a file and its log; unwritten, the log is taken up at the next start. Not for
        // who only looks, or has nothing to add to a file that another process writes.
        if lock != nil { try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } }
        // Closing can only fail while a statement is open; the file is sound either way.
        try? pool.close()
    }

    private func rows(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(ServiceError) -> [RunRecord] {
        try read { database in
            let statement = try database.cachedStatement(sql: sql)
            return try Row.fetchAll(statement, arguments: StatementArguments(arguments)).map { try RunRow.record($0) }
        }
    }

    /// Enters the calls on their way; false when the store is closed.
    private func enter() -> Bool {
        isClosed.withLock { isClosed in
            if !isClosed { inFlight.enter() }
            return !isClosed
        }
    }

    /// Reads on a connection of the pool, beside the writer.
    func read<Value: Sendable>(_ body: (Database) throws -> Value) throws(ServiceError) -> Value {
        guard enter() else { throw SQLiteJobStore.closed }
        defer { inFlight.leave() }
        do {
            return try pool.read(body)
        } catch {
            throw ServiceError(.storageFailed, cause: "store: \(error)")
        }
    }
}

/// Shared between the store and its writer's queue.
private final class StatisticsBox: Sendable {
    let value = Mutex(SQLiteJobStore.Statistics())
}

extension SQLiteJobStore {
    private static func makeFolder(of path: String) throws(FileError) {
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty { try FileSystem.makeFolders(folder) }
    }

    private static func lock(_ path: String) throws(ServiceError) -> FileLock {
        do throws(FileError) {
            try makeFolder(of: path)
            return try FileLock(path + ".lock", whose: "using this store")
        } catch {
            throw error.serviceError(otherwise: .storageFailed)
        }
    }

    private static func open(_ path: String) throws(ServiceError) -> DatabasePool {
        do {
            try makeFolder(of: path)
            // SQLite would make the file 0644; the WAL and its index take the file's mode.
            let file = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw FileError(call: "open", path: path, number: errno) }
            Foundation.close(file)
            var configuration = Configuration()
            configuration.label = "idp.store"
            configuration.busyMode = .timeout(5)
            configuration.maximumReaderCount = 4
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA cache_size = -8192; PRAGMA mmap_size = 268435456")
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // GRDB sets NORMAL in WAL mode, which can lose the last commits on power loss.
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
            }
            try RunSchema.migrator.migrate(pool)
            return pool
        } catch {
            var failure = serviceError(error)
            failure.cause = "\(path): \(failure.cause ?? failure.message)"
            throw failure
        }
    }

    private static func flush(
        _ batch: [Entry], _ pool: DatabasePool, _ box: StatisticsBox, _ documents: DocumentSync
    ) {
        let bringsDocuments = batch.contains { $0.change.bringsDocument }
        do {
            if bringsDocuments, !documents.coversStore { try sync(documents, box) }
            let isSyncedLater = bringsDocuments && documents.coversStore
            try commit(batch, pool, box, isSyncedLater: isSyncedLater)
            if isSyncedLater {
                do {
                    try sync(documents, box)
                } catch {
                    takeBack(batch, pool)
                    throw error
                }
            }
        } catch where batch.count > 1 {
            for entry in batch { flush([entry], pool, box, documents) }
            return
        } catch {
            let failure = serviceError(error)
            for entry in batch { entry.completion(.failure(failure)) }
            return
        }
        for entry in batch { entry.completion(.success(())) }
    }

    private static func sync(_ documents: DocumentSync, _ box: StatisticsBox) throws {
        box.value.withLock { $0.documentSyncs += 1 }
        try documents.sync()
    }

    private static func commit(
        _ batch: [Entry], _ pool: DatabasePool, _ box: StatisticsBox, isSyncedLater: Bool
    ) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = \(isSyncedLater ? "NORMAL" : "FULL")")
            try database.inTransaction(.immediate) {
                for entry in batch { try RunRow.apply(entry.change, database) }
                return .commit
            }
        }
        box.value.withLock { statistics in
            statistics.commits += 1
            statistics.changes += batch.count
            if !isSyncedLater { statistics.logFlushes += 1 }
        }
    }

    /// Removes the rows of submissions that could not be made durable. If that fails too, the next start finds them,
    /// unknown to everybody, and fails them for want of their document.
    private static func takeBack(_ batch: [Entry], _ pool: DatabasePool) {
        let ids = batch.compactMap { $0.change.insertedWithDocument }
        try? pool.write { database in
            for id in ids { try database.execute(sql: "DELETE FROM run WHERE run_id = ?", arguments: [id.data]) }
        }
    }

    fileprivate static var closed: ServiceError { ServiceError(.shuttingDown, cause: "the store is closed") }

    private static func serviceError(_ error: any Error) -> ServiceError {
        switch error {
        case let error as ServiceError: return error
        case let error as FileError: return error.serviceError(otherwise: .storageFailed)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            return ServiceError(.storageFull, cause: "store: \(error.resultCode)")
        case let error as DatabaseError where error.message?.contains(RunSchema.keyIndex) == true:
            return ServiceError(.idempotencyInProgress, cause: "store: the key is taken")
        case let error as DatabaseError:
            // The description would hold the statement's arguments, and with them names.
            let message = "store: \(error.extendedResultCode) \(error.message ?? "")"
            return ServiceError(.storageFailed, cause: message)
        default: return ServiceError(.storageFailed, cause: "store: \(type(of: error))")
        }
    }
}

extension RunID {
    /// The 16 bytes as the store keeps them.
    var data: Data { Data(bytes) }
}
