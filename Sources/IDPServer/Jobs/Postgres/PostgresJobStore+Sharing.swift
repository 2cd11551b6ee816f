import Observability
import PostgresClient

extension PostgresJobStore {
    // Callers take turns: a job's turn is its place among its caller's own, after all that this caller has with nodes
    // already, and the lowest turn goes first. The recursion goes from caller to caller through the index, so that a
    // flood of one costs the others nothing.
    private static let claiming = """
        WITH RECURSIVE shares AS (
            (SELECT coalesce(share, '') AS share FROM run WHERE \(isInPool) ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT coalesce(run.share, '') FROM run
                WHERE \(isInPool) AND coalesce(run.share, '') > shares.share ORDER BY 1 LIMIT 1)
            FROM shares WHERE shares.share IS NOT NULL
        ), load AS (
            SELECT coalesce(share, '') AS share, count(*) AS count FROM run
            WHERE state < 2 AND kind = 1 AND owner IS NOT NULL GROUP BY 1
        ), line AS (
            SELECT own.run_id, own.place + coalesce(load.count, 0) AS turn
            FROM shares CROSS JOIN LATERAL (
                SELECT run_id, row_number() OVER (ORDER BY rank, run_id) AS place FROM run
                WHERE \(isInPool) AND coalesce(run.share, '') = shares.share ORDER BY rank, run_id LIMIT $2::bigint * 4
            ) AS own LEFT JOIN load ON load.share = shares.share
            WHERE shares.share IS NOT NULL
        ), taken AS (
            SELECT run.run_id FROM run
            JOIN (SELECT run_id, turn FROM line ORDER BY turn, run_id LIMIT $2::bigint * 4) AS next
                ON next.run_id = run.run_id
            WHERE \(isInPool) ORDER BY next.turn, run.run_id LIMIT $2::bigint FOR UPDATE OF run SKIP LOCKED
        )
        UPDATE run SET owner = $1 FROM taken WHERE run.run_id = taken.run_id RETURNING \(PostgresRow.columns)
        """

    private static let isInPool = "run.state = 0 AND run.kind = 1 AND run.owner IS NULL"

    private static let cancelling = """
        UPDATE run SET cancel_requested = true,
            finished_at = CASE WHEN state = 0 AND owner IS NULL THEN $2::bigint ELSE finished_at END,
            state = CASE WHEN state = 0 AND owner IS NULL THEN 4 ELSE state END
        WHERE run_id = $1 AND kind = 1 AND state < 2 RETURNING \(PostgresRow.columns)
        """

    func claim(limit: Int) throws(ServiceError) -> [RunRecord] {
        let claim = PostgresStatement(Self.claiming, [.text(node), .integer(Int64(limit))])
        let records = try PostgresRow.records(try read([claim], isRead: false)[0])
        return records.sorted { $0.id < $1.id }
    }

    func ownJobs() throws(ServiceError) -> Set<RunID> {
        let sql = "SELECT run_id FROM run WHERE owner = $1 AND state < 2"
        let found = try read([PostgresStatement(sql, [.text(node)])])[0]
        var ids: Set<RunID> = []
        for row in 0..<found.count { ids.insert(try PostgresRow.id(found, row)) }
        return ids
    }

    func requestCancel(_ id: RunID, at moment: Timestamp) throws(ServiceError) -> SharedCancel {
        let message = PostgresValue.text(StoreMessage(node: node, ids: [id]).text)
        let results = try read(
            [
                PostgresStatement(Self.cancelling, [.bytes(id.bytes), .integer(moment.milliseconds)]),
                PostgresCallbackRow.making(id),
                PostgresStatement("SELECT pg_notify('idp_cancels', $1), pg_notify('idp_runs', $1)", [message]),
            ], isRead: false)
        guard let record = try PostgresRow.records(results[0]).first else { return .none }
        return record.state == .cancelled ? .cancelled(record) : .asked(record)
    }
}
