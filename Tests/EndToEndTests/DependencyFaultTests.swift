import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The short form of `make faults`: what the built server depends on goes away for a moment and comes back, one
    /// after the other, while jobs come in.
    @Suite(.timeLimit(.minutes(10))) struct DependencyFaultTests {
        @Test func whateverIsGoneForAMomentIsOutlived() async throws {
            let postgres = try await PostgresServer.start()
            let run = try await Command.run(
                ProjectFiles.python,
                [
                    ProjectFiles.url("Tests/Tools/dependency_matrix.py").path, "--program", ProjectFiles.serverProgram,
                    "--kafka", try await KafkaCluster.tool(), "--fault", "gone", "--seconds", "1.5", "--bar", "60",
                    // The others have every fault of theirs in tests of their own.
                    "--only", "PostgreSQL", "--only", "Kafka", "--only", "callback receiver", "--only",
                    "OTLP collector",
                ],
                environment: ChildProcess.plainEnvironment.merging([
                    "PGHOST": "127.0.0.1", "PGPORT": "\(postgres.port)", "PGUSER": "idp", "PGDATABASE": "postgres",
                ]) { $1 },
                within: .seconds(500))
            #expect(run.succeeded, "\(run.output)\(run.errors)")
            #expect(run.output.contains("Every cell held."), "\(run.output)")
        }
    }
}
