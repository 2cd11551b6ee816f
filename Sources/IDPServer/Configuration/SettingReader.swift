import Pipeline

/// Resolved settings by name and type. A name or type that the table does not have is a programmer's error; a value
/// that could not be read is one of the mistakes that are reported, and reads as the fallback until then.
struct SettingReader: Sendable {
    var resolved: [String: SettingSources.Resolved]

    func integer(_ name: String) -> Int {
        guard let number = optionalInteger(name) else { preconditionFailure("\(name) is no number with a fallback") }
        return number
    }

    func optionalInteger(_ name: String) -> Int? {
        guard case .integer(let number) = value(name) else { return nil }
        return number
    }

    func duration(_ name: String) -> Duration {
        guard case .duration(let duration) = value(name) else {
            preconditionFailure("\(name) is no time with a fallback")
        }
        return duration
    }

    func boolean(_ name: String) -> Bool {
        guard case .boolean(let flag) = value(name) else {
            preconditionFailure("\(name) is no yes or no with a fallback")
        }
        return flag
    }

    func text(_ name: String) -> String {
        guard let text = optionalText(name) else { preconditionFailure("\(name) is no text with a fallback") }
        return text
    }

    func optionalText(_ name: String) -> String? {
        guard case .text(let text) = value(name) else { return nil }
        return text
    }

    func optionalDate(_ name: String) -> CalendarDate? {
        guard case .date(let date) = value(name) else { return nil }
        return date
    }

    private func value(_ name: String) -> SettingValue? {
        guard let setting = Setting.named(name) else { preconditionFailure("\(name) is not in the table") }
        return resolved[name]?.value ?? setting.fallback.flatMap { setting.kind.value(of: $0) }
    }
}
