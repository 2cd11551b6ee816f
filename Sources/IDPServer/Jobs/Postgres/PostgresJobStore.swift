import Dispatch
import Foundation
import Observability
import Pipeline
import PostgresClient
import Synchronization

/// The job store that nodes share: PostgreSQL 14 or newer.
///
/// DESIGN. Writes go through one `GroupCommit` on `idp.store.writer`, as in the embedded store, and from there in one
/// round trip a batch (`PostgresWriter`): what came while the last transaction was flushed shares the next one. Reads
/// take a connection of a small pool. One more connection, on a thread of its own, shows that the node lives and hears
/// what the others tell (`PostgresSession`). Documents are flushed before the rows that need them.
final class PostgresJobStore: SharedJobStore {
    /// What was written, for metrics and tests.
    struct Statistics: Sendable, Equatable {
        /// Transactions of the writer.
        var commits = 0
        /// Changes in them.
        var changes = 0
        /// Connections of the writer that broke.
        var reconnects = 0
    }

    let node: String
    private let pool: PostgresPool
    private let writer: PostgresWriter
    private let commits: GroupCommit<PostgresWriter.Entry>
    private let session: PostgresSession?
    private let isClosed = Mutex(false)
    private let inFlight = DispatchGroup()

    /// Connects, sees to the schema and enters this node among the others.
    ///
    /// - Parameters:
    ///   - connections: for reads.
    ///   - lease: how long a node may be silent before others take its runs.
    ///   - syncDocuments: puts documents on stable storage; called on the writer's queue.
    /// - Throws: `DEPENDENCY_UNAVAILABLE`, or `STORAGE_FAILED` when the schema is not this program's.
    init(
        _ configuration: PostgresConfiguration, connections: Int = 4, schema: PostgresSchema.Policy = .refuseOlder,
        lease: Duration = .seconds(10), node: String = PostgresJobStore.newNode(),
        syncDocuments: @escaping @Sendable () throws(ServiceError) -> Void = { () throws(ServiceError) in }
    ) throws(ServiceError) {
        try PostgresSchema.prepare(configuration, schema)
        self.node = node
        pool = PostgresPool(configuration, limit: connections)
        let writer = PostgresWriter(configuration, node: node, syncDocuments: syncDocuments)
        self.writer = writer
        commits = GroupCommit(label: "idp.store.writer") { writer.flush($0) }
        switch schema {
        case .readOnly: session = nil
        case .refuseOlder, .migrate:
            // Before its first run: a run whose owner is no node is taken by whoever sees it.
            _ = try Self.reading(pool, [PostgresSession.firstBeat(of: node)], isRead: false)
            session = PostgresSession(configuration, node: node, lease: lease)
        }
    }

    /// A name that no other process has: the machine's, so that people know it, and chance.
    static func newNode() -> String {
        let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) ?? "node"
        let name = host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.prefix(40)
        return "\(name)-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    }

    /// Counts since the store was opened.
    var statistics: Statistics { writer.statistics }

    /// Reads the counts without keeping the store.
    var statisticsReader: @Sendable () -> Statistics { { [writer] in writer.statistics } }

    func announceInsert() { commits.announce() }

    func withdrawInsert() { commits.withdraw() }

    func write(_ change: StoreWrite, completion: @escaping @Sendable (Result<Void, ServiceError>) -> Void) {
        let wasAnnounced = change.bringsDocument
        guard enter() else {
            if wasAnnounced { commits.withdraw() }
            return completion(.failure(ServiceError(.shuttingDown, cause: "the store is closed")))
        }
        commits.add(
            PostgresWriter.Entry(change: change) { result in
                completion(result)
                self.inFlight.leave()
            }, isUrgent: change.isUrgent, wasAnnounced: wasAnnounced)
    }

    func run(_ id: RunID) throws(ServiceError) -> StoredRun {
        let results = try read([
            select("WHERE run_id = $1", [.bytes(id.bytes)]),
            PostgresStatement("SELECT 1::bigint FROM expired WHERE run_id = $1", [.bytes(id.bytes)]),
        ])
        if let record = try PostgresRow.records(results[0]).first { return .found(record) }
        return results[1].count == 0 ? .unknown : .expired
    }

    func run(matching match: RunMatch) throws(ServiceError) -> RunRecord? {
        switch match {
        case .idempotencyKey(let key, let caller):
            return try rows(
                "WHERE idempotency_key = $1 AND coalesce(caller, '') = $2", [.text(key), .text(caller ?? "")]
            ).first
        case .content(let key, let since):
            return try rows(
                "WHERE content_key = $1 AND run_id >= $2 AND state IN (0, 1, 2) ORDER BY run_id DESC LIMIT 1",
                [.bytes(key), .bytes(since.bytes)]
            ).first
        }
    }

    func judgement(of id: RunID) throws(ServiceError) -> Judgement? {
        let sql = "SELECT bytes FROM judgement WHERE run_id = $1"
        let found = try read([PostgresStatement(sql, [.bytes(id.bytes)])])[0]
        guard found.count == 1, let bytes = found.bytes(0, 0) else { return nil }
        do {
            return try JSONDecoder().decode(Judgement.self, from: Data(bytes))
        } catch {
            throw PostgresRow.unreadable
        }
    }

    func list(_ filter: RunFilter, before: RunID?, limit: Int) throws(ServiceError) -> [RunRecord] {
        var conditions: [String] = []
        var values: [PostgresValue] = []
        func add(_ condition: String, _ value: PostgresValue) {
            values.append(value)
            conditions.append("\(condition) $\(values.count)")
        }
        if filter.isDeadLetter { conditions.append("dead_letter IS NOT NULL") }
        if let kind = filter.kind { add("kind =", .integer(Int64(RunRow.number(kind)))) }
        if let state = filter.state { add("state =", .integer(Int64(RunRow.number(state)))) }
        if let caller = filter.caller { add("caller =", .text(caller)) }
        if let before { add("run_id <", .bytes(before.bytes)) }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        values.append(.integer(Int64(limit)))
        return try rows("\(condition) ORDER BY run_id DESC LIMIT $\(values.count)", values)
    }

    func unfinishedJobs() throws(ServiceError) -> [RunRecord] {
        try rows("WHERE kind = 1 AND state IN (0, 1) ORDER BY rank, priority DESC, run_id", [])
    }

    func endedRuns(above: RunID?, below: RunID, limit: Int) throws(ServiceError) -> [EndedRun] {
        let sql = """
            SELECT run_id, kind, state FROM run WHERE run_id > $1 AND run_id < $2 AND state >= 2 \
            ORDER BY run_id LIMIT $3
            """
        let found = try read([
            PostgresStatement(sql, [.bytes(above?.bytes ?? []), .bytes(below.bytes), .integer(Int64(limit))])
        ])[0]
        var runs: [EndedRun] = []
        for row in 0..<found.count {
            runs.append(
                EndedRun(
                    id: try PostgresRow.id(found, row), kind: try PostgresRow.kind(found.integer(row, 1)),
                    state: try PostgresRow.state(found.integer(row, 2))))
        }
        return runs
    }

    func expiredRuns(since moment: Timestamp, limit: Int) throws(ServiceError) -> [RunID] {
        let sql = "SELECT run_id FROM expired WHERE expired_at >= $1 ORDER BY expired_at DESC LIMIT $2"
        let found = try read([
            PostgresStatement(sql, [.integer(moment.milliseconds), .integer(Int64(limit))])
        ])[0]
        var ids: [RunID] = []
        for row in 0..<found.count { ids.append(try PostgresRow.id(found, row)) }
        return ids
    }

    func jobCounts() throws(ServiceError) -> [RunState: Int] {
        let found = try read([PostgresStatement("SELECT state, count(*) FROM run WHERE kind = 1 GROUP BY state")])[0]
        var counts: [RunState: Int] = [:]
        for row in 0..<found.count {
            counts[try PostgresRow.state(found.integer(row, 0))] = Int(found.integer(row, 1) ?? 0)
        }
        return counts
    }

    func close() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if wasClosed { return }
        inFlight.wait()
        session?.stop()
        if session != nil {
            // Left undone, the others do it when the lease ends.
            _ = try? pool.run(PostgresSession.leaving(node), isRead: false)
        }
        pool.close()
    }

    /// Reads on a connection of the pool.
    func read(_ statements: [PostgresStatement], isRead: Bool = true) throws(ServiceError) -> [PostgresResult] {
        guard enter() else { throw ServiceError(.shuttingDown, cause: "the store is closed") }
        defer { inFlight.leave() }
        return try Self.reading(pool, statements, isRead: isRead)
    }

    /// Begins to beat and to listen.
    func beginSharing(_ events: SharedStoreEvents) { session?.start(events) }

    private static func reading(
        _ pool: PostgresPool, _ statements: [PostgresStatement], isRead: Bool
    ) throws(ServiceError) -> [PostgresResult] {
        do throws(PostgresError) {
            return try pool.run(statements, isRead: isRead)
        } catch {
            throw error.serviceError
        }
    }

    private func rows(_ condition: String, _ values: [PostgresValue]) throws(ServiceError) -> [RunRecord] {
        try PostgresRow.records(try read([select(condition, values)])[0])
    }

    private func select(_ condition: String, _ values: [PostgresValue]) -> PostgresStatement {
        PostgresStatement("SELECT \(PostgresRow.columns) FROM run \(condition)", values)
    }

    /// Enters the calls on their way; false when the store is closed.
    private func enter() -> Bool {
        isClosed.withLock { isClosed in
            if !isClosed { inFlight.enter() }
            return !isClosed
        }
    }
}
