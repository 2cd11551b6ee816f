import TestSupport
import Testing

/// The built program, used as its users use it: started, called over the wire, stopped, killed.
///
/// One at a time: each of these tests starts programs, and some of them watch how long things take.
@Suite(.serialized) enum EndToEnd {}

/// A server for the tests that only ask: started once, and ended with the test run.
actor SharedServer {
    private static let shared = SharedServer()
    private var starting: Task<ServerProcess, any Error>?

    /// The server; the first caller starts it.
    static func get() async throws -> ServerProcess { try await shared.server() }

    private func server() async throws -> ServerProcess {
        let task = starting ?? Task { try await ServerProcess.start() }
        starting = task
        return try await task.value
    }
}

/// Holds that a server is as it was before: alive, ready to serve, and still right about a good document.
func expectAlive(
    _ server: ServerProcess, judging: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    #expect(server.child.exitStatus == nil, sourceLocation: sourceLocation)
    let health = try await server.client.get("/health")
    #expect(health.status == 200, sourceLocation: sourceLocation)
    if judging {
        let answer = try await server.client.post("/v1/process", SampleDocument.good().form())
        #expect(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.json["verdict"].bool == true, "\(answer.text)", sourceLocation: sourceLocation)
    }
}
