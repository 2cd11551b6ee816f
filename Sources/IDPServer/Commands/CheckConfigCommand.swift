internal import ArgumentParser
internal import Foundation

/// `idp-server check-config`: reads all settings as `serve` would, says what is in force or everything that is wrong.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Validate the settings and print what is in force.",
        discussion: "Takes the flags of serve. Secrets are masked. Exit status 2 when a setting is wrong.")

    @Argument(parsing: .captureForPassthrough, help: "The settings as flags, see serve --help.")
    var arguments: [String] = []

    func run() throws {
        let settings = try SettingsLoading.load(arguments, command: Self.self)
        let width = settings.report.map(\.name.count).max() ?? 0
        for line in settings.report {
            let name = line.name.padding(toLength: width, withPad: " ", startingAt: 0)
            print("\(name)  \(line.shown.isEmpty ? "-" : line.shown)  (\(line.source))")
        }
    }
}
