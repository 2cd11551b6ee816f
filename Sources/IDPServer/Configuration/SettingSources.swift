/// All settings' texts, resolved: flags over environment over file over fallback; with every mistake found on the way.
struct SettingSources: Sendable {
    /// A setting's text, where it came from and what it means.
    struct Resolved: Sendable {
        var text: String
        var source: SettingSource
        var value: SettingValue
    }

    private(set) var resolved: [String: Resolved] = [:]
    private(set) var openTelemetry: [String: String] = [:]
    private(set) var mistakes: [SettingMistake]

    /// An empty value in the environment or the file means "not set", so that `IDP_TODAY=${TODAY:-}` works.
    init(flags: [String: String], environment: [String: String], file: SettingsFile?, path: String?) {
        mistakes = file?.mistakes ?? []
        for entry in file?.entries ?? [] {
            take(entry.key, entry.value, .file(path: path ?? "", line: entry.line))
        }
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("IDP_") || name.hasPrefix("OTEL_") {
            take(name, value, .environment)
        }
        for (flag, value) in flags.sorted(by: { $0.key < $1.key }) { takeFlag(flag, value) }
        for setting in Setting.table {
            guard resolved[setting.name] == nil, let fallback = setting.fallback, !fallback.hasPrefix("<"),
                let value = setting.kind.value(of: fallback)
            else { continue }
            resolved[setting.name] = Resolved(text: fallback, source: .fallback, value: value)
        }
    }

    private mutating func take(_ name: String, _ text: String, _ source: SettingSource) {
        if text.isEmpty { return resolvedNothing(name, source) }
        if name.hasPrefix("OTEL_") {
            openTelemetry[name] = text
        } else if let setting = Setting.named(name) {
            read(setting, text, source)
        } else {
            refuse(name, source, "no such setting" + SettingSources.hint(name, among: Setting.table.map(\.name)))
        }
    }

    private mutating func resolvedNothing(_ name: String, _ source: SettingSource) {
        guard !name.hasPrefix("OTEL_"), Setting.named(name) == nil else { return }
        refuse(name, source, "no such setting" + SettingSources.hint(name, among: Setting.table.map(\.name)))
    }

    private mutating func takeFlag(_ name: String, _ text: String) {
        let flag = String(name.drop { $0 == "-" })
        if let setting = Setting.table.first(where: { $0.flag == flag }) {
            read(setting, text, .flag)
        } else if let secret = Setting.table.first(where: { Setting.flagText(of: $0.name) == flag }) {
            refuse("--" + flag, .flag, "a secret has no flag, other users could read it; set \(secret.name)")
        } else {
            let hint = SettingSources.hint("--" + flag, among: Setting.table.compactMap(\.flag).map { "--" + $0 })
            refuse("--" + flag, .flag, "no such flag" + hint)
        }
    }

    private mutating func read(_ setting: Setting, _ text: String, _ source: SettingSource) {
        guard let value = setting.kind.value(of: text) else {
            // The stronger source wins even when it is wrong: falling back to a weaker one would hide the mistake.
            let seen = setting.shown(text)
            refuse(setting.name, source, "\(SettingSources.quoted(seen)) is wrong, it must be \(setting.kind.shape)")
            return
        }
        guard setting.isSupported(text) else {
            let seen = setting.shown(text)
            refuse(setting.name, source, "\(SettingSources.quoted(seen)) is not supported by this build; leave it out")
            return
        }
        resolved[setting.name] = Resolved(text: text, source: source, value: value)
    }

    private mutating func refuse(_ name: String, _ source: SettingSource, _ message: String) {
        mistakes.append(SettingMistake(setting: name, source: source, message: message))
    }

    /// A value as it may stand in one line of a message.
    private static func quoted(_ text: String) -> String {
        let printable = text.prefix(80).map { $0.isNewline || $0.asciiValue.map { $0 < 32 } == true ? "?" : $0 }
        return "\"\(String(printable))\(text.count > 80 ? "…" : "")\""
    }

    /// `; did you mean …?`, when one of the known names is near enough.
    static func hint(_ name: String, among known: [String]) -> String {
        let distances = known.map { (name: $0, distance: EditDistance.between(name, $0)) }
        let nearest = distances.min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= max(2, name.count / 4) else { return "" }
        return "; did you mean \(nearest.name)?"
    }
}

extension Setting {
    /// What the flag of a setting of that name would be called.
    static func flagText(of name: String) -> String {
        name.dropFirst("IDP_".count).lowercased().replacing("_", with: "-")
    }

    /// Whether this build does what `text` asks for.
    func isSupported(_ text: String) -> Bool {
        switch support {
        case .yes: true
        case .no: false
        case .only(let holds): holds(text)
        }
    }
}
