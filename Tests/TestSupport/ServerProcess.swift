import Foundation
public import Glibc

/// `idp-server serve` as a user runs it: the built program, its own folders, its own port.
///
/// The port is taken by the system (`IDP_PORT=0`) and read back from the line that the server logs once it listens,
/// `{"message":"listening","port":N,…}`: tests that run side by side can not meet on one.
public final class ServerProcess: Sendable {
    /// The program.
    public let child: ChildProcess
    /// The port that it listens on.
    public let port: Int
    /// Where its runs and its store are.
    public let directory: TemporaryDirectory
    /// A client of it.
    public var client: HTTPClient { HTTPClient(port: port) }

    private init(child: ChildProcess, port: Int, directory: TemporaryDirectory) {
        self.child = child
        self.port = port
        self.directory = directory
    }

    deinit {
        if child.exitStatus == nil { child.killGroup() }
    }

    /// Thrown when the server ended before it was ready.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// Starts a server and waits until `/ready` answers 200; unless `untilReady`, until it listens.
    ///
    /// `environment` comes on top of the plain one and of the folders; `directory` is given to start again on what
    /// an earlier server left. The day is pinned to the one that the sample documents are judged on.
    public static func start(
        _ environment: [String: String] = [:], directory: TemporaryDirectory? = nil,
        program: String = ProjectFiles.serverProgram, untilReady: Bool = true, within limit: Duration = .seconds(120)
    ) async throws -> ServerProcess {
        let directory = try directory ?? TemporaryDirectory("server")
        var settings = ChildProcess.plainEnvironment
        settings["IDP_PORT"] = "0"
        settings["IDP_RUNS_DIR"] = directory.file("runs").path
        settings["IDP_STORE"] = "sqlite:" + directory.file("jobs.sqlite").path
        settings["IDP_TODAY"] = try SampleDocument.all().first?.today
        settings.merge(environment) { $1 }
        let child = try ChildProcess(program, ["serve"], environment: settings, directory: directory.path)
        do {
            let port = try await listeningPort(of: child, within: limit)
            let server = ServerProcess(child: child, port: port, directory: directory)
            guard untilReady else { return server }
            try await eventually("/ready of the server on port \(port)", within: limit) {
                try server.requireRunning()
                return (try? await server.client.get("/ready", within: .seconds(5)))?.status == 200
            }
            return server
        } catch {
            child.killGroup()
            let output = (child.standardOutput + child.standardError).suffix(4_000)
            throw DidNotStart(description: "\(error)\n\(output)")
        }
    }

    /// The lines of its log that are JSON, each parsed.
    public var log: [JSONValue] {
        child.lines.compactMap { try? JSONValue(parsing: $0) }
    }

    /// Everything that it has written to either stream.
    public var output: String { child.standardOutput + child.standardError }

    /// Sends SIGTERM and waits for the exit status.
    public func stop(within limit: Duration = .seconds(120)) async throws -> ExitStatus {
        child.signal(SIGTERM)
        return try await child.waitForExit(within: limit)
    }

    /// Kills the server itself with SIGKILL, as a crash would; what it started is left to notice.
    public func crash() async throws {
        child.signal(SIGKILL)
        _ = try await child.waitForExit()
    }

    /// The ids of its document workers that run now, from the kernel's list of its children.
    public func documentWorkers() async throws -> [pid_t] {
        let listing = try await Command.run("ps", ["-o", "pid=,stat=,args=", "--ppid", "\(child.pid)"])
        return listing.output.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard line.contains("document-worker"), fields.count > 2, !fields[1].hasPrefix("Z") else { return nil }
            return pid_t(fields[0])
        }
    }

    /// A scrape of `/metrics` in text format.
    public func metrics() async throws -> Exposition { Exposition(try await client.get("/metrics").text) }

    /// Submits a job and gives its run id. Throws `UnexpectedAnswer` unless the server accepts it.
    public func submit(_ form: MultipartForm, fields: [(String, String)] = []) async throws -> String {
        let answer = try await client.post("/v1/jobs", form, fields: fields)
        guard answer.status == 202, let run = answer.json["run_id"].string else {
            throw UnexpectedAnswer(answer: answer)
        }
        return run
    }

    /// Waits until a run has ended, and gives the last status document.
    public func end(of run: String, within limit: Duration = .seconds(300)) async throws -> JSONValue {
        try await eventually("end of run \(run)", within: limit, every: .milliseconds(50)) {
            let answer = try await self.client.get("/v1/jobs/\(run)")
            guard answer.status == 200 else { throw UnexpectedAnswer(answer: answer) }
            let ended = ["completed", "failed", "cancelled"].contains(answer.json["status"].string ?? "")
            return ended ? answer.json : nil
        }
    }

    private func requireRunning() throws {
        if let status = child.exitStatus { throw DidNotStart(description: "ended with \(status)") }
    }

    private static func listeningPort(of child: ChildProcess, within limit: Duration) async throws -> Int {
        try await eventually("the log line `listening`", within: limit) {
            if let status = child.exitStatus { throw DidNotStart(description: "ended with \(status)") }
            let line = child.lines.lazy.compactMap { try? JSONValue(parsing: $0) }
                .first { $0["message"].string == "listening" }
            // Log metadata are texts, also where they are numbers.
            return line.flatMap { $0["port"].int ?? $0["port"].string.flatMap { Int($0) } }
        }
    }
}

/// An answer with a status that the test can not go on with.
public struct UnexpectedAnswer: Error, CustomStringConvertible {
    /// The answer.
    public var answer: HTTPAnswer

    public var description: String { "status \(answer.status): \(answer.text.prefix(500))" }
}
