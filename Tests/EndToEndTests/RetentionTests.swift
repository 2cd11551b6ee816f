import Foundation
import TestSupport
import Testing

@testable import IDPServer

extension EndToEnd {
    /// Old runs go, by the server and by `idp-server cleanup`; nothing else does.
    @Suite struct RetentionTests {
        /// A folder with an ended run of long ago, an unfinished one as old, an earlier service's folder and a
        /// stranger's.
        private struct OldRuns {
            let directory: TemporaryDirectory
            let old: RunID
            let waiting: RunID
            let foreign: String
            let stranger: String

            var runs: String { directory.file("runs").path }

            init() throws {
                directory = try TemporaryDirectory("retention")
                let runs = directory.file("runs").path
                let artifacts = try DiskArtifactStore(runsDirectory: runs)
                let store = try SQLiteJobStore(
                    path: directory.file("jobs.sqlite").path, artifacts: artifacts)
                let sample = try SampleDocument.good()
                let moment = Timestamp.now().advanced(by: .seconds(-40 * 86_400))
                old = RunID(at: moment)
                waiting = RunID(at: moment.advanced(by: .milliseconds(1)))
                for id in [old, waiting] {
                    let bytes = try sample.bytes()
                    var record = RunRecord(
                        id: id, kind: .job, createdAt: id.moment, fio: sample.fio, today: moment.day(),
                        document: RunDocument(fileExtension: "pdf", size: bytes.count, sha256: Array(0..<32)))
                    let document = SubmittedDocument(document: record.document) { path in
                        try Data(bytes).write(to: URL(fileURLWithPath: path))
                    }
                    _ = try artifacts.takeOver(document, record)
                    if id == old {
                        record.state = .completed
                        record.verdict = true
                    }
                    let outcome = WriteOutcome()
                    let done = DispatchGroup()
                    done.enter()
                    store.write(.insert(record, nil, document: nil)) { result in
                        outcome.set(result)
                        done.leave()
                    }
                    done.wait()
                    try outcome.get()
                }
                store.close()
                foreign = runs + "/2020-02-29/5f0c4d3e-9a52-4f0e-8f3c-0d7a52a1b2c3"
                stranger = runs + "/2020-02-29/accounts"
                for path in [foreign + "/meta", stranger] {
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                }
            }

            func isThere(_ id: RunID) -> Bool {
                FileManager.default.fileExists(atPath: RunFolder(runsDirectory: runs, runID: id).path)
            }

            func expectOnlyOldIsGone() {
                #expect(!isThere(old))
                #expect(!FileManager.default.fileExists(atPath: foreign))
                #expect(FileManager.default.fileExists(atPath: stranger))
            }

            func cleanup(_ arguments: [String]) async throws -> Command {
                var environment = ChildProcess.plainEnvironment
                environment["IDP_RUNS_DIR"] = runs
                environment["IDP_STORE"] = "sqlite:" + directory.file("jobs.sqlite").path
                return try await Command.run(
                    ProjectFiles.serverProgram, ["cleanup"] + arguments, environment: environment)
            }
        }

        @Test func theServerRemovesThemAndSaysThatTheyAreGone() async throws {
            let folder = try OldRuns()
            let server = try await ServerProcess.start(directory: folder.directory)
            try await eventually("the end of the old run") {
                try await server.client.get("/v1/jobs/\(folder.old)").status == 410
            }
            let gone = try await server.client.get("/v1/jobs/\(folder.old)/result")
            #expect(gone.status == 410 && gone.errorCode == "JOB_EXPIRED")
            let replay = try await server.client.send("POST", "/v1/jobs/\(folder.old)/replay", body: [])
            #expect(replay.status == 410)
            try await eventually("the end of the folders") {
                !FileManager.default.fileExists(atPath: folder.foreign)
            }
            folder.expectOnlyOldIsGone()
            #expect(try await server.metrics().sum("idp_runs_expired_total") >= 1)
        }

        @Test func cleanupDoesTheSameWithoutAServer() async throws {
            let folder = try OldRuns()
            let dry = try await folder.cleanup(["--dry-run"])
            #expect(dry.status == .exited(0), "\(dry.errors)")
            let lines = try dry.output.split(separator: "\n").map { try JSONValue(parsing: $0) }
            #expect(lines.count == 3 && lines[0]["run_id"].string == "\(folder.old)")
            #expect(lines[0]["removed"].bool == false && lines[0]["bytes"].int ?? 0 > 100)
            #expect(lines[2]["runs"].int == 1 && lines[2]["folders"].int == 1 && lines[2]["dry_run"].bool == true)
            #expect(folder.isThere(folder.old) && FileManager.default.fileExists(atPath: folder.foreign))
            let unfinished = try await folder.cleanup(["--run", "\(folder.waiting)"])
            #expect(unfinished.status == .exited(1) && unfinished.errors.contains("has not ended"))
            #expect(folder.isThere(folder.waiting))
            let kept = try await folder.cleanup(["--runs-retention-days", "60"])
            #expect(kept.status == .exited(0) && folder.isThere(folder.old))
            let real = try await folder.cleanup([])
            #expect(real.status == .exited(0), "\(real.errors)")
            folder.expectOnlyOldIsGone()
            #expect(folder.isThere(folder.waiting))
            let again = try await folder.cleanup(["--dry-run"])
            #expect(again.output.split(separator: "\n").count == 1)
        }

        @Test func oneRunIsErasedBesideARunningServer() async throws {
            let server = try await ServerProcess.start()
            let run = try await server.submit(SampleDocument.good().form())
            _ = try await server.end(of: run)
            let folder = try #require(RunID(run).map {
                RunFolder(runsDirectory: server.directory.file("runs").path, runID: $0).path
            })
            func cleanup(_ arguments: [String]) async throws -> Command {
                var environment = ChildProcess.plainEnvironment
                environment["IDP_RUNS_DIR"] = server.directory.file("runs").path
                environment["IDP_STORE"] = "sqlite:" + server.directory.file("jobs.sqlite").path
                return try await Command.run(
                    ProjectFiles.serverProgram, ["cleanup"] + arguments, environment: environment)
            }
            let dry = try await cleanup(["--dry-run", "--run", run])
            #expect(dry.status == .exited(0) && dry.output.contains(#""removed":false"#), "\(dry.errors)")
            #expect(FileManager.default.fileExists(atPath: folder))
            let erased = try await cleanup(["--run=\(run)"])
            #expect(erased.status == .exited(0) && erased.output.contains(#""removed":true"#), "\(erased.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder))
            // Also what the server had in memory goes, with the gauge of states.
            try await eventually("the server's forgetting", within: .seconds(30)) {
                try await server.client.get("/v1/jobs/\(run)").status == 410
            }
            try await eventually("the gauge's forgetting", within: .seconds(30)) {
                try await server.metrics().sum("idp_jobs", ["state": "completed"]) == 0
            }
            #expect(try await cleanup(["--run", run]).status == .exited(1))
            #expect(try await cleanup(["--run", "0199"]).status == .exited(2))
            try await expectAlive(server, judging: true)
        }

        @Test func besideARunningServerItOnlyLooks() async throws {
            let server = try await ServerProcess.start()
            _ = try await server.end(of: server.submit(SampleDocument.good().form()))
            func cleanup(_ arguments: [String]) async throws -> Command {
                var environment = ChildProcess.plainEnvironment
                environment["IDP_RUNS_DIR"] = server.directory.file("runs").path
                environment["IDP_STORE"] = "sqlite:" + server.directory.file("jobs.sqlite").path
                return try await Command.run(
                    ProjectFiles.serverProgram, ["cleanup"] + arguments, environment: environment)
            }
            #expect(try await cleanup(["--dry-run"]).status == .exited(0))
            let refused = try await cleanup([])
            #expect(refused.status == .exited(1) && refused.errors.contains("another idp-server"))
            #expect(try await cleanup(["--no-such-flag"]).status == .exited(2))
            try await expectAlive(server, judging: true)
        }
    }
}
