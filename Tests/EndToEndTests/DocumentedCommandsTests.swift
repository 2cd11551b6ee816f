import Foundation
import TestSupport
import Testing

/// An `sh` block of a document: what people paste into a shell.
struct DocumentedBlock: Sendable, CustomTestStringConvertible {
    /// The document's path from the root.
    var document: String
    /// The line on which it begins, counted from 1.
    var line: Int
    /// Its commands.
    var commands: String

    var testDescription: String { "\(document):\(line)" }

    /// The blocks of every document that speaks to users: those in the root, and those of docs and examples.
    static func all() -> [DocumentedBlock] {
        let folders = ["", "docs", "examples", "ops", "docker"]
        let paths = folders.flatMap { folder -> [String] in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: ProjectFiles.url(folder).path)) ?? []
            return names.filter { $0.hasSuffix(".md") }.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
        }
        return paths.sorted().flatMap(blocks)
    }

    private static func blocks(of path: String) -> [DocumentedBlock] {
        guard let text = try? String(contentsOf: ProjectFiles.url(path), encoding: .utf8) else { return [] }
        var blocks: [DocumentedBlock] = []
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line == "```sh" {
                blocks.append(DocumentedBlock(document: path, line: index + 1, commands: ""))
            } else if line == "```" || line.hasPrefix("```") {
                if blocks.last?.commands.hasSuffix("\0") == false { blocks[blocks.count - 1].commands += "\0" }
            } else if let last = blocks.last, !last.commands.hasSuffix("\0") {
                blocks[blocks.count - 1].commands += line + "\n"
            }
        }
        return blocks.map { block in
            var block = block
            block.commands = block.commands.replacingOccurrences(of: "\0", with: "")
            return block
        }
    }

    /// Blocks that are not run, by words in them, and why. One that fits no block is a mistake.
    static let notRun = [
        "make test ": "is what runs this test", "make demo ": "builds a release; CONTRIBUTING's make test has it too",
        "swift build -c release": "builds a release", "scripts/package.sh\n": "builds a release",
        "docker ": "needs a Docker engine", "apt-get install ./": "installs into this machine",
        "systemctl ": "needs systemd as the first process", "k6 run": "k6 is not in Debian",
        "swiftc -parse-as-library": "ExamplesTests does", "ops/load/load.sh": "ExamplesTests does",
    ]

    /// Why it is not run; nil if it is.
    var reasonNotToRun: String? { Self.notRun.first { commands.contains($0.key) }?.value }
}

extension EndToEnd {
    /// What documents tell people to type works when pasted.
    @Suite struct DocumentedCommandsTests {
        /// A folder that has what the commands name: the project's files, papers, certificates, the program in PATH.
        private static func place(for block: DocumentedBlock) async throws -> TemporaryDirectory {
            let folder = try TemporaryDirectory("documented")
            for name in ["Tests", "scripts", "examples", "ops", "docs", "README.md"] {
                try FileManager.default.createSymbolicLink(
                    at: folder.file(name), withDestinationURL: ProjectFiles.url(name))
            }
            try FileManager.default.createDirectory(at: folder.file("bin"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                at: folder.file("bin/idp-server"),
                withDestinationURL: ProjectFiles.url("Tests/Tools/documented_server.sh"))
            let paper = try SampleDocument.first { $0.file == "sick-leave-ru-text.pdf" }
            try FileManager.default.createDirectory(at: folder.file("inbox"), withIntermediateDirectories: true)
            for name in ["paper.pdf", "inbox/first.pdf", "inbox/second.pdf"] {
                _ = try folder.write(try paper.bytes(), to: name)
            }
            let line = #"{"file": "paper.pdf", "fio": "\#(paper.fio)"}"# + "\n"
            _ = try folder.write(Array(line.utf8), to: "papers.jsonl")
            let certificates = try await TestCertificates.get()
            for (name, path) in [
                ("server.pem", certificates.certificate("server")), ("server.key", certificates.key("server")),
            ] {
                _ = try folder.write(Array(try Data(contentsOf: URL(fileURLWithPath: path))), to: name)
            }
            if block.commands.contains("keys.json") {
                let keys = folder.file("keys.json").path
                _ = try await Command.run(ProjectFiles.serverProgram, ["keys", "add", keys, "first", "--scope", "read"])
            }
            return folder
        }

        @Test(arguments: DocumentedBlock.all().filter { $0.reasonNotToRun == nil })
        func itsCommandsWork(_ block: DocumentedBlock) async throws {
            let server = try await SharedServer.get()
            let folder = try await Self.place(for: block)
            // Changed is only where things are: the server, the database, folders outside of the project.
            var commands = block.commands
            for port in ["localhost:8000", "127.0.0.1:8000"] {
                commands = commands.replacingOccurrences(of: port, with: "127.0.0.1:\(server.port)")
            }
            if commands.contains("postgres://") {
                let database = try await PostgresServer.shared().makeDatabase()
                commands = commands.replacingOccurrences(of: "postgres://idp@db.example/idp", with: database)
            }
            commands = commands.replacingOccurrences(of: "/mnt/shared/", with: folder.path + "/")
                .replacingOccurrences(of: "/run/idp/", with: folder.path + "/")
                // Nobody is there, and a start does not wait for it.
                .replacingOccurrences(of: "kafka.example:9092", with: "127.0.0.1:1")
            var environment = ChildProcess.plainEnvironment
            let programs = [folder.file("bin").path, ProjectFiles.url(".venv/bin").path]
            environment["PATH"] = (programs + [environment["PATH"] ?? ""]).joined(separator: ":")
            environment["DOCUMENTED_PROGRAM"] = ProjectFiles.serverProgram
            environment["IDP_PORT"] = "\(server.port)"
            environment["IDP_TODAY"] = try SampleDocument.all().first?.today
            environment["IDP_RUNS_DIR"] = folder.file("runs").path
            if commands.contains("IDP_S3_") {
                environment["IDP_S3_ENDPOINT"] = "http://127.0.0.1:1"
                environment["IDP_S3_ACCESS_KEY"] = "access"
                environment["IDP_S3_SECRET_KEY"] = "secret"
            }
            let run = try await Command.run(
                "bash", ["-euo", "pipefail", "-c", commands], environment: environment, directory: folder.path,
                within: .seconds(240))
            #expect(run.succeeded, "\(block.commands)\n\(run.output.suffix(4_000))\n\(run.errors.suffix(4_000))")
            #expect(!run.output.contains("\"detail\""), "\(run.output)")
        }

        @Test func whatIsNotRunIsThereAndHasItsReason() {
            let blocks = DocumentedBlock.all()
            #expect(blocks.count > 15)
            #expect(blocks.filter { $0.reasonNotToRun == nil }.count > 10)
            for (words, reason) in DocumentedBlock.notRun {
                #expect(blocks.contains { $0.commands.contains(words) }, "no block has \(words): \(reason)")
            }
        }

        /// What they name of the project is there.
        @Test(arguments: DocumentedBlock.all())
        func filesThatItsCommandsNameExist(_ block: DocumentedBlock) {
            let named = #/(?:^|[\s@])((?:scripts|examples|ops|docker|Tests|docs)\/[\w.\/-]+)/#
            for path in block.commands.matches(of: named).map({ String($0.1) }) {
                #expect(FileManager.default.fileExists(atPath: ProjectFiles.url(path).path), "\(path)")
            }
            let goals = block.commands.matches(of: #/(?:^|[\n;&] *)make ([a-z-]+)/#).map { String($0.1) }
            let makefile = (try? String(contentsOf: ProjectFiles.url("Makefile"), encoding: .utf8)) ?? ""
            for goal in goals { #expect(makefile.contains("\n\(goal):\n"), "make \(goal)") }
        }
    }
}
