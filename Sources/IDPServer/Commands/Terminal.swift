internal import Foundation

/// Where output goes: whether people look at it, and what they can see of it.
struct Terminal: Sendable {
    /// Paints and erases only where that is so.
    let isTerminal: Bool
    /// Whether words may be coloured: on a terminal that can, unless `NO_COLOR` says no (no-color.org).
    let isColoured: Bool
    /// Columns of the terminal; 80 where nobody knows.
    let columns: Int

    /// A terminal or file behind a descriptor.
    init(descriptor: Int32, environment: [String: String]) {
        isTerminal = isatty(descriptor) == 1
        isColoured = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        var size = winsize()
        columns = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
            ? Int(size.ws_col) : 80
    }

    /// What a word says, as a colour.
    enum Tone: String, Sendable {
        case good = "32"
        case bad = "31"
        case odd = "33"
        case dim = "2"
    }

    /// `text` in the colour of `tone` (ECMA-48, SGR), or as it is.
    func painted(_ text: String, _ tone: Tone?) -> String {
        guard isColoured, let tone else { return text }
        return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
    }

    /// `text` filled with spaces to `width` columns.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
