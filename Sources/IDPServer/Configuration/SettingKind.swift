import Pipeline

/// What a setting's text may be, and how it is read.
enum SettingKind: Sendable {
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// A size: `52428800`, `50MiB`, `50MB`.
    case bytes(ClosedRange<Int>)
    /// A time: `60`, `60s`, `5m`, `500ms`, `1.5h`. A bare number is seconds. The range is in seconds.
    case duration(ClosedRange<Double>)
    /// `true`, `false`, `1`, `0`, `yes`, `no`, `on`, `off`, in any case.
    case boolean
    /// One of a few words, in any case; the value is the word as listed here.
    case choice([String])
    /// Free text; the second value says in words what it must look like, the first decides.
    case text(matches: @Sendable (String) -> Bool, shape: String)
    /// The path of a file or folder; a leading `~` is not expanded.
    case path
    /// A URL with one of these schemes and a host.
    case url(schemes: [String])
    /// `YYYY-MM-DD`.
    case date
}

/// A setting's value once read.
enum SettingValue: Sendable, Equatable {
    case integer(Int)
    case duration(Duration)
    case boolean(Bool)
    case text(String)
    case date(CalendarDate)
}

extension SettingKind {
    /// What a right value looks like, as a phrase that completes "must be …".
    var shape: String {
        switch self {
        case .integer(let range): "a whole number \(SettingKind.words(range) { String($0) })"
        case .bytes(let range): "a size like 52428800 or 50MiB, \(SettingKind.words(range, SizeText.text))"
        case .duration(let range):
            "a time like 60, 60s, 5m or 500ms, \(SettingKind.words(range) { DurationText.text(seconds: $0) })"
        case .boolean: "true or false"
        case .choice(let words): SettingKind.alternatives(words)
        case .text(_, let shape): shape
        case .path: "a path"
        case .url(let schemes): "a URL that begins with " + SettingKind.alternatives(schemes.map { $0 + "://" })
        case .date: "a day written YYYY-MM-DD"
        }
    }

    /// The value that `text` stands for; nil when it is not one of this kind.
    func value(of text: String) -> SettingValue? {
        switch self {
        case .integer(let range): SettingKind.integer(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .bytes(let range): SizeText.bytes(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .duration(let range):
            DurationText.seconds(text).flatMap { range.contains($0) ? .duration(.seconds($0)) : nil }
        case .boolean: SettingKind.boolean(text).map { .boolean($0) }
        case .choice(let words): words.first { $0.lowercased() == text.lowercased() }.map { .text($0) }
        case .text(let matches, _): matches(text) ? .text(text) : nil
        case .path: text.utf8.contains(0) ? nil : .text(text)
        case .url(let schemes): SettingKind.isURL(text, schemes: schemes) ? .text(text) : nil
        case .date: CalendarDate(iso: text).map { .date($0) }
        }
    }

    private static func integer(_ text: String) -> Int? {
        // `Int("+5")` is 5; a setting is written in one way only.
        text.first == "+" ? nil : Int(text)
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes", "on": true
        case "false", "0", "no", "off": false
        default: nil
        }
    }

    private static func isURL(_ text: String, schemes: [String]) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return schemes.contains(text[..<separator.lowerBound].lowercased()) && !host.isEmpty && !host.hasPrefix(":")
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
    }

    private static func words<Number>(_ range: ClosedRange<Number>, _ text: (Number) -> String) -> String {
        "from \(text(range.lowerBound)) to \(text(range.upperBound))"
    }

    private static func alternatives(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
