internal import ArgumentParser
internal import Foundation
internal import Observability

/// `idp-server serve`: runs until SIGTERM or SIGINT.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server.",
        discussion: """
            Flags win over the environment, the environment over the file named by --config (lines of NAME=value).

            \(Settings.helpText)
            """)

    @Argument(parsing: .captureForPassthrough, help: "The settings as flags: --name VALUE.")
    var arguments: [String] = []

    func run() throws {
        let settings = try SettingsLoading.load(arguments, command: Self.self)
        let application: Application
        do {
            application = try Application(settings: settings, environment: ProcessInfo.processInfo.environment)
            try application.start()
        } catch let error as ServiceError {
            StandardError.write("idp-server: cannot start: \(error.message): \(error.cause ?? "no more is known")\n")
            throw ExitCode(1)
        } catch {
            StandardError.write("idp-server: cannot start: \(error)\n")
            throw ExitCode(1)
        }
        application.waitForTermination()
    }
}
