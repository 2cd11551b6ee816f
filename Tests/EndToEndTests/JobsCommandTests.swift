import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `jobs` against a running server, completions and help.
    @Suite struct JobsCommandTests {
        private func run(_ arguments: [String], _ extra: [String: String] = [:]) async throws -> Command {
            try await Command.run(
                ProjectFiles.serverProgram, arguments,
                environment: ChildProcess.plainEnvironment.merging(extra) { $1 }, within: .seconds(120))
        }

        private func jobs(_ server: ServerProcess, _ arguments: [String]) async throws -> Command {
            try await run(["jobs"] + arguments + ["--server", "http://127.0.0.1:\(server.port)"])
        }

        @Test func jobsAreListedPageByPageAndShown() async throws {
            let server = try await ServerProcess.start()
            var runs: [String] = []
            for _ in 0..<3 { runs.append(try await server.submit(SampleDocument.good().form())) }
            for run in runs { _ = try await server.end(of: run) }
            let all = try await jobs(server, ["list", "--all"])
            #expect(all.status == .exited(0), "\(all.errors)")
            let listed = try all.output.split(separator: "\n").map { try JSONValue(parsing: $0)["run_id"].string }
            #expect(listed == runs.reversed())
            let two = try await jobs(server, ["list", "--limit", "2", "--status", "completed", "--format", "table"])
            let lines = two.output.split(separator: "\n")
            #expect(lines.count == 3, "\(two.output)")
            #expect(lines.last?.hasPrefix(runs[1]) == true)
            let shown = try await jobs(server, ["show", runs[0], "--wait"])
            #expect(shown.status == .exited(0))
            #expect(try JSONValue(parsing: shown.output)["checks"]["fio_match"]["passed"].bool == true)
            let table = try await jobs(server, ["show", runs[0], "--format", "table"])
            #expect(table.output.contains("checks.fio_match.passed  true\n"), "\(table.output)")
        }

        @Test func theServerIsFoundByItsSettings() async throws {
            let server = try await SharedServer.get()
            let found = try await run(["jobs", "list"], ["IDP_PORT": "\(server.port)"])
            #expect(found.status == .exited(0), "\(found.errors)")
        }

        @Test func aFailedJobIsReplayedAndARefusalIsTold() async throws {
            let server = try await ServerProcess.start()
            let broken = MultipartForm.document(Array("%PDF-1.4 broken".utf8), named: "a.pdf", fio: "Ахметов Данияр")
            let run = try await server.submit(broken)
            _ = try await server.end(of: run)
            let replayed = try await jobs(server, ["replay", run])
            #expect(replayed.status == .exited(0), "\(replayed.errors)")
            #expect(try JSONValue(parsing: replayed.output)["replays"].int == 1)
            _ = try await server.end(of: run)
            let cancelled = try await jobs(server, ["cancel", run])
            #expect(cancelled.status == .exited(0))
            #expect(try JSONValue(parsing: cancelled.output)["status"].string == "failed")
            let good = try await server.submit(SampleDocument.good().form())
            _ = try await server.end(of: good)
            let refused = try await jobs(server, ["replay", good, run])
            #expect(refused.status == .exited(1))
            #expect(refused.errors.contains("JOB_NOT_REPLAYABLE"), "\(refused.errors)")
            #expect(try JSONValue(parsing: refused.output)["run_id"].string == run, "the other one was done")
            let unknown = try await jobs(server, ["show", "019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21"])
            #expect(unknown.status == .exited(1))
            #expect(unknown.errors.contains("JOB_NOT_FOUND"))
        }

        @Test func noServerIsToldAndEndsWithOne() async throws {
            let command = try await run(["jobs", "list", "--server", "http://127.0.0.1:\(try freePort())"])
            #expect(command.status == .exited(1))
            #expect(command.errors.contains("no answer"), "\(command.errors)")
        }

        @Test(arguments: [
            ["jobs", "show", "order-4711"], ["jobs", "list", "--status", "lost"], ["jobs", "list", "--limit", "0"],
            ["jobs", "list", "--server", "localhost"], ["jobs", "cancel"],
        ])
        func wrongUsageEndsWithTwo(_ arguments: [String]) async throws {
            let command = try await run(arguments)
            #expect(command.status == .exited(2), "\(command.output) \(command.errors)")
        }

        @Test(arguments: ["bash", "zsh", "fish"])
        func shellsCanCompleteTheCommands(_ shell: String) async throws {
            let script = try await run(["--generate-completion-script", shell])
            #expect(script.status == .exited(0))
            for word in ["process", "jobs", "check-config", "replay", "resume"] {
                #expect(script.output.contains(word), "\(word)")
            }
            guard shell == "bash" else { return }
            let check = try await Command.run("bash", ["-n"], standardInput: Array(script.output.utf8))
            #expect(check.succeeded, "\(check.errors)")
        }

        @Test(arguments: [[], ["process"], ["jobs"], ["jobs", "list"], ["openapi"], ["serve"], ["check-config"]])
        func helpSaysWhatToType(_ command: [String]) async throws {
            let help = try await run(command + ["--help"])
            #expect(help.status == .exited(0), "\(help.errors)")
            #expect(help.output.contains("USAGE: idp-server"), "\(help.output)")
            if ["process", "jobs"].contains(command.joined()) {
                #expect(help.output.contains("EXAMPLES"))
                #expect(help.output.contains("Exit status"))
            }
        }
    }
}
