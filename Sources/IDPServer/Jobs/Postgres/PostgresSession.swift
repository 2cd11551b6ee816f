import Dispatch
import Foundation
import Observability
import PostgresClient
import Synchronization

/// One node among the others: shows that it lives, hears what they tell, and takes the runs of those that have gone.
///
/// DESIGN. A thread of its own with a connection of its own. A beat, five in a lease, is one transaction: it counts the
/// node up, reads the others' counts (`PeerWatch` says who has gone), takes unfinished jobs whose owner is no node any
/// more (those that waited go back to the pool, those that ran become this node's), and jobs of the pool whose deadline
/// has passed. Between beats the thread sleeps on the connection, where messages of the others arrive.
final class PostgresSession: Sendable {
    private let configuration: PostgresConfiguration
    private let node: String
    private let lease: Duration
    private let isStopping = Mutex(false)
    private let ended = DispatchGroup()
    /// Given once the session is to end.
    private let wake = WakeSignal()

    private static let beatsPerLease = 5
    private static let pauseMax = Duration.milliseconds(1000)

    /// - Parameter lease: the silence after which another node has gone.
    init(_ configuration: PostgresConfiguration, node: String, lease: Duration) {
        self.configuration = configuration
        self.node = node
        self.lease = lease
    }

    /// Enters the node among the others, or counts it up.
    static func firstBeat(of node: String) -> PostgresStatement {
        let sql = """
            INSERT INTO node (node_id, beat) VALUES ($1, 1) ON CONFLICT (node_id) DO UPDATE SET beat = node.beat + 1 \
            RETURNING beat
            """
        return PostgresStatement(sql, [.text(node)])
    }

    /// Gives back what waits and takes the node out.
    static func leaving(_ node: String) -> [PostgresStatement] {
        [
            PostgresStatement(
                "UPDATE run SET owner = NULL WHERE owner = $1 AND state = 0 AND kind = 1 AND NOT cancel_requested",
                [.text(node)]),
            PostgresCallbackRow.releasing(of: node, except: []),
            PostgresStatement("DELETE FROM node WHERE node_id = $1", [.text(node)]),
            PostgresStatement("SELECT pg_notify('idp_pool', '')"),
        ]
    }

    /// Starts the thread. Once.
    func start(_ events: SharedStoreEvents) {
        ended.enter()
        let thread = Thread { [self] in
            run(events)
            ended.leave()
        }
        thread.name = "idp-store-session"
        thread.start()
    }

    /// Ends the thread and waits for it.
    func stop() {
        isStopping.withLock { $0 = true }
        wake.give()
        ended.wait()
    }

    private func run(_ events: SharedStoreEvents) {
        var connection: PostgresConnection?
        var peers = PeerWatch(own: node, lease: lease)
        var nextBeat = ContinuousClock.now
        var pause = Duration.milliseconds(50)
        while !isStopping.withLock({ $0 }) {
            do throws(PostgresError) {
                if connection == nil {
                    connection = try open()
                    peers.reset()
                    nextBeat = .now
                    events.reconnected(false)
                }
                guard let open = connection else { continue }
                if ContinuousClock.now >= nextBeat {
                    nextBeat = .now.advanced(by: lease / Self.beatsPerLease)
                    try beat(open, &peers, events)
                    pause = .milliseconds(50)
                }
                let messages = try open.waitForNotifications(until: nextBeat, wake: wake)
                tell(messages, events)
            } catch {
                if error.isConnectionLost || error.isTransient { connection = nil }
                wake.wait(pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, Self.pauseMax)
            }
        }
    }

    private func open() throws(PostgresError) -> PostgresConnection {
        let end = ContinuousClock.now.advanced(by: configuration.timeout)
        let connection = try PostgresConnection(configuration, until: end)
        _ = try connection.run(
            ["idp_runs", "idp_pool", "idp_cancels"].map { PostgresStatement("LISTEN \($0)") }, until: end)
        return connection
    }

    private func beat(
        _ connection: PostgresConnection, _ peers: inout PeerWatch, _ events: SharedStoreEvents
    ) throws(PostgresError) {
        let end = ContinuousClock.now.advanced(by: configuration.timeout)
        let results = try connection.run(
            [
                Self.firstBeat(of: node), PostgresStatement("SELECT node_id, beat FROM node"),
                PostgresStatement(Self.releasing), PostgresStatement(Self.taking, [.text(node)]),
                PostgresStatement(Self.overdue, [.text(node)]), PostgresStatement(Self.depth),
                PostgresStatement(Self.wishes, [.text(node)]), PostgresCallbackRow.releasingOrphans,
            ], until: end)
        // The first beat of a node is its entry, before this thread starts: a second first one means that somebody had
        // taken it out.
        if results[0].integer(0, 0) == 1 { events.reconnected(true) }
        let beats = (0..<results[1].count).map {
            PeerWatch.Beat(node: results[1].text($0, 0) ?? "", count: results[1].integer($0, 1) ?? 0)
        }
        for gone in peers.observe(beats, at: .now) {
            // Not if it has beaten since. Its runs are taken with the next statement of whoever comes first.
            let sql = "DELETE FROM node WHERE node_id = $1 AND beat = $2"
            _ = try connection.run(
                [
                    PostgresStatement(sql, [.text(gone.node), .integer(gone.count)]),
                    PostgresStatement("SELECT pg_notify('idp_pool', '')"),
                ], until: end)
        }
        let taken = ((try? PostgresRow.records(results[3])) ?? []) + ((try? PostgresRow.records(results[4])) ?? [])
        if !taken.isEmpty { events.taken(taken) }
        let wishes = (0..<results[6].count).compactMap { try? PostgresRow.id(results[6], $0) }
        if !wishes.isEmpty { events.cancelAsked(wishes) }
        events.beat(Int(results[5].integer(0, 0) ?? 0))
    }

    private func tell(_ messages: [PostgresNotification], _ events: SharedStoreEvents) {
        var isPoolFilled = false
        for message in messages {
            let told = StoreMessage(message.payload)
            switch message.channel {
            case "idp_runs": events.changed(told.ids, told.node == node)
            case "idp_cancels": events.cancelAsked(told.ids)
            default: isPoolFilled = true
            }
        }
        if isPoolFilled { events.poolFilled() }
    }

    private static let isOrphan = """
        kind = 1 AND state < 2 AND owner IS NOT NULL AND NOT EXISTS (SELECT FROM node WHERE node_id = run.owner)
        """
    private static let releasing =
        "UPDATE run SET owner = NULL WHERE state = 0 AND NOT cancel_requested AND \(isOrphan)"
    private static let taking = "UPDATE run SET owner = $1 WHERE \(isOrphan) RETURNING \(PostgresRow.columns)"
    private static let overdue = """
        UPDATE run SET owner = $1 WHERE state = 0 AND kind = 1 AND owner IS NULL AND deadline_at IS NOT NULL
            AND deadline_at <= (extract(epoch FROM clock_timestamp()) * 1000)::bigint RETURNING \(PostgresRow.columns)
        """
    private static let depth = "SELECT count(*) FROM run WHERE state = 0 AND kind = 1 AND owner IS NULL"
    private static let wishes = "SELECT run_id FROM run WHERE owner = $1 AND state < 2 AND cancel_requested"
}
