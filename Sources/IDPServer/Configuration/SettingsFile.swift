/// A settings file: `KEY=VALUE` lines as systemd's `EnvironmentFile=` has them (systemd.exec(5)).
///
/// Empty lines and lines that begin with `#` or `;` are skipped; a leading `export ` is allowed. A value may stand in
/// single quotes (taken as it is) or double quotes (`\"`, `\\`, `\$` and `` \` `` are unescaped); otherwise it is
/// trimmed and may end in a comment that begins with ` #`. Nothing is expanded and no line continues.
struct SettingsFile: Sendable {
    /// A line's key and value.
    struct Entry: Sendable, Equatable {
        var key: String
        var value: String
        /// Counted from 1.
        var line: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var mistakes: [SettingMistake] = []

    /// Reads all lines of `text`; `path` is for the mistakes only.
    init(_ text: String, path: String) {
        var seen: [String: Int] = [:]
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let number = index + 1
            let trimmed = SettingsFile.trimmed(line)
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
            let source = SettingSource.file(path: path, line: number)
            guard let entry = SettingsFile.entry(trimmed, line: number) else {
                // The line itself is not shown: it may hold a secret.
                let message = "not a KEY=VALUE line, or its quotes do not match"
                mistakes.append(SettingMistake(setting: "line \(number)", source: source, message: message))
                continue
            }
            if let earlier = seen.updateValue(number, forKey: entry.key) {
                let message = "set twice, first on line \(earlier); keep one"
                mistakes.append(SettingMistake(setting: entry.key, source: source, message: message))
                continue
            }
            entries.append(entry)
        }
    }

    private static func entry(_ line: Substring, line number: Int) -> Entry? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        var key = trimmed(line[..<equals])
        if key.hasPrefix("export ") { key = trimmed(key.dropFirst("export ".count)) }
        guard !key.isEmpty, key.utf8.allSatisfy({ isKeyByte($0) }),
            let value = value(trimmed(line[line.index(after: equals)...]))
        else { return nil }
        return Entry(key: String(key), value: value, line: number)
    }

    private static func value(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            return String(trimmed(text[..<(text.firstRange(of: " #")?.lowerBound ?? text.endIndex)]))
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                let tail = trimmed(rest)
                return tail.isEmpty || tail.hasPrefix("#") ? value : nil
            }
            if character == "\\", quote == "\"", let next = rest.first, "\"\\$`".contains(next) {
                value.append(next)
                rest.removeFirst()
            } else {
                value.append(character)
            }
        }
        return nil
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text.drop { $0.isWhitespace }
    }
}
