/// One setting: all that parsing, validation, `check-config`, `--help` and README's table need to know of it.
struct Setting: Sendable {
    /// How far a value may be shown.
    enum Secrecy: Sendable {
        case open
        /// Never shown, not even when it is wrong. Has no flag: a command line can be read by every user of the
        /// machine.
        case secret
        /// A URL that may hold `user:password@`; that part is masked.
        case credentials
    }

    /// Whether this build does what the setting asks for.
    enum Support: Sendable {
        case yes
        /// Setting it is refused.
        case no
        /// Only values for which the closure holds; anything else is refused.
        case only(@Sendable (String) -> Bool)
    }

    /// The headings of `--help` and README.
    enum Group: String, CaseIterable, Sendable {
        case service = "Service"
        case front = "HTTP front"
        case documents = "Documents"
        case jobs = "Jobs"
        case storage = "Storage"
        case security = "Security"
        case observability = "Observability"
        case outside = "Other services"
        case testing = "Tests and load tests"
    }

    /// `IDP_…`, as in the environment and in the file.
    var name: String
    var group: Group
    var kind: SettingKind
    /// As one would write it; nil where there is none. Words in angle brackets stand for what the machine decides.
    var fallback: String?
    /// One sentence without a full stop at its end.
    var help: String
    var secrecy: Secrecy = .open
    var support: Support = .yes

    /// The flag without its dashes (`max-upload-bytes`); nil for a secret.
    var flag: String? {
        switch secrecy {
        case .secret: nil
        case .open, .credentials: Setting.flagText(of: name)
        }
    }

    /// `value` as it may be shown.
    func shown(_ value: String) -> String {
        switch secrecy {
        case .open: value
        case .secret: "(secret)"
        case .credentials: Setting.masked(value)
        }
    }

    private static func masked(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@") else { return url }
        let start = url.firstRange(of: "://").map(\.upperBound) ?? url.startIndex
        return start < at ? url[..<start] + "***" + url[at...] : "***" + url[at...]
    }
}
