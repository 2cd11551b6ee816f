/// Judges whether a text layer says what the page shows: whether it is enough text, in an alphabet that these papers
/// use, made of what look like Russian or Kazakh words.
///
/// A page with only a signature line has too little of it; a hidden layer that somebody else's text recognition left
/// behind, or a font without a proper Unicode table, has the letters but no words.
enum TextSoundness {
    /// What else a page shows beside its text.
    enum Surroundings {
        /// No picture: what there is to read is either text or drawn.
        case noPicture
        /// Pictures that leave room for text: logos, stamps, a signature, a photo of a part.
        case pictures
        /// One picture over the whole page: a scan, or a background.
        case coveringPicture

        /// Fewer letters than this are no page of text: the line of an electronic signature under a scan has about 100.
        var minLetters: Int {
            switch self {
            case .noPicture: 20
            case .pictures, .coveringPicture: 160
            }
        }

        /// A layer over a picture of the whole page must be nearly free of errors to be believed: it is either a true
        /// text on a background or somebody's recognition.
        var minPlausible: Double {
            switch self {
            case .noPicture, .pictures: 0.75
            case .coveringPicture: 0.97
            }
        }
    }

    /// How a layer looks.
    struct Score: Equatable {
        /// Letters in words that were looked at.
        var letters: Int
        /// Share of those letters that stand in plausible words, 0 to 1.
        var plausible: Double
    }

    /// Whether the layer may stand for the page.
    static func isSound(_ words: [Word], among surroundings: Surroundings) -> Bool {
        let score = score(words)
        return score.letters >= surroundings.minLetters && score.plausible >= surroundings.minPlausible
    }

    /// Looks at every word of the layer.
    static func score(_ words: [Word]) -> Score {
        var letters = 0
        var plausible = 0
        for word in words {
            for token in word.text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && !"|'’ʼ".contains($0) }) {
                let count = token.count { $0.isLetter || $0 == "|" }
                guard count > 0 else { continue }
                letters += count
                if isPlausible(token) { plausible += count }
            }
        }
        return Score(letters: letters, plausible: letters == 0 ? 0 : Double(plausible) / Double(letters))
    }

    /// Whether a token could be a word of Russian, Kazakh or a name in Latin letters.
    static func isPlausible(_ token: Substring) -> Bool {
        let letters = Array(token.lowercased()).map { lookAlikes[$0] ?? $0 }
        let cyrillic = letters.count { vowels.contains($0) || consonants.contains($0) || "ъь".contains($0) }
        guard cyrillic == letters.count else { return cyrillic == 0 && isLatinOrNumber(token) }
        if letters.count == 1 { return true }
        if hasMixedCase(token) { return false }
        guard !"ъьы".contains(letters[0]) else { return false }
        // Abbreviations (ВКК, МСЭ, ТОО) have no vowel; longer words do.
        if letters.count > 4, !letters.contains(where: vowels.contains) { return false }
        return longestRun(in: letters, of: consonants) <= 5 && longestRun(in: letters, of: vowels) <= 3
            && !hasTripleLetter(letters)
    }

    private static let vowels = Set("аеёиоуыэюяәөұүі")
    private static let consonants = Set("бвгджзйклмнпрстфхцчшщғқңһ")
    /// Latin letters that stand for Cyrillic ones in sloppy fonts and on purpose.
    private static let lookAlikes: [Character: Character] = [
        "a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "і", "k": "к", "m": "м", "o": "о", "p": "р", "t": "т",
        "x": "х", "y": "у",
    ]

    /// Latin words (names of software, e-mail parts) and plain numbers say nothing against a layer; a mixture does.
    private static func isLatinOrNumber(_ token: Substring) -> Bool {
        token.allSatisfy { $0.isASCII && $0.isLetter } || token.allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// A capital behind a small letter, as in `спрАвка`.
    private static func hasMixedCase(_ token: Substring) -> Bool {
        zip(token, token.dropFirst()).contains { $0.isLowercase && $1.isUppercase }
    }

    private static func longestRun(in letters: [Character], of kind: Set<Character>) -> Int {
        var longest = 0
        var run = 0
        for letter in letters {
            run = kind.contains(letter) ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    private static func hasTripleLetter(_ letters: [Character]) -> Bool {
        zip(letters, zip(letters.dropFirst(), letters.dropFirst(2))).contains { $0 == $1.0 && $0 == $1.1 }
    }
}
