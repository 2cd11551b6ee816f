import Foundation

/// Letters as names use them: what looks alike, what people write for what, and how a name is capitalised.
///
/// `folded` maps letter to letter, one to one, so that an ending of n folded letters is an ending of n printed ones.
enum NameLetters {
    /// Lower case, ё as е, Kazakh (and Ukrainian, Uzbek) letters as people write them with Russian ones.
    static func folded(_ word: some StringProtocol) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in word.unicodeScalars { scalars.append(folded(lowercased(scalar))) }
        return String(scalars)
    }

    /// Lower case, letter for letter.
    static func lowercased(_ word: some StringProtocol) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in word.unicodeScalars { scalars.append(lowercased(scalar)) }
        return String(scalars)
    }

    /// First letter of each hyphenated piece large, the others small (`САЛТЫКОВ-ЩЕДРИН` to `Салтыков-Щедрин`); what
    /// follows the first piece of a patronymic in ұлы or қызы stays small (`Серік-ұлы`).
    static func titleCased(_ word: some StringProtocol) -> String {
        let pieces = lowercased(word).split(separator: "-", omittingEmptySubsequences: false)
        return pieces.enumerated().map { index, piece in
            if index > 0, ["улы", "кызы", "оглы", "угли", "кизи", "уулу"].contains(folded(piece)) {
                return String(piece)
            }
            return piece.prefix(1).uppercased() + piece.dropFirst()
        }.joined(separator: "-")
    }

    /// The word with Latin look-alikes and digits turned into the Cyrillic letters they stand for, where the word is
    /// Cyrillic; a word of other Latin letters stays as it is.
    static func cyrillized(_ word: String) -> String {
        // «HR-менеджер»: each side of a hyphen is of its own alphabet.
        guard !word.unicodeScalars.contains("-") else {
            return word.split(separator: "-", omittingEmptySubsequences: false).map { cyrillizedPiece(String($0)) }
                .joined(separator: "-")
        }
        return cyrillizedPiece(word)
    }

    private static func cyrillizedPiece(_ word: String) -> String {
        var cyrillic = 0
        var latin = 0
        var strange = 0
        var digits = 0
        for scalar in word.unicodeScalars {
            if isCyrillic(scalar) {
                cyrillic += 1
            } else if isLatin(scalar) {
                latin += 1
                if certainLookalikes[scalar] == nil { strange += 1 }
            } else if (48...57).contains(scalar.value) {
                digits += 1
            }
        }
        guard latin + digits > 0, cyrillic > 0 || (latin > 1 && strange == 0) else { return word }
        guard digits == 0 || cyrillic + latin >= 3 else { return word }
        var scalars = String.UnicodeScalarView()
        for scalar in word.unicodeScalars {
            scalars.append(certainLookalikes[scalar] ?? possibleLookalikes[scalar] ?? digitLookalikes[scalar] ?? scalar)
        }
        return String(scalars)
    }

    /// Whether the word holds a Cyrillic letter.
    static func hasCyrillic(_ word: some StringProtocol) -> Bool { word.unicodeScalars.contains(where: isCyrillic) }

    /// Whether the word holds a letter that only Kazakh has.
    static func hasKazakh(_ word: some StringProtocol) -> Bool {
        word.unicodeScalars.contains { kazakh.contains(lowercased($0)) }
    }

    /// Whether the letter, folded, is a vowel.
    static func isVowel(_ letter: Character) -> Bool { "аеиоуыэюя".contains(letter) }

    /// Whether it is a letter of the Cyrillic block.
    static func isCyrillic(_ scalar: Unicode.Scalar) -> Bool {
        (0x400...0x481).contains(scalar.value) || (0x48A...0x52F).contains(scalar.value)
    }

    /// Whether it is a letter of the Latin blocks up to Extended-B.
    static func isLatin(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A: true
        case 0xC0...0x24F: scalar.value != 0xD7 && scalar.value != 0xF7
        default: false
        }
    }

    /// Whether it is a capital.
    static func isUppercase(_ scalar: Unicode.Scalar) -> Bool { lowercased(scalar) != scalar }

    /// The small letter of a capital, itself otherwise.
    static func lowercased(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let value = scalar.value
        let lower: UInt32
        switch value {
        case 0x41...0x5A, 0x410...0x42F, 0xC0...0xD6, 0xD8...0xDE: lower = value + 0x20
        case 0x400...0x40F: lower = value + 0x50
        case 0x4C0: lower = 0x4CF
        case 0x4C1...0x4CE: lower = value % 2 == 1 ? value + 1 : value
        case 0x460...0x481, 0x48A...0x4BF, 0x4D0...0x52F: lower = value % 2 == 0 ? value + 1 : value
        case 0x100...0x24F:
            let mapping = scalar.properties.lowercaseMapping.unicodeScalars
            return mapping.count == 1 ? mapping[mapping.startIndex] : scalar
        default: return scalar
        }
        return Unicode.Scalar(lower) ?? scalar
    }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "ё", "є", "ӛ": "е"
        case "ә": "а"
        case "ғ", "ґ": "г"
        case "қ": "к"
        case "ң": "н"
        case "ө": "о"
        case "ұ", "ү", "ў": "у"
        case "һ", "ҳ": "х"
        case "і", "ї", "ӣ": "и"
        case "ҷ": "ч"
        default: scalar
        }
    }

    private static let kazakh: Set<Unicode.Scalar> = ["ә", "ғ", "қ", "ң", "ө", "ұ", "ү", "һ", "і"]

    /// The same shape in both alphabets.
    private static let certainLookalikes: [Unicode.Scalar: Unicode.Scalar] = [
        "a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "y": "у", "x": "х", "i": "і", "k": "к", "A": "А", "B": "В",
        "C": "С", "E": "Е", "H": "Н", "K": "К", "M": "М", "O": "О", "P": "Р", "T": "Т", "X": "Х", "Y": "У", "I": "І",
        "ë": "ё", "Ë": "Ё", "h": "һ",
    ]
    /// Near enough inside a word that is Cyrillic otherwise.
    private static let possibleLookalikes: [Unicode.Scalar: Unicode.Scalar] = [
        "m": "м", "t": "т", "u": "и", "n": "п", "r": "г", "b": "ь", "N": "И", "R": "Я", "l": "і",
    ]
    private static let digitLookalikes: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "о", "3": "з", "6": "б", "1": "і", "4": "ч",
    ]
}
