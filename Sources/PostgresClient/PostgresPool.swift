private import Synchronization
private import Foundation

/// Connections that are kept open for short calls of many threads. Calls block their thread.
///
/// A call waits for a free connection until its deadline. While the server is away, one caller at a time tries to
/// connect and the others fail at once; so a dependency that is gone costs nobody's threads.
public final class PostgresPool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        var used = 0
        var isTrying = false
        var downUntil: ContinuousClock.Instant?
        var pause = PostgresPool.pauseMin
        var isClosed = false
    }

    private let configuration: PostgresConfiguration
    private let limit: Int
    private let state = Mutex(State())
    private let freed = NSCondition()

    private static let pauseMin = Duration.milliseconds(100)
    private static let pauseMax = Duration.seconds(1)

    /// - Parameter limit: connections at a time.
    public init(_ configuration: PostgresConfiguration, limit: Int) {
        self.configuration = configuration
        self.limit = limit
    }

    /// Runs the statements as one transaction on some connection. Statements that only read are tried once more on a
    /// fresh connection when one that was kept turns out to be broken.
    public func run(_ statements: [PostgresStatement], isRead: Bool = true) throws(PostgresError) -> [PostgresResult] {
        let end = ContinuousClock.now.advanced(by: configuration.timeout)
        while true {
            let (connection, isKept) = try take(until: end)
            do throws(PostgresError) {
                let results = try connection.run(statements, until: end)
                give(connection)
                return results
            } catch {
                give(connection)
                guard isRead, isKept, error.isConnectionLost, error != .timeout else { throw error }
            }
        }
    }

    /// Closes what is idle, and what is in use once it is given back.
    public func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        withExtendedLifetime(idle) {}
        wake()
    }

    private enum Turn {
        case take(PostgresConnection)
        case connect
        case wait
        case fail(PostgresError)
    }

    private func take(
        until end: ContinuousClock.Instant
    ) throws(PostgresError) -> (connection: PostgresConnection, isKept: Bool) {
        while true {
            switch state.withLock({ turn(&$0) }) {
            case .take(let connection): return (connection, true)
            case .connect: return (try connect(until: end), false)
            case .fail(let error): throw error
            case .wait:
                freed.lock()
                let isWaiting = state.withLock { $0.idle.isEmpty && $0.used >= limit }
                let left = ContinuousClock.now.duration(to: end) / .seconds(1)
                let isInTime = !isWaiting || left > 0 && freed.wait(until: Date(timeIntervalSinceNow: left))
                freed.unlock()
                guard isInTime else { throw .timeout }
            }
        }
    }

    private func turn(_ state: inout State) -> Turn {
        if state.isClosed { return .fail(.connection("the pool is closed")) }
        if let connection = state.idle.popLast() {
            state.used += 1
            return .take(connection)
        }
        if state.used >= limit { return .wait }
        if let down = state.downUntil {
            if state.isTrying || ContinuousClock.now < down { return .fail(.connection("the server is away")) }
            state.isTrying = true
        }
        state.used += 1
        return .connect
    }

    private func connect(until end: ContinuousClock.Instant) throws(PostgresError) -> PostgresConnection {
        do throws(PostgresError) {
            let connection = try PostgresConnection(configuration, until: end)
            state.withLock { state in
                state.isTrying = false
                state.downUntil = nil
                state.pause = Self.pauseMin
            }
            return connection
        } catch {
            let broken = state.withLock { state in
                state.isTrying = false
                state.used -= 1
                state.downUntil = .now.advanced(by: state.pause)
                state.pause = min(Self.pauseMax, state.pause * 2)
                defer { state.idle = [] }
                return state.idle
            }
            withExtendedLifetime(broken) {}
            wake()
            throw error
        }
    }

    private func give(_ connection: PostgresConnection) {
        state.withLock { state in
            state.used -= 1
            if !connection.isBroken, !state.isClosed { state.idle.append(connection) }
        }
        wake()
    }

    private func wake() {
        freed.lock()
        freed.broadcast()
        freed.unlock()
    }
}
