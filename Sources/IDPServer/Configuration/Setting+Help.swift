extension Setting {
    /// All settings as `--help` shows them: flag, environment variable, default, what it is; grouped.
    static var helpTable: String {
        Group.allCases.compactMap { group -> String? in
            let lines = table.filter { $0.group == group && $0.isTaken }.map(\.helpLine)
            return lines.isEmpty ? nil : "\(group.rawValue.uppercased()):\n" + lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// Whether this build takes the setting at all.
    private var isTaken: Bool {
        switch support {
        case .yes, .only: true
        case .no: false
        }
    }

    private var helpLine: String {
        let names = [flag.map { "--" + $0 }, name].compactMap(\.self).joined(separator: ", ")
        let value = fallback.map { " (default \($0))" } ?? ""
        return "  \(names)\n      \(help)\(value)"
    }
}
