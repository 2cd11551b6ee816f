import Foundation
import Glibc
import Synchronization

/// A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a free port of 127.0.0.1.
///
/// One is shared by all tests of a process; tests that stop or kill it start their own. Each test takes a database of
/// its own from it. PostgreSQL refuses to run as root; then it runs as Debian's user `postgres`.
public final class PostgresServer: Sendable {
    /// The port, the same after a restart.
    public let port: Int
    private let folder: TemporaryDirectory
    private let child: Mutex<ChildProcess>
    private static let sharedStart = Task {
        let server = try await PostgresServer.start()
        atExit.withLock { $0 = (server.child.withLock { $0.pid }, server.folder.path) }
        atexit {
            // Nothing else frees what lives as long as the process.
            guard let (pid, path) = PostgresServer.atExit.withLock({ $0 }) else { return }
            kill(-pid, SIGKILL)
            try? FileManager.default.removeItem(atPath: path)
        }
        return server
    }
    private static let atExit = Mutex<(pid_t, String)?>(nil)

    private init(port: Int, folder: TemporaryDirectory, child: ChildProcess) {
        self.port = port
        self.folder = folder
        self.child = Mutex(child)
    }

    deinit { child.withLock { $0 }.killGroup() }

    /// The one that tests share; started by the first of them.
    public static func shared() async throws -> PostgresServer { try await sharedStart.value }

    /// Starts one. Throws when PostgreSQL is not installed or does not start.
    public static func start() async throws -> PostgresServer {
        let folder = try TemporaryDirectory("postgres")
        if geteuid() == 0 { _ = try await Command.run("chown", ["postgres", folder.path]) }
        let made = try await Command.run(
            asServer("initdb").program,
            asServer("initdb").arguments + [
                "--pgdata=" + folder.path + "/data", "--username=idp", "--auth=trust", "--encoding=UTF8",
                "--locale=C.UTF-8", "--no-instructions",
            ], directory: "/")
        guard made.succeeded else { throw DidNotStart(description: made.errors) }
        let port = try freePort()
        let server = PostgresServer(port: port, folder: folder, child: try launch(port, folder))
        try await server.waitUntilUp()
        return server
    }

    /// Thrown with what the programs of PostgreSQL said.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// The URL of a new, empty database; `port` is that of a proxy in front of the server.
    public func makeDatabase(port: Int? = nil) async throws -> String {
        let name = "test_\(UInt64.random(in: 0 ... .max))"
        _ = try await query("CREATE DATABASE \(name)")
        return url(name, port: port)
    }

    /// The URL of a database; `port` is that of a proxy in front of the server.
    public func url(_ database: String, port: Int? = nil) -> String {
        "postgres://idp@127.0.0.1:\(port ?? self.port)/\(database)"
    }

    /// Runs SQL with psql and gives its output without headings, columns divided by `|`.
    public func query(_ sql: String, database: String = "postgres") async throws -> String {
        let run = try await Command.run(
            "psql", ["--no-psqlrc", "--quiet", "-At", "--set=ON_ERROR_STOP=1", "-c", sql, url(database)])
        guard run.succeeded else { throw DidNotStart(description: run.errors) }
        return run.output.trimmingCharacters(in: .newlines)
    }

    /// Stops it (its "fast" shutdown) and waits for its end; `kill` ends it as a crash would.
    public func stop(kill isKilled: Bool = false) async throws {
        let child = child.withLock { $0 }
        // Quit ("immediate") rather than SIGKILL: what a killed postmaster leaves in shared memory hinders the next.
        child.signal(isKilled ? SIGQUIT : SIGINT)
        _ = try await child.waitForExit(within: .seconds(60))
    }

    /// Starts it again on the same port and waits until it answers.
    public func startAgain() async throws {
        let again = try Self.launch(port, folder)
        child.withLock { $0 = again }
        try await waitUntilUp()
    }

    private func waitUntilUp() async throws {
        try await eventually("answers of PostgreSQL on port \(port)", within: .seconds(60)) {
            let child = child.withLock { $0 }
            if child.exitStatus != nil { throw DidNotStart(description: child.standardError) }
            return try await Command.run("pg_isready", ["--quiet", "-h", "127.0.0.1", "-p", "\(port)"]).succeeded
        }
    }

    private static func launch(_ port: Int, _ folder: TemporaryDirectory) throws -> ChildProcess {
        let command = asServer("postgres")
        return try ChildProcess(
            command.program,
            command.arguments + [
                "-D", folder.path + "/data", "-k", folder.path, "-h", "127.0.0.1", "-p", "\(port)",
                "-c", "max_connections=200",
            ], directory: "/")
    }

    /// A server program of the newest PostgreSQL that is installed, as the user that it may run as.
    private static func asServer(_ name: String) -> (program: String, arguments: [String]) {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newest = versions.compactMap { Int($0) }.max() ?? 15
        let program = "\(root)/\(newest)/bin/\(name)"
        guard geteuid() == 0 else { return (program, []) }
        return ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program])
    }
}
