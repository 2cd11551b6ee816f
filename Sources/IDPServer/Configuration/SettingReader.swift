import Pipeline

/// Resolved settings by name and type. A name or type that the table does not have is a programmer's error; a value
/// that could not be read is one of the mistakes that are reported, and reads as the fallback until then.
struct SettingReader: Sendable {
    var resolved: [String: SettingSources.Resolved]

    /// A number that has a fallback: plain, or bytes.
    func integer(_ name: String) -> Int {
        guard let number = optionalInteger(name) else { preconditionFailure("\(name) is no number with a fallback") }
        return number
    }

    /// A number; nil when nobody set it.
    func optionalInteger(_ name: String) -> Int? {
        guard case .integer(let number) = value(name) else { return nil }
        return number
    }

    /// A time that has a fallback.
    func duration(_ name: String) -> Duration {
        guard case .duration(let duration) = value(name) else {
            preconditionFailure("\(name) is no time with a fallback")
        }
        return duration
    }

    /// A yes or no that has a fallback.
    func boolean(_ name: String) -> Bool {
        guard case .boolean(let flag) = value(name) else {
            preconditionFailure("\(name) is no yes or no with a fallback")
        }
        return flag
    }

    /// A text that has a fallback.
    func text(_ name: String) -> String {
        guard let text = optionalText(name) else { preconditionFailure("\(name) is no text with a fallback") }
        return text
    }

    /// A text; nil when nobody set it.
    func optionalText(_ name: String) -> String? {
        guard case .text(let text) = value(name) else { return nil }
        return text
    }

    /// A day; nil when nobody set it.
    func optionalDate(_ name: String) -> CalendarDate? {
        guard case .date(let date) = value(name) else { return nil }
        return date
    }

    private func value(_ name: String) -> SettingValue? {
        precondition(Setting.named(name) != nil, "\(name) is not in the table")
        return resolved[name]?.value
    }
}
