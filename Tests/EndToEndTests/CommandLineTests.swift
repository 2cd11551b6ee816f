import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct CommandLineTests {
        private func run(
            _ arguments: [String], _ environment: [String: String] = [:]
        ) async throws -> Command {
            let settings = ChildProcess.plainEnvironment.merging(environment) { $1 }
            return try await Command.run(ProjectFiles.serverProgram, arguments, environment: settings)
        }

        @Test func saysItsVersion() async throws {
            let command = try await run(["version"])
            #expect(command.status == .exited(0))
            #expect(command.output.contains(#/\d+\.\d+/#), "\(command.output)")
        }

        @Test func judgesFilesWithoutAServer() async throws {
            let today = try SampleDocument.good().today
            for sample in try SampleDocument.all().filter({ $0.errors.isEmpty || $0.errors == ["FIO_MISMATCH"] }) {
                let command = try await run(
                    ["process", sample.url.path, "--fio", sample.fio], ["IDP_TODAY": today])
                #expect(command.status == .exited(sample.verdict ? 0 : 1), "\(sample): \(command.errors)")
                for reason in sample.errors { #expect(command.output.contains(reason)) }
            }
        }

        @Test func goodSettingsPassTheCheck() async throws {
            let folder = try TemporaryDirectory()
            let command = try await run(["check-config"], ["IDP_RUNS_DIR": folder.path, "IDP_PORT": "8123"])
            #expect(command.status == .exited(0), "\(command.errors)")
        }

        @Test(arguments: ["check-config", "serve"])
        func allWrongSettingsAreToldAtOnceByName(_ subcommand: String) async throws {
            let wrong = [
                "IDP_PORT": "ninety", "IDP_MAX_UPLOAD_BYTES": "-1", "IDP_TODAY": "yesterday", "IDP_WORKERS": "0",
                "IDP_LOG_LEVEL": "LOUD", "IDP_NO_SUCH_SETTING": "1",
            ]
            let command = try await run([subcommand], wrong)
            #expect(command.status == .exited(2), "\(command.output) \(command.errors)")
            for name in wrong.keys { #expect((command.errors + command.output).contains(name), "\(name)") }
        }

        @Test(arguments: [["no-such-command"], ["serve", "--no-such-flag"], ["process"]])
        func wrongUsageEndsWithTwo(_ arguments: [String]) async throws {
            #expect(try await run(arguments).status == .exited(2))
        }

        /// Two servers that share a port by accident would each answer for half of the jobs.
        @Test func aPortInUseIsSaidClearly() async throws {
            let server = try await SharedServer.get()
            let folder = try TemporaryDirectory()
            let settings = [
                "IDP_PORT": "\(server.port)", "IDP_RUNS_DIR": folder.file("runs").path,
                "IDP_STORE": "sqlite:" + folder.file("jobs.sqlite").path,
            ]
            let command = try await Command.run(
                ProjectFiles.serverProgram, ["serve"],
                environment: ChildProcess.plainEnvironment.merging(settings) { $1 })
            #expect(command.status == .exited(1))
            #expect((command.output + command.errors).contains("\(server.port)"))
        }
    }
}
