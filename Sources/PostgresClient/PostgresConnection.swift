private import CPostgres
private import Glibc

/// A message of `NOTIFY`.
public struct PostgresNotification: Sendable, Equatable {
    /// Where it was told.
    public var channel: String
    /// What was told; empty if nothing was.
    public var payload: String

    /// A message with what it holds.
    public init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

/// One session with a PostgreSQL server. Used by one thread at a time; calls block it, never past their deadline.
///
/// DESIGN. libpq in its non-blocking mode, and poll(2) with the deadline around it: a server that hangs, or a network
/// that swallows what is sent, costs its deadline and the connection, nothing else. The session is always in libpq's
/// pipeline mode (manual, 34.5): all statements of a call go out together, followed by one Sync, so that they are one
/// round trip and one transaction, without BEGIN and COMMIT. Statements are prepared on first use, in the same round
/// trip. The one thing that can block longer is the resolver, when the URL has a host name.
public final class PostgresConnection: @unchecked Sendable {
    // Sendable: whoever holds it uses it alone; libpq lets a connection be used by different threads one after the
    // other (manual, 34.20).
    private let connection: OpaquePointer
    /// Names of prepared statements by their text.
    private var prepared: [String: String] = [:]
    private var preparedCount = 0
    private var notifications: [PostgresNotification] = []
    /// Whether it is of no use any more.
    public private(set) var isBroken = false

    /// The server's process of this session.
    public var backendID: Int64 { Int64(PQbackendPID(connection)) }

    /// Connects, and has the server end by itself what takes longer than the configuration allows.
    public init(_ configuration: PostgresConfiguration, until end: ContinuousClock.Instant) throws(PostgresError) {
        // What stands in the URL comes last and wins. A peer that is gone without a word is noticed within a minute.
        let parameters = [
            ("fallback_application_name", configuration.applicationName), ("client_encoding", "UTF8"),
            ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "4"),
            ("tcp_user_timeout", "20000"), ("dbname", configuration.url),
        ]
        let keys = parameters.map { strdup($0.0) } + [nil]
        let values = parameters.map { strdup($0.1) } + [nil]
        defer { for pointer in keys + values { free(pointer) } }
        let started = keys.map { UnsafePointer($0) }.withUnsafeBufferPointer { keys in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectStartParams(keys.baseAddress, values.baseAddress, 1)
            }
        }
        guard let started else { throw .connection("out of memory") }
        connection = started
        do throws(PostgresError) {
            try connect(until: end)
            let limit = PostgresValue.text(String(max(1, Int(configuration.timeout / .milliseconds(1)))))
            let settings = """
                SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false), \
                set_config('idle_in_transaction_session_timeout', $1, false)
                """
            _ = try run([PostgresStatement(settings, [limit])], until: end)
        } catch {
            // A class whose init throws after all of it was set runs its deinit.
            isBroken = true
            throw error
        }
    }

    deinit { PQfinish(connection) }

    /// Runs the statements as one transaction in one round trip and gives a result for each. Throws the first
    /// statement's error that failed; then nothing was done, unless the error says that nobody knows.
    public func run(
        _ statements: [PostgresStatement], until end: ContinuousClock.Instant
    ) throws(PostgresError) -> [PostgresResult] {
        guard !isBroken else { throw .connection("the connection is broken") }
        var fresh: [String: String] = [:]
        var expected: [Bool] = []
        for statement in statements {
            if prepared[statement.sql] == nil, fresh[statement.sql] == nil {
                preparedCount += 1
                let name = "s\(preparedCount)"
                try check(PQsendPrepare(connection, name, statement.sql, 0, nil))
                fresh[statement.sql] = name
                expected.append(false)
            }
            try send(statement, as: prepared[statement.sql] ?? fresh[statement.sql] ?? "")
            expected.append(true)
        }
        try check(PQpipelineSync(connection))
        let results = try receive(expected, until: end)
        prepared.merge(fresh) { $1 }
        return results
    }

    /// Waits for messages of `NOTIFY` until there are some, the time is over, or the signal was given. Those
    /// that came with results are given first.
    public func waitForNotifications(
        until end: ContinuousClock.Instant, wake: WakeSignal
    ) throws(PostgresError) -> [PostgresNotification] {
        takeNotifications()
        if notifications.isEmpty {
            let ready = try wait(reading: true, writing: false, until: end, wake.descriptor, isLate: false)
            if ready { try consume() }
            takeNotifications()
        }
        defer { notifications = [] }
        return notifications
    }

    private func connect(until end: ContinuousClock.Instant) throws(PostgresError) {
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard PQstatus(connection) != CONNECTION_BAD, state != PGRES_POLLING_FAILED else { throw lost() }
            _ = try wait(
                reading: state == PGRES_POLLING_READING, writing: state == PGRES_POLLING_WRITING, until: end, -1)
            state = PQconnectPoll(connection)
        }
        idp_pq_silence(connection)
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else { throw lost() }
    }

    private func send(_ statement: PostgresStatement, as name: String) throws(PostgresError) {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(512)
        var ranges: [Range<Int>?] = []
        ranges.reserveCapacity(statement.parameters.count)
        for value in statement.parameters {
            let start = buffer.count
            ranges.append(value.append(to: &buffer) ? start..<buffer.count : nil)
        }
        // A pointer to nothing is null to libpq: an empty text needs an address too.
        buffer.append(0)
        let formats = [Int32](repeating: 1, count: ranges.count)
        let lengths = ranges.map { Int32($0?.count ?? 0) }
        let sent = buffer.withUnsafeBufferPointer { bytes in
            let values = ranges.map { range -> UnsafePointer<CChar>? in
                guard let range, let base = bytes.baseAddress else { return nil }
                return UnsafeRawPointer(base + range.lowerBound).assumingMemoryBound(to: CChar.self)
            }
            return PQsendQueryPrepared(connection, name, Int32(ranges.count), values, lengths, formats, 1)
        }
        try check(sent)
    }

    /// One result for each `true`, in order; the others are those of preparing.
    private func receive(
        _ expected: [Bool], until end: ContinuousClock.Instant
    ) throws(PostgresError) -> [PostgresResult] {
        var results: [PostgresResult] = []
        var failure: PostgresError?
        var isDone = false
        var index = 0
        while !isDone {
            try fill(until: end)
            // Null ends one statement's results.
            guard let pointer = PQgetResult(connection) else {
                index += 1
                guard index <= expected.count else { throw lost() }
                continue
            }
            switch PQresultStatus(pointer) {
            case PGRES_PIPELINE_SYNC:
                PQclear(pointer)
                isDone = true
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                let result = PostgresResult(owning: pointer)
                if index < expected.count, expected[index] { results.append(result) }
            case PGRES_FATAL_ERROR:
                if failure == nil { failure = serverError(pointer) }
                PQclear(pointer)
            default: PQclear(pointer)
            }
        }
        if let failure {
            if failure.isConnectionLost { isBroken = true }
            throw failure
        }
        return results
    }

    /// Sends what waits and reads until libpq has a result, or the end of one.
    private func fill(until end: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw lost() }
            if unsent == 0, PQisBusy(connection) == 0 { return }
            _ = try wait(reading: true, writing: unsent == 1, until: end, -1)
            try consume()
            if PQisBusy(connection) == 0 { return }
        }
    }

    private func consume() throws(PostgresError) {
        guard PQconsumeInput(connection) == 1 else { throw lost() }
    }

    /// Waits for the socket. False when the time is over or the wake descriptor is readable, unless `isLate` makes the
    /// first of them an error.
    private func wait(
        reading: Bool, writing: Bool, until end: ContinuousClock.Instant, _ wakeDescriptor: Int32, isLate: Bool = true
    ) throws(PostgresError) -> Bool {
        while true {
            let socket = PQsocket(connection)
            guard socket >= 0 else { throw lost() }
            let events = (reading ? POLLIN : 0) | (writing ? POLLOUT : 0)
            // poll(2) ignores a negative descriptor.
            var polled = [
                pollfd(fd: socket, events: Int16(events), revents: 0),
                pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let left = ContinuousClock.now.duration(to: end)
            let milliseconds = left <= .zero ? 0 : Int32(clamping: Int((left / .milliseconds(1)).rounded(.up)))
            let count = poll(&polled, 2, milliseconds)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw lost() }
            if count == 0 {
                guard isLate else { return false }
                isBroken = true
                throw .timeout
            }
            return polled[0].revents != 0
        }
    }

    private func takeNotifications() {
        while let pointer = PQnotifies(connection) {
            notifications.append(
                PostgresNotification(
                    channel: String(cString: pointer.pointee.relname), payload: String(cString: pointer.pointee.extra)))
            PQfreemem(pointer)
        }
    }

    private func check(_ code: Int32) throws(PostgresError) {
        guard code == 1 else { throw lost() }
    }

    private func lost() -> PostgresError {
        isBroken = true
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        return .connection(text.split(separator: "\n").first.map(String.init) ?? "the server has closed it")
    }

    private func serverError(_ result: OpaquePointer) -> PostgresError {
        // Errors that libpq makes itself, like a lost connection, have no state.
        guard let state = idp_pq_sqlstate(result) else { return lost() }
        return .server(
            state: String(cString: state), message: idp_pq_message(result).map { String(cString: $0) } ?? "",
            constraint: idp_pq_constraint(result).map { String(cString: $0) })
    }
}
