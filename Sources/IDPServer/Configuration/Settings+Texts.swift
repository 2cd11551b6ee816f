extension Settings {
    /// What `check-config` prints: one `NAME=value` line per setting with its source, secrets masked.
    var listing: String {
        report.map { "\($0.name)=\($0.shown)  # \($0.source)" }.joined(separator: "\n")
    }

    /// The settings as `--help` explains them, by heading.
    static var helpText: String {
        var lines = ["Settings, as flags, environment variables or lines of the --config file:"]
        for group in Setting.Group.allCases {
            lines.append("\n\(group.rawValue):")
            for setting in Setting.table where setting.group == group {
                let flag = setting.flag.map { "--\($0), " } ?? ""
                lines.append("  \(flag)\(setting.name)\(setting.fallback.map { " (\($0))" } ?? "")")
                lines.append("      \(setting.help)\(setting.isOffered ? "" : " (not in this build)")")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// README's table, in Markdown.
    static var markdownTable: String {
        let rows = Setting.table.map { setting in
            let note = setting.isOffered ? "" : " *(not in this build)*"
            let fallback = setting.fallback.map { "`\($0)`" } ?? ""
            let shape = setting.kind.shape.replacing("|", with: "\\|")
            return "| `\(setting.name)` | \(fallback) | \(setting.help)\(note) | \(shape) |"
        }
        return (["| setting | default | what it does | value |", "| --- | --- | --- | --- |"] + rows)
            .joined(separator: "\n")
    }
}

extension Setting {
    /// Whether this build supports any value of it.
    var isOffered: Bool {
        switch support {
        case .yes, .only: true
        case .no: false
        }
    }
}
