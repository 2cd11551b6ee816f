/// The boxes that a printed form has before what may be ticked: «☐ карантин», «[x] заболевание».
struct TickBoxes {
    /// Whether a box is filled in.
    enum State {
        case ticked, empty
    }

    private let page: PageReading
    private let raw: [TextLine]

    /// - Parameters:
    ///   - page: as prepared for the rules, whose tokens know no marks.
    ///   - text: the same page as printed.
    init(page: PageReading, text: PageText) {
        self.page = page
        raw = text.lines
    }

    /// The nearest box before a word on its line; nil where there is none.
    func state(before token: Int) -> State? {
        let word = page.tokens[token]
        let words = raw[page.lines[word.line].source].words
        guard word.word <= words.count else { return nil }
        var closing = false
        for text in words[..<word.word].reversed().map(\.text) {
            if let last = text.unicodeScalars.last {
                if TickBoxes.filled.contains(last) { return .ticked }
                if TickBoxes.hollow.contains(last) { return .empty }
            }
            if let inside = TickBoxes.inside(text) { return inside.isEmpty ? .empty : .ticked }
            // «[ ]» comes as two words.
            if text == "]" { closing = true } else if text == "[" { return closing ? .empty : nil }
        }
        return nil
    }

    /// What stands between brackets: «[x]», «[ ]», «[]».
    private static func inside(_ text: String) -> String? {
        guard text.count >= 2, text.count <= 4, text.first == "[", text.last == "]" else { return nil }
        return String(text.dropFirst().dropLast().filter { !$0.isWhitespace && $0 != "_" })
    }

    private static let hollow = Set("☐□◻◯○❏❐⬜▢".unicodeScalars)
    private static let filled = Set("☑☒✓✔■●⊠◉◼⬛🗹🗷".unicodeScalars)
}
