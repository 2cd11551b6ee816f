/// One thing that is wrong with the settings.
struct SettingMistake: Sendable, Equatable, CustomStringConvertible {
    /// The setting's name, or the flag, key or line that is none.
    var setting: String
    /// Where it was found.
    var source: SettingSource
    /// What is wrong and what would be right; holds no secret.
    var message: String

    /// One line for the operator: `IDP_PORT (environment): "80x" is not …`.
    var description: String { "\(setting) (\(source)): \(message)" }
}

/// Where a setting's value came from, the strongest first.
enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    case flag
    case environment
    /// A line of the file, counted from 1; nil for the file as a whole.
    case file(path: String, line: Int?)
    /// Nobody set it.
    case fallback

    var description: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .file(let path, let line?): "\(path):\(line)"
        case .file(let path, nil): path
        case .fallback: "default"
        }
    }
}

/// Every mistake of all sources.
struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    var mistakes: [SettingMistake]

    /// One line per mistake.
    var description: String { mistakes.map(\.description).joined(separator: "\n") }
}
