import Foundation

/// A TCP proxy in front of a dependency that is faulty on request: `Tests/Tools/fault_proxy.py`, which lists the modes.
public final class FaultProxy: Sendable {
    /// The port that clients of the dependency connect to.
    public let port: Int
    private let control: HTTPClient
    private let child: ChildProcess

    /// Starts a proxy in front of a port of this machine, or of a Unix-domain socket. Throws when it does not start.
    public convenience init(to port: Int) async throws { try await self.init(["--target", "127.0.0.1:\(port)"]) }

    /// The same in front of a Unix-domain socket.
    public convenience init(toSocket path: String) async throws { try await self.init(["--target-unix", path]) }

    private init(_ arguments: [String]) async throws {
        let script = ProjectFiles.url("Tests/Tools/fault_proxy.py").path
        let child = try ChildProcess("/usr/bin/python3", [script] + arguments)
        self.child = child
        let ports = try await eventually("ports of the fault proxy", within: .seconds(60)) {
            if child.exitStatus != nil { throw DidNotStart(description: child.standardError) }
            return child.lines.first.flatMap { try? JSONValue(parsing: $0) }
        }
        guard let port = ports["port"].int, let control = ports["control"].int else {
            throw DidNotStart(description: child.standardOutput)
        }
        self.port = port
        self.control = HTTPClient(port: control)
    }

    deinit { child.signal(SIGTERM) }

    /// Thrown when the proxy ended before it listened.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// Sets the mode with its settings; all others are as at the start. It holds once this has returned.
    public func set(_ mode: String, _ settings: [String: String] = [:]) async throws {
        let form = settings.map { "&\($0.key)=\($0.value)" }.sorted().joined()
        let answer = try await control.send("POST", "/", body: Array("mode=\(mode)\(form)".utf8))
        guard answer.status == 200 else { throw UnexpectedAnswer(answer: answer) }
    }

    /// Mode, settings and counts (`connections`, `open`, `bytes_up`, `bytes_down`).
    public func state() async throws -> JSONValue { try await control.get("/").json }
}
