import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The clients of `examples`, each against a running server, for a good paper and for another person's.
    @Suite struct ExamplesTests {
        private static func judge(_ program: String, _ arguments: [String]) async throws {
            let server = try await SharedServer.get()
            let url = "http://127.0.0.1:\(server.port)"
            let good = try SampleDocument.good()
            let right = try await Command.run(program, arguments + [good.url.path, good.fio, url])
            #expect(right.status == .exited(0), "\(right.output)\(right.errors)")
            #expect(right.output.lowercased().contains("verdict true"), "\(right.output)")
            let wrong = try await Command.run(
                program, arguments + [good.url.path, "Иванов Пётр Сергеевич", url])
            #expect(wrong.status == .exited(1), "\(wrong.output)\(wrong.errors)")
            #expect(wrong.output.contains("FIO_MISMATCH"), "\(wrong.output)")
            let script = ProjectFiles.url("Makefile").path
            let refused = try await Command.run(program, arguments + [script, good.fio, url])
            #expect(refused.status == .exited(2), "\(refused.output)\(refused.errors)")
            #expect((refused.output + refused.errors).contains("UNSUPPORTED_FILE_TYPE"))
        }

        @Test func theOneForShells() async throws {
            try await Self.judge(ProjectFiles.url("examples/curl/judge.sh").path, [])
        }

        @Test func theOneInPython() async throws {
            try await Self.judge(ProjectFiles.python, [ProjectFiles.url("examples/python/judge.py").path])
        }

        @Test func theOneInSwift() async throws {
            let folder = try TemporaryDirectory("example")
            let program = folder.file("judge").path
            var environment = ChildProcess.plainEnvironment
            environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
            let compiled = try await Command.run(
                "swiftc",
                [
                    "-parse-as-library", "-warnings-as-errors", "-o", program,
                    ProjectFiles.url("examples/swift/judge.swift").path,
                ], environment: environment, within: .seconds(600))
            #expect(compiled.succeeded, "\(compiled.errors)")
            try await Self.judge(program, [])
        }

        /// Where k6 is, which Debian does not have: in PATH, or beside the tests' Python.
        private static let k6: String? = {
            let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
            return (path + [ProjectFiles.url(".venv/bin").path]).map { "\($0)/k6" }
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }()

        @Test(.enabled(if: k6 != nil, "k6 is not here"), arguments: ["examples/k6/judge.js", "ops/load/k6.js"])
        func theOnesForK6(_ script: String) async throws {
            let server = try await ServerProcess.start()
            // A server that is slow because others use the machine passes too: nothing may fail, all else is figures.
            let settings = ["URL=http://127.0.0.1:\(server.port)", "MINUTES=0.1", "RATE=2"]
            let run = try await Command.run(
                try #require(Self.k6),
                ["run", "--quiet", "--no-usage-report"] + settings.flatMap { ["-e", $0] }
                    + [ProjectFiles.url(script).path])
            // 99: a threshold was missed, of which only those of time may be.
            #expect(run.succeeded || run.status == .exited(99), "\(run.output)\(run.errors)")
            #expect(run.output.contains(#/checks_failed\.+: 0\.00%/#), "\(run.output)")
        }

        @Test func theLoadTestHoldsAServerToItsThresholds() async throws {
            let server = try await ServerProcess.start()
            let script = ProjectFiles.url("ops/load/load.sh").path
            let arguments = ["http://127.0.0.1:\(server.port)", "1", "4"]
            var environment = ChildProcess.plainEnvironment
            // How fast this machine is now is not what is tested.
            environment.merge(["P99_SUBMIT": "60", "P99_VERDICT": "60"]) { $1 }
            let passed = try await Command.run(script, arguments, environment: environment)
            #expect(passed.succeeded, "\(passed.output)\(passed.errors)")
            #expect(passed.output.contains("submit jobs: ") && passed.output.contains("verdicts: "))
            environment["P99_SUBMIT"] = "0"
            environment["P99_VERDICT"] = "0"
            let missed = try await Command.run(script, arguments, environment: environment)
            #expect(missed.status == .exited(1))
            #expect(missed.output.contains("MISSED: p99 is above 0 s"), "\(missed.output)")
            let absent = try await Command.run(script, ["http://127.0.0.1:\(try freePort())", "1"])
            #expect(absent.status == .exited(2))
        }
    }
}
