import Foundation

/// A receiver of callbacks that verifies them: `Tests/Tools/webhook_receiver.py`.
public final class WebhookReceiver: Sendable {
    /// A key as settings and receivers write it.
    public static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    /// Another one.
    public static let otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    /// Where it listens.
    public let port: Int
    private let child: ChildProcess

    /// Starts one. Throws when it does not start.
    public init(secrets: [String] = [WebhookReceiver.secret], port: Int = 0) async throws {
        let tool = ProjectFiles.url("Tests/Tools/webhook_receiver.py").path
        let child = try ChildProcess(ProjectFiles.python, ["-u", tool, "--port", "\(port)"] + secrets)
        self.child = child
        self.port = try await eventually("the receiver's port", within: .seconds(120)) {
            if child.exitStatus != nil { throw DidNotStart(description: child.standardError) }
            return child.lines.first.flatMap { try? JSONValue(parsing: $0)["port"].int }
        }
    }

    /// Thrown when it ended before it listened.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// A URL of it.
    public func url(_ path: String = "/hook") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// The settings of an `idp-server` that sends callbacks here.
    public var environment: [String: String] {
        ["IDP_WEBHOOK_SECRET": Self.secret, "IDP_CALLBACK_ALLOW": "127.0.0.1"]
    }

    /// What has come so far, in its order.
    public var deliveries: [JSONValue] {
        child.standardOutput.split(separator: "\n").dropFirst().compactMap { try? JSONValue(parsing: String($0)) }
    }

    /// Tells it what to answer next on a path; 0 drops the connection.
    public func plan(_ path: String, _ answers: String) async throws {
        let plan = Array("{\"\(path)\": \(answers)}".utf8)
        let answer = try await HTTPClient(port: port).send("PUT", "/-/plan", body: plan)
        guard answer.status == 204 else { throw UnexpectedAnswer(answer: answer) }
    }

    /// Ends it: nobody listens there any more.
    public func stop() async throws {
        child.killGroup()
        _ = try await child.waitForExit()
    }
}
