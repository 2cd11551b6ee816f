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

    /// Looks at every word of the layer. By scalars and a table: it runs over every letter of every document, and
    /// characters would cost more than all else that is done with them.
    static func score(_ words: [Word]) -> Score {
        var score = (letters: 0, plausible: 0)
        var token: [UInt32] = []
        func endToken() {
            let count = token.count { isLetter($0) || $0 == bar }
            score.letters += count
            if count > 0, isPlausible(token) { score.plausible += count }
            token.removeAll(keepingCapacity: true)
        }
        for word in words {
            for scalar in word.text.unicodeScalars {
                let value = scalar.value
                // A combining mark belongs to its letter: й may be written with two scalars.
                if (0x300...0x36F).contains(value) { continue }
                if isLetter(value) || isNumber(value) || value == bar || apostrophes.contains(value) {
                    token.append(value)
                } else {
                    endToken()
                }
            }
            endToken()
        }
        return Score(
            letters: score.letters,
            plausible: score.letters == 0 ? 0 : Double(score.plausible) / Double(score.letters))
    }

    /// Whether a token could be a word of Russian, Kazakh or a name in Latin letters.
    private static func isPlausible(_ token: [UInt32]) -> Bool {
        let letters = token.map { cyrillic[$0 < tableSize ? Int($0) : 0] }
        let known = letters.count { $0.kind != .other }
        guard known == letters.count else { return known == 0 && isLatinOrNumber(token) }
        if letters.count == 1 { return true }
        if hasMixedCase(token) { return false }
        guard letters[0].kind != .sign, letters[0].small != 0x44B else { return false }
        // Abbreviations (ВКК, МСЭ, ТОО) have no vowel; longer words do.
        if letters.count > 4, !letters.contains(where: { $0.kind == .vowel }) { return false }
        return longestRun(in: letters, of: .consonant) <= 5 && longestRun(in: letters, of: .vowel) <= 3
            && !hasTripleLetter(letters)
    }

    private enum Kind: UInt8 {
        case other, vowel, consonant, sign
    }

    /// A scalar as it is judged: the small Cyrillic letter that it is or looks like.
    private struct Letter {
        var small: UInt32
        var kind: Kind
    }

    private static let bar = UInt32(UInt8(ascii: "|"))
    private static let apostrophes: [UInt32] = [0x27, 0x2019, 0x2BC]
    /// Up to the end of Cyrillic; what lies beyond is judged as the first entry is: not Cyrillic.
    private static let tableSize: UInt32 = 0x500

    private static let cyrillic: [Letter] = {
        var table = (0..<tableSize).map { Letter(small: $0, kind: .other) }
        func set(_ letters: String, _ kind: Kind) {
            for scalar in letters.unicodeScalars {
                let letter = Letter(small: scalar.value, kind: kind)
                table[Int(scalar.value)] = letter
                for capital in scalar.properties.uppercaseMapping.unicodeScalars { table[Int(capital.value)] = letter }
            }
        }
        set("аеёиоуыэюяәөұүі", .vowel)
        set("бвгджзйклмнпрстфхцчшщғқңһ", .consonant)
        set("ъь", .sign)
        // Latin letters that stand for Cyrillic ones in sloppy fonts and on purpose.
        for (latin, own) in zip("abcehikmoptxy".unicodeScalars, "авсенікмортху".unicodeScalars) {
            table[Int(latin.value)] = table[Int(own.value)]
            table[Int(latin.value) - 0x20] = table[Int(own.value)]
        }
        return table
    }()

    private static func isLetter(_ value: UInt32) -> Bool {
        if value < 0x80 { return (0x61...0x7A).contains(value | 0x20) }
        return Unicode.Scalar(value)?.properties.isAlphabetic ?? false
    }

    private static func isNumber(_ value: UInt32) -> Bool {
        if value < 0x80 { return (0x30...0x39).contains(value) }
        return Unicode.Scalar(value)?.properties.numericType != nil
    }

    /// Latin words (names of software, e-mail parts) and plain numbers say nothing against a layer; a mixture does.
    private static func isLatinOrNumber(_ token: [UInt32]) -> Bool {
        token.allSatisfy { (0x61...0x7A).contains($0 | 0x20) } || token.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// A capital behind a small letter, as in `спрАвка`.
    private static func hasMixedCase(_ token: [UInt32]) -> Bool {
        var isAfterSmall = false
        for value in token {
            guard let properties = Unicode.Scalar(value)?.properties else { continue }
            if isAfterSmall, properties.isUppercase { return true }
            isAfterSmall = properties.isLowercase
        }
        return false
    }

    private static func longestRun(in letters: [Letter], of kind: Kind) -> Int {
        var longest = 0
        var run = 0
        for letter in letters {
            run = letter.kind == kind ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    private static func hasTripleLetter(_ letters: [Letter]) -> Bool {
        guard letters.count > 2 else { return false }
        return (2..<letters.count).contains { index in
            letters[index].small == letters[index - 1].small && letters[index].small == letters[index - 2].small
        }
    }
}
