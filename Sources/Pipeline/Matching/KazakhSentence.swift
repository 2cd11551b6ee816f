/// Whether a name stands in a Kazakh sentence, whose endings are added to the name's last word.
enum KazakhSentence {
    /// Whether the words after a token, up to the next name or full stop, are Kazakh.
    static func follows(_ token: Int, in flow: TextFlow) -> Bool {
        var position = flow.next(token)
        var words = 0
        while let current = position, words < 6 {
            let found = flow.tokens[current]
            let isInDate = flow.previous(current).map { flow.tokens[$0].kind == .number } ?? false
            if found.isMark(".;:«"), !isInDate { return false }
            if found.kind == .word {
                words += 1
                if NameLetters.hasKazakh(found.text) || markers.contains(found.folded) { return true }
            }
            position = flow.next(current)
        }
        return false
    }

    /// Frequent words of such sentences without a letter of their own; folded.
    private static let markers: Set<String> = [
        "бастап", "дейин", "берилди", "берилсин", "туралы", "ретинде", "жумыс", "турган", "мен", "болып", "шарты",
    ]
}
