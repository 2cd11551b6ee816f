internal import ArgumentParser

/// `idp-server check-config`: reads all settings as `serve` would, says what is in force or everything that is wrong.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Validate the settings and print what is in force.",
        discussion: "Takes the flags of serve. Secrets are masked. Exit status 2 when a setting is wrong.")

    @Argument(parsing: .captureForPassthrough, help: "The settings as flags, see serve --help.")
    var arguments: [String] = []

    func run() throws {
        print(try SettingsLoading.load(arguments, command: Self.self).listing)
    }
}
