/// Why a statement has no result.
public enum PostgresError: Error, Sendable, Equatable {
    /// There is no connection, or it broke. What was sent may or may not have been done.
    case connection(String)
    /// The time ran out on our side. What was sent may or may not have been done; the connection is given up.
    case timeout
    /// The server refused, and nothing of the transaction was done. The message is the server's primary one, without
    /// the detail that would quote a row.
    case server(state: String, message: String, constraint: String?)

    /// Whether the same may work on a new connection or a moment later: the server stops, starts, is full of clients,
    /// has become a standby, or found two transactions in each other's way (PostgreSQL manual, appendix A).
    public var isTransient: Bool {
        switch self {
        case .connection, .timeout: true
        case .server(let state, _, _):
            ["08", "40"].contains(state.prefix(2)) || ["57P01", "57P02", "57P03", "53300", "25006", "57014", "55P03"]
                .contains(state)
        }
    }

    /// Whether the connection is of no use any more.
    public var isConnectionLost: Bool {
        switch self {
        case .connection, .timeout: true
        case .server(let state, _, _): ["08", "57"].contains(state.prefix(2)) && state != "57014" || state == "25006"
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// For a log: nothing of a row is in it.
    public var description: String {
        switch self {
        case .connection(let cause): "no connection: \(cause)"
        case .timeout: "no answer in time"
        case .server(let state, let message, _): "\(state) \(message)"
        }
    }
}
