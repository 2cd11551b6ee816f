import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Documents that were spoilt at random: each is answered with a defined code in time, and neither the server nor
    /// its workers nor their memory show afterwards that they were there. Hundreds more are sent by
    /// `scripts/badinput.sh`.
    @Suite struct HostileDocumentTests {
        @Test func spoiltDocumentsDoNoHarm() async throws {
            let seed = UInt32.random(in: 0...UInt32.max)
            print("seed \(seed)")
            let server = try await ServerProcess.start(["IDP_WORKERS": "2"])
            let folder = try await BadDocuments.get()
            let run = try await Command.python(
                "Tests/Tools/bad_input.py",
                [
                    "--url", "http://127.0.0.1:\(server.port)", "--pid", "\(server.child.pid)", "--seed", "\(seed)",
                    // Engines grow to the largest page that they have read, up to where workers are recycled.
                    "--growth", "0.5", "--mutants", "40", folder.path,
                ], within: .seconds(600))
            #expect(run.succeeded, "\(run.output)\(run.errors)")
            #expect(try await server.stop() == .exited(0))
        }
    }
}
