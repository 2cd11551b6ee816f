import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Processes die at the worst moment; what was acknowledged is not lost, and one document harms only itself.
    @Suite struct CrashTests {
        /// A document that takes the reader some seconds: six dense scanned pages.
        private func slowForm() async throws -> MultipartForm {
            let file = try await BadDocuments.get().file("slow.pdf")
            return .document(Array(try Data(contentsOf: file)), named: "slow.pdf", fio: BadInputTests.fio)
        }

        private func runningInText(_ server: ServerProcess, _ run: String) async throws {
            try await eventually("run \(run) being worked on") {
                try await server.client.get("/v1/jobs/\(run)").json["status"].string == "running"
            }
        }

        @Test func aWorkerKilledInMidPageHarmsOneDocumentAtMost() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1"])
            let run = try await server.submit(try await slowForm())
            try await runningInText(server, run)
            let workers = try await eventually("a document worker") {
                let workers = try await server.documentWorkers()
                return workers.isEmpty ? nil : workers
            }
            for worker in workers { kill(worker, SIGKILL) }
            let end = try await server.end(of: run)
            if end["status"].string == "failed" {
                #expect(end["errors"].strings?.count == 1)
                #expect(end["verdict"].isNull)
            } else {
                #expect(end["status"].string == "completed")
            }
            try await expectAlive(server, judging: true)
        }

        @Test func aDocumentWhoseWorkersAllDieFailsWithACode() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1"])
            let run = try await server.submit(try await slowForm())
            try await runningInText(server, run)
            let end = try await eventually("the end of run \(run)", within: .seconds(60)) {
                let status = try await server.client.get("/v1/jobs/\(run)").json
                if ["completed", "failed"].contains(status["status"].string) { return status }
                for worker in try await server.documentWorkers() { kill(worker, SIGKILL) }
                return nil
            }
            #expect(end["status"].string == "failed")
            let code = try #require(end["errors"][0].string)
            #expect(["OCR_FAILED", "DOCUMENT_UNREADABLE", "INTERNAL_PROCESSING_ERROR"].contains(code))
            #expect(try await server.metrics().sum("jobs_failed_total") == 1)
            try await expectAlive(server, judging: true)
        }

        @Test func anAcceptedJobOutlivesTheServersDeath() async throws {
            let directory = try TemporaryDirectory("crash")
            let first = try await ServerProcess.start(["IDP_WORKERS": "1"], directory: directory)
            let samples = [try SampleDocument.scanned()] + Array(try SampleDocument.all().prefix(4))
            var runs: [(String, SampleDocument)] = []
            for sample in samples { runs.append((try await first.submit(sample.form()), sample)) }
            let workers = try await first.documentWorkers()
            try await first.crash()
            try await eventually("the end of the dead server's workers") {
                workers.allSatisfy { kill($0, 0) != 0 || isZombie($0) }
            }
            let second = try await ServerProcess.start(directory: directory)
            for (run, sample) in runs {
                let end = try await second.end(of: run)
                #expect(end["status"].string == "completed", "\(end)")
                #expect(end["verdict"].bool == sample.verdict)
                #expect(end["errors"].strings?.sorted() == sample.errors.sorted())
            }
            #expect(try await second.stop() == .exited(0))
        }

        @Test func endedRunsAreRememberedAcrossRestarts() async throws {
            let directory = try TemporaryDirectory("restart")
            let first = try await ServerProcess.start(directory: directory)
            let sample = try SampleDocument.first { $0.errors == ["FIO_MISMATCH"] }
            let run = try await first.submit(sample.form())
            _ = try await first.end(of: run)
            let sync = try await first.client.post("/v1/process", sample.form()).json["run_id"].string
            #expect(try await first.stop() == .exited(0))
            let second = try await ServerProcess.start(directory: directory)
            for run in [run, try #require(sync)] {
                let status = try await second.client.get("/v1/jobs/\(run)")
                #expect(status.json["verdict"].bool == false, "\(status.text)")
                #expect(status.json["errors"].strings == ["FIO_MISMATCH"])
            }
        }

        /// The short form of `make crash`: killed under load, while it starts and while it drains.
        @Test func nothingAcknowledgedIsLostWhereverTheServerIsKilled() async throws {
            let run = try await Command.python(
                "Tests/Tools/crash.py",
                ["--program", ProjectFiles.serverProgram, "--rounds", "8", "--pause", "0.6"], within: .seconds(300))
            #expect(run.succeeded, "\(run.output)\(run.errors)")
            #expect(run.output.contains("lost, stuck or double: 0"), "\(run.output)")
        }

        /// Disks as a power cut at some write could have left them, each with a server started on it.
        @Test func nothingAcknowledgedIsLostWhereverThePowerIsCut() async throws {
            let tools = try TemporaryDirectory("recorder")
            let recorder = try await PreloadedTool.build("Tests/Tools/record_writes.c", in: tools)
            let run = try await Command.python(
                "Tests/Tools/power_loss.py",
                ["--program", ProjectFiles.serverProgram, "--recorder", recorder, "--cuts", "5", "--seconds", "3"],
                within: .seconds(300))
            #expect(run.succeeded, "\(run.output)\(run.errors)")
            #expect(run.output.contains("lost: 0"), "\(run.output)")
        }

        /// One thing after the other fails under a server, and mends again.
        @Test(arguments: [
            "no space", "no space for bytes", "no space at the flush", "quota used up", "write errors", "flush errors",
            "names cannot be made", "read-only", "slow flushes", "slow writes", "workers killed", "workers hang",
            "workers without memory",
        ])
        func aFaultIsToldAndOutlived(_ fault: String) async throws {
            let tools = try TemporaryDirectory("injector")
            let injector = try await PreloadedTool.build("Tests/Tools/inject_faults.c", in: tools)
            let run = try await Command.python(
                "Tests/Tools/fault_matrix.py",
                ["--program", ProjectFiles.serverProgram, "--injector", injector, fault], within: .seconds(240))
            #expect(run.succeeded, "\(run.output)\(run.errors)")
            #expect(run.output.contains("held    \(fault)"), "\(run.output)")
        }

        private func isZombie(_ pid: pid_t) -> Bool {
            let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            return status.contains(") Z ")
        }
    }
}
