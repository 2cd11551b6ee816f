import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// What an operator meets: a folder in use, a store that is broken, a disk that is full.
    @Suite struct StorageTests {
        private func serve(_ environment: [String: String]) async throws -> Command {
            let settings = ChildProcess.plainEnvironment.merging(["IDP_PORT": "0"]) { $1 }
            return try await Command.run(
                ProjectFiles.serverProgram, ["serve"], environment: settings.merging(environment) { $1 },
                within: .seconds(60))
        }

        /// Two servers on one folder would run each job twice.
        @Test func aFolderOrStoreInUseIsSaidClearly() async throws {
            let server = try await ServerProcess.start()
            let second = try await serve([
                "IDP_RUNS_DIR": server.directory.file("runs").path,
                "IDP_STORE": "sqlite:" + server.directory.file("other.sqlite").path,
            ])
            #expect(second.status == .exited(1))
            #expect(second.errors.contains("is another idp-server running on this folder?"), "\(second.errors)")
            let third = try await serve([
                "IDP_RUNS_DIR": server.directory.file("other").path,
                "IDP_STORE": "sqlite:" + server.directory.file("jobs.sqlite").path,
            ])
            #expect(third.status == .exited(1))
            #expect(third.errors.contains("is another idp-server using this store?"), "\(third.errors)")
            try await expectAlive(server, judging: true)
        }

        @Test func aFolderThatCannotBeMadeIsSaidClearly() async throws {
            let folder = try TemporaryDirectory("unusable")
            let file = try folder.write(Array("not a folder".utf8), to: "file")
            let command = try await serve(["IDP_RUNS_DIR": file.path + "/runs"])
            #expect(command.status == .exited(1))
            #expect(command.errors.contains("cannot start") && command.errors.contains("Not a directory"))
        }

        /// A store that has been overwritten, cut short, or is no store at all: it is left as it is, and the server
        /// says what it cannot use instead of starting with nothing.
        @Test(arguments: ["overwritten", "cut short", "text"])
        func aBrokenStoreIsSaidClearly(_ damage: String) async throws {
            let directory = try TemporaryDirectory("broken-store")
            let first = try await ServerProcess.start(directory: directory)
            for _ in 0..<3 { _ = try await first.end(of: first.submit(SampleDocument.good().form())) }
            #expect(try await first.stop() == .exited(0))
            let path = directory.file("jobs.sqlite").path
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            try #require(bytes.count >= 3 * 4096)
            switch damage {
            case "overwritten": for place in 100..<bytes.count { bytes[place] = 0xA5 }
            case "cut short": bytes.removeLast(bytes.count - 4096 - 512)
            default: bytes = Array("this is no store\n".utf8)
            }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let command = try await serve([
                "IDP_RUNS_DIR": directory.file("runs").path, "IDP_STORE": "sqlite:" + path,
            ])
            #expect(command.status == .exited(1), "\(command.output)\(command.errors)")
            #expect(command.errors.contains("cannot start") && command.errors.contains("jobs.sqlite"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes))
        }

        /// What people and other programs read is mended from the store, whatever became of it.
        @Test func brokenFilesOfARunAreMended() async throws {
            let directory = try TemporaryDirectory("broken-files")
            let first = try await ServerProcess.start(directory: directory)
            let run = try await first.submit(SampleDocument.good().form())
            _ = try await first.end(of: run)
            #expect(try await first.stop() == .exited(0))
            let day = try #require(FileManager.default.subpaths(atPath: directory.file("runs").path)?.first {
                $0.hasSuffix("/" + run)
            })
            let meta = directory.file("runs").path + "/" + day + "/meta/"
            func files() throws -> [Data] {
                try ["job.json", "final_result.json"].map { try Data(contentsOf: URL(fileURLWithPath: meta + $0)) }
            }
            let whole = try files()
            try Data("{\"status\":".utf8).write(to: URL(fileURLWithPath: meta + "job.json"))
            try Data().write(to: URL(fileURLWithPath: meta + "final_result.json"))
            let second = try await ServerProcess.start(directory: directory)
            #expect(try await second.client.get("/v1/jobs/\(run)").json["verdict"].bool == true)
            try await eventually("the mending of both files", within: .seconds(30)) {
                try files() == whole
            }
        }

        /// The caller that was answered nothing, as its connection broke, asks again when the queue has filled up.
        @Test func aRepeatIsAnsweredAtAFullQueue() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1", "IDP_QUEUE_LIMIT": "2"])
            let slow = MultipartForm.document(
                Array(try Data(contentsOf: try await BadDocuments.get().file("slow.pdf"))), named: "slow.pdf",
                fio: BadInputTests.fio)
            let form = try SampleDocument.good().form()
            let running = try await server.submit(slow)
            try await eventually("run \(running) being worked on", within: .seconds(60)) {
                try await server.client.get("/v1/jobs/\(running)").json["status"].string == "running"
            }
            let first = try await server.submit(form, fields: [("Idempotency-Key", "\"lost answer\"")])
            _ = try await server.submit(form, fields: [("Idempotency-Key", "other")])
            let refused = try await server.client.post("/v1/jobs", form, fields: [("Idempotency-Key", "new")])
            let again = try await server.client.post(
                "/v1/jobs", form, fields: [("Idempotency-Key", "\"lost answer\"")])
            // Should the slow document be done already, there is room again, and that is no fault.
            guard try await server.client.get("/v1/jobs/\(running)").json["status"].string == "running" else { return }
            #expect(refused.status == 429 && refused.errorCode == "QUEUE_FULL")
            #expect(try #require(refused.field("Retry-After").flatMap { Int($0) }) >= 1)
            #expect(again.status == 202 && again.json["run_id"].string == first, "\(again.text)")
            #expect(again.field("Idempotent-Replayed") == "true")
        }
    }
}
