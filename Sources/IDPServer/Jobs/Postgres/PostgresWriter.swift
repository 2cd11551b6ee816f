import Foundation
import Observability
import PostgresClient
import Synchronization

/// Writes batches of changes, each as one transaction in one round trip. Runs on the store's writer queue only.
///
/// DESIGN. A batch whose connection broke may have been committed although nobody heard of it. It is written again on a
/// new connection, and every change is such that a second writing does nothing: ids are random, an update says whose
/// run and which end. Before that, the session of the broken connection is ended on the server, so that what is still
/// on its way there cannot be done later. Only when PostgreSQL stays away longer than `patience` are the callers told
/// that it failed; submissions that may stand in the store after all are then taken back before anything else is
/// written.
final class PostgresWriter: @unchecked Sendable {
    // Sendable: everything that changes is touched on the writer's serial queue only; counts are behind a lock.

    /// A change on its way into a transaction, and who waits for it.
    struct Entry: Sendable {
        /// What to do.
        var change: StoreWrite
        /// Called once, on the writer's queue.
        var completion: @Sendable (Result<Void, ServiceError>) -> Void
    }

    private let configuration: PostgresConfiguration
    private let node: String
    private let syncDocuments: @Sendable () throws(ServiceError) -> Void
    private let counts = Mutex(PostgresJobStore.Statistics())
    private var connection: PostgresConnection?
    private var doubtful: Set<RunID> = []
    /// The server's processes of connections that broke.
    private var brokenBackends: [Int64] = []

    /// How long a batch is tried while PostgreSQL is away.
    private static let patience = Duration.seconds(5)
    private static let pauses = Duration.milliseconds(20)...Duration.milliseconds(500)
    /// Ids in one message, which may have 8000 bytes.
    private static let idsPerMessage = 200

    /// - Parameters:
    ///   - node: the owner of what is inserted.
    ///   - syncDocuments: puts documents on stable storage; called on the writer's queue.
    init(
        _ configuration: PostgresConfiguration, node: String,
        syncDocuments: @escaping @Sendable () throws(ServiceError) -> Void
    ) {
        self.configuration = configuration
        self.node = node
        self.syncDocuments = syncDocuments
    }

    /// What was written so far. Any thread.
    var statistics: PostgresJobStore.Statistics { counts.withLock { $0 } }

    /// Writes a batch and tells each of it what came of it.
    func flush(_ batch: [Entry]) {
        do throws(ServiceError) {
            if batch.contains(where: \.change.bringsDocument) { try syncDocuments() }
        } catch {
            // One document that cannot be flushed must not cost the others.
            if batch.count > 1 { return batch.forEach { flush([$0]) } }
            return batch.forEach { $0.completion(.failure(error)) }
        }
        write(batch, until: .now.advanced(by: Self.patience), isRepeat: false)
    }

    /// Runs statements of the store itself on the writer's connection.
    func run(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresResult] {
        let end = ContinuousClock.now.advanced(by: configuration.timeout)
        let open: PostgresConnection
        if let connection {
            open = connection
        } else {
            open = try PostgresConnection(configuration, until: end)
            try endBrokenBackends(open, until: end)
            connection = open
        }
        do throws(PostgresError) {
            return try open.run(statements, until: end)
        } catch {
            if open.isBroken {
                connection = nil
                brokenBackends.append(open.backendID)
                counts.withLock { $0.reconnects += 1 }
            }
            throw error
        }
    }

    /// Ends the sessions of connections that broke and waits for their ends.
    private func endBrokenBackends(
        _ open: PostgresConnection, until end: ContinuousClock.Instant
    ) throws(PostgresError) {
        let wait = max(1, Int64(configuration.timeout / .milliseconds(2)))
        let sql = """
            SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity \
            WHERE pid = $1::bigint AND usename = current_user AND backend_type = 'client backend'
            """
        while let backend = brokenBackends.last {
            let ended = try open.run([PostgresStatement(sql, [.integer(backend), .integer(wait)])], until: end)[0]
            // It may have ended by itself meanwhile.
            guard ended.count == 0 || ended.boolean(0, 0) == true else { throw .timeout }
            brokenBackends.removeLast()
        }
    }

    private func write(_ batch: [Entry], until end: ContinuousClock.Instant, isRepeat: Bool) {
        var isRepeat = isRepeat
        var pause = Self.pauses.lowerBound
        while true {
            do throws(PostgresError) {
                for (entry, outcome) in zip(batch, try commit(batch, isRepeat: isRepeat)) { entry.completion(outcome) }
                return
            } catch {
                let isLate = ContinuousClock.now >= end
                if error.isTransient, !isLate {
                    isRepeat = true
                    // On a queue of its own, where nothing else can go on before the server is back.
                    Thread.sleep(forTimeInterval: Double.random(in: 0.5...1) * (pause / .seconds(1)))
                    pause = min(pause * 2, Self.pauses.upperBound)
                    continue
                }
                // A change that fails on its own must not take the others with it.
                if !error.isTransient, batch.count > 1 {
                    for entry in batch { write([entry], until: end, isRepeat: isRepeat) }
                    return
                }
                if error.isTransient { doubtful.formUnion(batch.compactMap(\.change.insertedWithDocument)) }
                let failure = error.serviceError
                for entry in batch { entry.completion(.failure(failure)) }
                return
            }
        }
    }

    private func commit(
        _ batch: [Entry], isRepeat: Bool
    ) throws(PostgresError) -> [Result<Void, ServiceError>] {
        var statements = doubtful.map { PostgresRow.takingBack($0) }
        var plans: [Result<Range<Int>, ServiceError>] = []
        for entry in batch {
            do throws(ServiceError) {
                let own = try PostgresRow.statements(entry.change, node)
                plans.append(.success(statements.count..<statements.count + own.count))
                statements += own
            } catch {
                plans.append(.failure(error))
            }
        }
        statements += messages(about: batch)
        let results = try run(statements)
        doubtful = []
        counts.withLock { counts in
            counts.commits += 1
            counts.changes += batch.count
        }
        return zip(batch, plans).map { entry, plan in
            plan.flatMap { outcome(of: entry.change, results[$0], isRepeat: isRepeat) }
        }
    }

    /// What the other nodes are told, in the same transaction: which runs changed, and that jobs wait for somebody.
    private func messages(about batch: [Entry]) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        var ids: [RunID] = []
        var isOffer = false
        for entry in batch {
            switch entry.change {
            case .update(let record, _) where record.kind == .job: ids.append(record.id)
            case .replay(let record): ids.append(record.id)
            case .offer: isOffer = true
            case .insert, .update, .expire, .forgetExpired, .callback, .probe: break
            }
        }
        while !ids.isEmpty {
            let part = ids.prefix(Self.idsPerMessage)
            ids.removeFirst(part.count)
            let payload = StoreMessage(node: node, ids: Array(part)).text
            statements.append(PostgresStatement("SELECT pg_notify('idp_runs', $1)", [.text(payload)]))
        }
        if isOffer { statements.append(PostgresStatement("SELECT pg_notify('idp_pool', '')")) }
        return statements
    }

    private func outcome(
        of change: StoreWrite, _ results: ArraySlice<PostgresResult>, isRepeat: Bool
    ) -> Result<Void, ServiceError> {
        guard let first = results.first else { return .success(()) }
        switch change {
        case .insert(let record, _, _), .offer(let record, _):
            return first.affected == 1 ? .success(()) : conflict(of: record, isRepeat: isRepeat)
        case .update(let record, _):
            guard first.count == 1 else { return .failure(.superseded) }
            let stored = first.integer(0, 0)
            return stored == Int64(RunRow.number(record.state))
                ? .success(()) : .failure(ServiceError(.clientClosedRequest, cause: "store: cancelled on another node"))
        case .replay:
            return first.affected == 1
                ? .success(()) : .failure(ServiceError(.jobNotReplayable, cause: "store: not failed"))
        case .expire, .forgetExpired, .callback, .probe: return .success(())
        }
    }

    /// Why a row was not inserted: it is there already from the first time, or its key is another run's.
    private func conflict(of record: RunRecord, isRepeat: Bool) -> Result<Void, ServiceError> {
        do throws(PostgresError) {
            let sql = "SELECT 1::bigint FROM run WHERE run_id = $1"
            let isThere = try run([PostgresStatement(sql, [.bytes(record.id.bytes)])])[0].count == 1
            if isThere, isRepeat { return .success(()) }
            if isThere { return .failure(ServiceError(.storageFailed, cause: "store: the run is there already")) }
            return .failure(ServiceError(.idempotencyInProgress, cause: "store: the key is taken"))
        } catch {
            return .failure(error.serviceError)
        }
    }
}

/// What nodes tell each other about runs, as text.
struct StoreMessage: Sendable, Equatable {
    /// Who tells it.
    var node: String
    /// The runs that it is about.
    var ids: [RunID]

    /// A message to the other nodes.
    init(node: String, ids: [RunID]) {
        self.node = node
        self.ids = ids
    }

    /// From a message's text; ids that are none are left out.
    init(_ text: String) {
        let parts = text.split(separator: " ")
        node = parts.first.map(String.init) ?? ""
        ids = parts.dropFirst().compactMap { RunID($0) }
    }

    /// `<node> <run id> <run id> …`
    var text: String { ([node] + ids.map(\.description)).joined(separator: " ") }
}
