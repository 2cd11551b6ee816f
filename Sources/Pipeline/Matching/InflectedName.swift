/// A possible nominative of a printed word, and how far it is to be believed.
struct Nominative: Hashable {
    /// Lower case, in the letters of the paper.
    var word: String
    /// Higher is likelier; comparable between readings of one word.
    var score: Double
}

/// What surnames and given names share: endings taken off the tail of a printed word, by its folded twin.
struct InflectedName {
    /// Lower case, in the letters of the paper.
    let printed: String
    /// The same letters folded.
    let folded: String

    /// Takes the word as printed.
    init(_ printed: some StringProtocol) {
        self.printed = NameLetters.lowercased(printed)
        folded = NameLetters.folded(printed)
    }

    /// The word without its last `count` letters, with `ending` instead.
    func replacing(_ count: Int, with ending: String) -> String { printed.dropLast(count) + ending }

    /// The letter before the last `count` folded letters.
    func letter(beforeLast count: Int) -> Character? { folded.dropLast(count).last }

    /// Whether the folded word has one of these endings.
    func ends(_ endings: String...) -> Bool { endings.contains(where: folded.closes) }

    /// Whether the letter before the last `count` ones is a vowel.
    func isVowel(beforeLast count: Int) -> Bool { letter(beforeLast: count).map(NameLetters.isVowel) ?? false }
}
