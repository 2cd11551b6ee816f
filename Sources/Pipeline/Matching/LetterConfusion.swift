/// The letters that text recognition really takes for each other.
///
/// Two names that differ by one such confusion may be one name, read wrongly. Pairs that tell real surnames apart are
/// left out even where a bad scan may confuse them, because a false accept is worse than a false reject: а/о, е/и,
/// д/т, л/р and everything else with л, к/г, б/п, с/з, and all that no engine mixes up.
enum LetterConfusion {
    /// The one confusion by which two lower-case words become equal, as the clerk may be told it; nil when they are
    /// equal or differ by more.
    static func single(_ one: String, _ other: String) -> String? {
        let (first, second) = (Array(one), Array(other))
        guard abs(first.count - second.count) <= 2 else { return nil }
        // Everything before the confusion is equal, and so is everything after it.
        var start = 0
        while true {
            for (left, right) in pairs {
                for (mine, theirs) in [(left, right), (right, left)]
                where stands(mine, in: first, at: start) && stands(theirs, in: second, at: start)
                    && isSame(first[(start + mine.count)...], second[(start + theirs.count)...])
                {
                    return
                        "\(String(first[start..<start + mine.count]))/\(String(second[start..<start + theirs.count]))"
                }
            }
            guard start < first.count, start < second.count, isSame(first[start], second[start]) else { return nil }
            start += 1
        }
    }

    /// The words that are one confusion away from a lower-case word, likelier confusions first.
    static func variants(of word: String) -> [String] {
        let letters = Array(word)
        var found: [String] = []
        for (left, right) in pairs where !left.isEmpty && !right.isEmpty {
            for (printed, meant) in [(left, right), (right, left)] where letters.count >= printed.count {
                for start in 0...(letters.count - printed.count) where stands(printed, in: letters, at: start) {
                    found.append(String(letters[..<start] + meant + letters[(start + printed.count)...]))
                }
            }
        }
        return found
    }

    private static func stands(_ piece: [Character], in word: [Character], at index: Int) -> Bool {
        index + piece.count <= word.count
            && zip(piece, word[index...]).allSatisfy { $0 == $1 || $0 == folded($1) && !isKazakh($0) }
    }

    private static func isSame(_ one: Character, _ other: Character) -> Bool {
        one == other || folded(one) == folded(other) || isKazakhVariant(one, other)
    }

    private static func isSame(_ one: ArraySlice<Character>, _ other: ArraySlice<Character>) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { isSame($0, $1) }
    }

    /// ә read or written as э; a difference of spelling, not counted.
    private static func isKazakhVariant(_ one: Character, _ other: Character) -> Bool {
        (one == "ә" && other == "э") || (one == "э" && other == "ә")
    }

    private static func folded(_ letter: Character) -> Character {
        NameLetters.folded(String(letter)).first ?? letter
    }

    private static func isKazakh(_ letter: Character) -> Bool { NameLetters.hasKazakh(String(letter)) }

    private static let pairs: [([Character], [Character])] = [
        // One stroke more or less.
        ("и", "й"), ("и", "н"), ("н", "п"), ("ш", "щ"), ("ц", "щ"), ("и", "ц"), ("ь", "ъ"), ("ь", "ы"),
        // Open and closed bowls.
        ("е", "с"), ("э", "з"), ("о", "с"), ("в", "з"), ("а", "э"), ("ь", "б"),
        // Kazakh letters that lose or change their mark past what folding makes equal.
        ("ө", "е"), ("ө", "в"), ("ө", "ӛ"), ("ё", "ӛ"), ("қ", "х"), ("қ", "ж"), ("ұ", "ц"), ("ү", "ц"), ("ң", "ц"),
        ("ң", "к"),
        ("ғ", "т"), ("ғ", "р"), ("һ", "н"), ("һ", "ь"), ("ік", "ж"), ("ік", "к"), ("ің", "ң"), ("і", ""),
        // Two letters for one.
        ("ы", "ьи"), ("ы", "ьт"), ("ы", "ьі"), ("ю", "ио"), ("ю", "но"), ("и", "ии"), ("ш", "ии"), ("м", "ьт"),
        // A letter lost beside its double, a soft sign lost.
        ("сс", "с"), ("нн", "н"), ("мм", "м"), ("ь", ""),
    ].map { (Array($0.0), Array($0.1)) }
}
