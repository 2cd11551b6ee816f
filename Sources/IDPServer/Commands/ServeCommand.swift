internal import ArgumentParser
internal import Foundation

/// `idp-server serve`: runs until SIGTERM or SIGINT.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server.",
        discussion: """
            Settings are flags over environment over the file named by --config; every flag has its environment \
            variable.

            \(Setting.helpTable)
            """)

    @Argument(parsing: .captureForPassthrough, help: "The settings as flags: --name VALUE.")
    var arguments: [String] = []

    func run() throws {
        let settings = try SettingsLoading.load(arguments, command: Self.self)
        let application: Application
        do {
            application = try Application(settings: settings, environment: ProcessInfo.processInfo.environment)
            try application.start()
        } catch {
            StandardError.write("idp-server: cannot start: \(error)\n")
            throw ExitCode(1)
        }
        application.waitForTermination()
    }
}
