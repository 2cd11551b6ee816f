/// The settings among a command line's words: `--port 8000`, `--port=8000`, `--probe`, `--no-fast-lane`,
/// `--config FILE`.
struct SettingFlags: Sendable, Equatable {
    /// By flag name without dashes.
    private(set) var values: [String: String] = [:]
    /// What `--config` named.
    private(set) var config: String?
    /// Words that are no flags, flags without their value, flags given twice. Unknown flags are left to `Settings`.
    private(set) var mistakes: [SettingMistake] = []

    /// Reads a command line's words, without the program's and the command's name.
    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word.count > 2 else {
                refuse(word, "is not a flag; settings are given as --name VALUE")
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if parts.count == 2 {
                take(name, String(parts[1]))
            } else if SettingFlags.isSwitch(name) {
                take(name, "true")
            } else if name.hasPrefix("no-"), SettingFlags.isSwitch(String(name.dropFirst(3))) {
                take(String(name.dropFirst(3)), "false")
            } else if let value = rest.first, !value.hasPrefix("--") {
                rest.removeFirst()
                take(name, value)
            } else {
                refuse(word, "has no value; give it as \(word) VALUE")
            }
        }
    }

    private mutating func take(_ name: String, _ value: String) {
        if name == "config" {
            if config != nil { refuse("--config", "given twice; keep one") }
            config = value
        } else if values.updateValue(value, forKey: name) != nil {
            refuse("--" + name, "given twice; keep one")
        }
    }

    private mutating func refuse(_ word: String, _ message: String) {
        mistakes.append(SettingMistake(setting: word, source: .flag, message: message))
    }

    /// Whether the flag stands for yes without a value.
    private static func isSwitch(_ name: String) -> Bool {
        guard let setting = Setting.table.first(where: { $0.flag == name }), case .boolean = setting.kind else {
            return false
        }
        return true
    }
}

extension Settings {
    /// Reads a command line's flags with the other sources.
    ///
    /// - Throws: every mistake of all sources at once.
    static func load(arguments: [String], environment: [String: String]) throws(SettingsError) -> Settings {
        let flags = SettingFlags(arguments)
        let loaded: Result<Settings, SettingsError> = Result { () throws(SettingsError) in
            try load(flags: flags.values, environment: environment, file: flags.config)
        }
        switch loaded {
        case .success(let settings) where flags.mistakes.isEmpty: return settings
        case .success: throw SettingsError(mistakes: flags.mistakes)
        case .failure(let error): throw SettingsError(mistakes: flags.mistakes + error.mistakes)
        }
    }
}
