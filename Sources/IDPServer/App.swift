internal import ArgumentParser

/// The program: parses the command line and runs the named command.
@main
struct App: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idp-server",
        abstract: "Judges documents that applicants for a loan deferment send in.",
        discussion: """
            Start with `idp-server serve` and send a document to POST /v1/process, or judge files without a server: \
            `idp-server process paper.pdf --fio "Ахметов Данияр Маратович"`.

            Exit status: 0 done, 1 a verdict was false or a file could not be judged, 2 wrong usage or settings.
            """,
        version: BuildInfo.version,
        subcommands: [
            ServeCommand.self, ProcessCommand.self, CheckConfigCommand.self, CleanupCommand.self, MigrateCommand.self,
            JobsCommand.self, CallbacksCommand.self, KeysCommand.self, OpenAPICommand.self, VersionCommand.self,
            DocumentWorkerCommand.self,
        ])

    /// ArgumentParser exits with 64 for wrong usage; ours is 2, as the contract says.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            if code.rawValue == 64 {
                StandardError.write(fullMessage(for: error) + "\n")
                exit(withError: ExitCode(2))
            }
            exit(withError: error)
        }
    }
}
