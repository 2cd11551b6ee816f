/// Where a PostgreSQL is, and how long anything may take.
public struct PostgresConfiguration: Sendable, Equatable {
    /// A connection URL as libpq reads it (PostgreSQL manual, 34.1.1.2): several hosts, `sslmode`, a password file and
    /// all else that libpq offers.
    public var url: String
    /// Longest time for a connection to come about, and for a round trip of statements.
    public var timeout: Duration
    /// As which the server lists our sessions.
    public var applicationName: String

    /// A server's address with the usual patience.
    public init(url: String, timeout: Duration = .seconds(5), applicationName: String = "idp-server") {
        self.url = url
        self.timeout = timeout
        self.applicationName = applicationName
    }
}
