import Foundation

/// A language model's endpoint that answers as it is told: `Tests/Tools/llm_server.py`, which says what can be told.
public final class LanguageModelServer: Sendable {
    /// Where it listens.
    public let port: Int
    private let control: HTTPClient
    private let child: ChildProcess

    /// Starts one. Throws when it does not start.
    public init() async throws {
        let script = ProjectFiles.url("Tests/Tools/llm_server.py").path
        let child = try ChildProcess("/usr/bin/python3", [script])
        self.child = child
        let ports = try await eventually("ports of the language model's endpoint", within: .seconds(60)) {
            if child.exitStatus != nil { throw DidNotStart(description: child.standardError) }
            return child.lines.first.flatMap { try? JSONValue(parsing: $0) }
        }
        guard let port = ports["port"].int, let control = ports["control"].int else {
            throw DidNotStart(description: child.standardOutput)
        }
        self.port = port
        self.control = HTTPClient(port: control)
    }

    deinit { child.killGroup() }

    /// Thrown when it ended before it listened.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// The key and the model that it knows.
    public static let key = "key-of-the-tests"
    public static let model = "model-of-the-tests"

    /// The base of its URL, or that of a proxy before it.
    public func base(port: Int? = nil) -> String { "http://127.0.0.1:\(port ?? self.port)/v1" }

    /// The settings of an `idp-server` that asks it.
    public func environment(port: Int? = nil) -> [String: String] {
        ["IDP_LLM_URL": base(port: port), "IDP_LLM_MODEL": Self.model, "IDP_LLM_API_KEY": Self.key]
    }

    /// Sets its script, JSON. It holds once this has returned.
    public func tell(_ script: String) async throws {
        let answer = try await control.send("POST", "/", body: Array(script.utf8))
        guard answer.status == 200 else { throw UnexpectedAnswer(answer: answer) }
    }

    /// What it was asked so far: `prompt`, `system`, `user`, `traceparent`; `refused` for what it did not like.
    public func asked() async throws -> [JSONValue] { try await control.get("/").json.array ?? [] }
}
