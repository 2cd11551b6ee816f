internal import ArgumentParser
internal import Foundation

/// Loads the settings of a command, or ends the program with 2 and every mistake on standard error.
enum SettingsLoading {
    /// - Throws: `CleanExit` for `--help`, `ExitCode(2)` when a setting is wrong.
    static func load(_ arguments: [String], command: any ParsableCommand.Type) throws -> Settings {
        if arguments.contains("--help") || arguments.contains("-h") { throw CleanExit.helpRequest(command) }
        let loaded = Result { () throws(SettingsError) in
            try Settings.load(arguments: arguments, environment: ProcessInfo.processInfo.environment)
        }
        switch loaded {
        case .success(let settings):
            return settings
        case .failure(let error):
            StandardError.write("\(error)\n")
            throw ExitCode(2)
        }
    }
}
