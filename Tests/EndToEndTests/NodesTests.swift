import Foundation
import TestSupport
import Testing

/// The built program as several nodes on one PostgreSQL.
@Suite(.timeLimit(.minutes(10)))
struct NodesTests {
    private func settings(_ url: String, _ runs: TemporaryDirectory) -> [String: String] {
        [
            "IDP_STORE": url, "IDP_RUNS_DIR": runs.file("runs").path, "IDP_WORKERS": "1", "IDP_NODE_LEASE": "2s",
            "IDP_DISK_RESERVE_BYTES": "0",
        ]
    }

    /// The short form of `make crash-nodes`.
    @Test func noJobIsLostOrJudgedTwiceWhenNodesAreKilled() async throws {
        let url = try await PostgresServer.shared().makeDatabase()
        var environment = ChildProcess.plainEnvironment
        environment["IDP_STORE"] = url
        let run = try await Command.run(
            "/usr/bin/python3",
            [
                ProjectFiles.url("Tests/Tools/crash_nodes.py").path, "--program", ProjectFiles.serverProgram,
                "--rounds", "4", "--clients", "2", "--lease", "1",
            ], environment: environment, within: .seconds(400))
        #expect(run.succeeded, "\(run.output)\n\(run.errors)")
    }

    @Test func aLongPollAndAStreamOnAnotherNodeSeeTheEnd() async throws {
        let url = try await PostgresServer.shared().makeDatabase()
        let runs = try TemporaryDirectory("nodes")
        let a = try await ServerProcess.start(settings(url, runs), within: .seconds(120))
        let b = try await ServerProcess.start(settings(url, runs), within: .seconds(120))
        let document = try #require(try SampleDocument.all().first)
        let run = try await a.submit(try document.form())
        async let events = b.client.get("/v1/jobs/\(run)/events", within: .seconds(120))
        let polled = try await eventually("the end by long polls", within: .seconds(120)) {
            let answer = try await b.client.get("/v1/jobs/\(run)?wait=30", within: .seconds(60))
            return answer.json["status"].string == "completed" ? answer.json : nil
        }
        #expect(polled["verdict"].bool == document.verdict)
        #expect(try await events.text.contains("\"status\":\"completed\""))
        #expect(try await b.client.get("/v1/jobs/\(run)/result").status == 200)
        #expect(try await a.stop() == .exited(0))
        #expect(try await b.client.get("/v1/jobs/\(run)").json["status"].string == "completed")
        #expect(try await b.stop() == .exited(0))
    }

    @Test func migrateSaysWhatItDid() async throws {
        let url = try await PostgresServer.shared().makeDatabase()
        var environment = ChildProcess.plainEnvironment
        environment["IDP_STORE"] = url
        var version = 0
        for _ in 0..<2 {
            let run = try await Command.run(ProjectFiles.serverProgram, ["migrate"], environment: environment)
            #expect(run.succeeded, "\(run.errors)")
            let line = try JSONValue(parsing: run.output)
            #expect(line["from"].int == version)
            version = try #require(line["to"].int)
            #expect(version > 2)
        }
        _ = try await PostgresServer.shared().query(
            "UPDATE idp_schema SET version = 99 WHERE version = \(version)",
            database: String(url.split(separator: "/").last ?? ""))
        let refused = try await Command.run(ProjectFiles.serverProgram, ["serve"], environment: environment)
        #expect(refused.status == .exited(1) && refused.errors.contains("newer"), "\(refused.errors)")
    }
}
