import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `process` over many files.
    @Suite struct BatchCommandTests {
        private func run(_ arguments: [String], _ extra: [String: String] = [:]) async throws -> Command {
            let environment = try ChildProcess.plainEnvironment
                .merging(["IDP_TODAY": SampleDocument.good().today]) { $1 }.merging(extra) { $1 }
            return try await Command.run(
                ProjectFiles.serverProgram, ["process"] + arguments, environment: environment, within: .seconds(300))
        }

        /// A list of the quick samples in a folder, as `--list` takes it; their paths and the right verdicts.
        private func list(in folder: TemporaryDirectory) throws -> (path: String, samples: [SampleDocument]) {
            let samples = try SampleDocument.all().filter { $0.file.contains("-text.pdf") }
            try #require(samples.count >= 5)
            let lines = try samples.map { sample in
                let entry = ["file": sample.url.path, "fio": sample.fio]
                return String(decoding: try JSONEncoder().encode(entry), as: UTF8.self) + "\n"
            }
            return (try folder.write(Array(lines.joined().utf8), to: "papers.jsonl").path, samples)
        }

        private func reports(_ text: String) throws -> [JSONValue] {
            try text.split(separator: "\n").map { try JSONValue(parsing: $0) }
        }

        @Test func aListIsJudgedAtOnceAndReportedInItsOrder() async throws {
            let folder = try TemporaryDirectory("batch")
            let (list, samples) = try list(in: folder)
            let command = try await run(["--list", list, "--jobs", "3"])
            #expect(command.status == .exited(1), "\(command.errors)")
            let found = try reports(command.output)
            #expect(found.map { $0["file"].string } == samples.map(\.url.path))
            #expect(found.map { $0["verdict"].bool } == samples.map(\.verdict))
            let refused = samples.count { !$0.verdict }
            #expect(
                command.errors.contains(
                    "\(samples.count) documents: \(samples.count - refused) true, \(refused) false, 0 not judged"),
                "\(command.errors)")
            // No bar, no colours: nobody looks.
            #expect(!command.errors.contains("\u{1B}") && !command.output.contains("\u{1B}"))
        }

        @Test(arguments: ["report.jsonl", "report.csv"])
        func aBrokenOffBatchGoesOnWhereItWas(_ name: String) async throws {
            let folder = try TemporaryDirectory("resume")
            let (list, samples) = try list(in: folder)
            let output = folder.file(name)
            let whole = try await run(["--list", list, "--output", output.path, "--quiet"])
            #expect(whole.status == .exited(1), "\(whole.errors)")
            #expect(whole.output.isEmpty && whole.errors.isEmpty)
            let first = try Data(contentsOf: output)
            // Broken off within the third report.
            let lineEnds = first.indices.filter { first[$0] == UInt8(ascii: "\n") }
            let kept = first[...lineEnds[name.hasSuffix("csv") ? 2 : 1]]
            let torn = first[..<(kept.endIndex + 10)]
            try torn.write(to: output)
            let rest = try await run(["--list", list, "--output", output.path, "--resume"])
            #expect(rest.status == .exited(1))
            #expect(rest.errors.contains("\(samples.count - 2) documents:"), "\(rest.errors)")
            #expect(rest.errors.contains("; 2 from before"), "\(rest.errors)")
            let again = try Data(contentsOf: output)
            #expect(again.starts(with: kept))
            #expect(again.count(where: { $0 == UInt8(ascii: "\n") }) == lineEnds.count)
            // Nothing is left: the same end, without a document opened.
            let done = try await run(["--list", list, "--output", output.path, "--resume"])
            #expect(done.status == .exited(1))
            #expect(try Data(contentsOf: output) == again)
        }

        @Test func aTableIsForPeople() async throws {
            let sample = try SampleDocument.good()
            let command = try await run([sample.url.path, "--fio", sample.fio, "--format", "table"])
            #expect(command.status == .exited(0), "\(command.errors)")
            let lines = command.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("FILE"))
            #expect(lines[1].contains("  true   "))
        }

        /// What a terminal shows, as a real one: colours and a bar, and no colours with NO_COLOR.
        @Test(arguments: [false, true])
        func aTerminalGetsABarAndColours(_ isPlain: Bool) async throws {
            let samples = try SampleDocument.all().filter { $0.file.contains("-text.pdf") }.prefix(2)
            let command = try await Command.run(
                ProjectFiles.python,
                [
                    ProjectFiles.url("Tests/Tools/on_terminal.py").path, ProjectFiles.serverProgram, "process",
                    "--fio", samples[0].fio,
                ] + samples.map(\.url.path),
                environment: ChildProcess.plainEnvironment.merging([
                    "TERM": "xterm", "NO_COLOR": isPlain ? "1" : "", "IDP_TODAY": samples[0].today,
                ]) { $1 }, within: .seconds(300))
            #expect(command.output.contains("\u{1B}[K["), "a bar: \(command.output)")
            #expect(command.output.contains("2/2"), "\(command.output)")
            #expect(command.output.contains("\u{1B}[32mtrue") == !isPlain, "\(command.output)")
            #expect(command.output.contains("FILE"))
        }

        @Test(arguments: [
            ["--fio", "Ли Ержан"], ["a.pdf"], ["a.pdf", "--fio", "Ли"], ["no-such.pdf", "--fio", "Ли Ержан"],
            ["--list", "no-such.jsonl"], ["a.pdf", "--fio", "Ли Ержан", "--resume"],
            ["a.pdf", "--fio", "Ли Ержан", "--resume", "--output", "a.txt"],
            ["a.pdf", "--fio", "Ли Ержан", "--format", "xml"], ["a.pdf", "--fio", "Ли Ержан", "--jobs", "0"],
        ])
        func wrongUsageEndsWithTwoAndSaysWhy(_ arguments: [String]) async throws {
            let command = try await run(arguments)
            #expect(command.status == .exited(2), "\(command.output) \(command.errors)")
            #expect(command.output.isEmpty)
            #expect(command.errors.contains("Error:"), "\(command.errors)")
        }

        @Test func aWrongSettingEndsWithTwo() async throws {
            let sample = try SampleDocument.good()
            let command = try await run([sample.url.path, "--fio", sample.fio], ["IDP_MAX_PAGES": "none"])
            #expect(command.status == .exited(2))
            #expect(command.errors.contains("IDP_MAX_PAGES"))
        }
    }
}
