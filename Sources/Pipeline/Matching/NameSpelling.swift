/// Spellings of one name that mean the same: Kazakh letters written with Russian ones, and Latin transliterations.
enum NameSpelling {
    /// Whether two lower-case words are one name, one of them with Kazakh letters and the other as Russian papers
    /// write it (`нұрлан` and `нурлан`, `гүлнар` and `гульнар`, `ләззат` and `ляззат`).
    static func isSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (Array(one)[...], Array(other)[...])
        let isKazakh = NameLetters.hasKazakh(one) || NameLetters.hasKazakh(other)
        while let left = first.first, let right = second.first {
            if isOneLetter(left, right) {
                first.removeFirst()
                second.removeFirst()
            } else if isKazakh, left == "ь" {
                first.removeFirst()
            } else if isKazakh, right == "ь" {
                second.removeFirst()
            } else {
                return false
            }
        }
        let rest = first + second
        return rest.isEmpty || isKazakh && rest == ["ь"]
    }

    private static func isOneLetter(_ one: Character, _ other: Character) -> Bool {
        if one == other || NameLetters.folded(String(one)) == NameLetters.folded(String(other)) { return true }
        return variants[one]?.contains(other) ?? false || variants[other]?.contains(one) ?? false
    }

    /// What a Kazakh letter becomes in Russian spelling, beside the letter that folding gives.
    private static let variants: [Character: String] = ["ә": "эя", "ү": "ю", "і": "ы", "ө": "у", "һ": "г", "ұ": "о"]

    /// Whether a Latin and a Cyrillic word transliterate to each other, by any of the schemes in passports and on the
    /// web.
    static func isTransliteration(_ one: String, _ other: String) -> Bool {
        let isOneLatin = !NameLetters.hasCyrillic(one)
        guard isOneLatin != !NameLetters.hasCyrillic(other) else { return false }
        let (latin, cyrillic) = isOneLatin ? (one, other) : (other, one)
        let key = collapsed(cyrillic.map { cyrillicSounds[$0] ?? String($0) }.joined())
        return latinKeys(latin).contains(key)
    }

    /// What letters and groups sound like that the schemes use in two ways each: `j` in Aijan and Sergej, `x` in
    /// Bexultan and Alexandr, `w` in Dawren and Ivanow, `ng` in Tang and Inga, `io` in Fiodor and Violetta, `ts` in
    /// Tsoi and Petskaia, `sh` in Aisha and Ashat.
    private static let ambiguous: [(String, [String])] = [
        ("j", ["j", "i"]), ("x", ["h", "ks"]), ("w", ["v", "u"]), ("ng", ["ng", "n"]), ("io", ["io", "e"]),
        ("ts", ["c", "ts"]), ("sh", ["S", "sh"]),
    ]

    /// The sounds of a Latin word, each way that it can be read.
    private static func latinKeys(_ word: String) -> Set<String> {
        let present = ambiguous.filter { word.contains($0.0) }
        var readings: [[String: String]] = [[:]]
        for (group, sounds) in present {
            readings = readings.flatMap { reading in
                sounds.map { sound in reading.merging([group: sound]) { _, new in new } }
            }
        }
        return Set(readings.map { latinKey(word, $0) })
    }

    private static func latinKey(_ word: String, _ reading: [String: String]) -> String {
        var key = ""
        var rest = word[...]
        while let letter = rest.first {
            let long = latinGroups.first { $0.0.count > 2 && rest.begins($0.0) }
            if long == nil, let group = reading.keys.first(where: { $0.count == 2 && rest.begins($0) }) {
                key += reading[group] ?? ""
                rest = rest.dropFirst(group.count)
                continue
            }
            // `j` before a vowel softens it only where it is not the sound ж.
            if letter != "j" || reading["j"] == "i",
                let (spelled, sound) = latinGroups.first(where: { rest.begins($0.0) })
            {
                key += sound
                rest = rest.dropFirst(spelled.count)
                continue
            }
            key += reading[String(letter)] ?? latinSounds[letter] ?? String(letter)
            rest = rest.dropFirst()
        }
        return collapsed(key)
    }

    /// `ий`, `iy`, `yi` and `y` are one sound here.
    private static func collapsed(_ key: String) -> String {
        var result = ""
        for letter in key where !(letter == "i" && result.last == "i") { result.append(letter) }
        return result
    }

    private static let cyrillicSounds: [Character: String] = [
        "а": "a", "ә": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "e",
        "ж": "j", "з": "z", "и": "i", "й": "i", "і": "i", "ї": "i", "ы": "i", "к": "k", "қ": "k", "л": "l", "м": "m",
        "н": "n", "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ұ": "u", "ү": "u",
        "ф": "f", "х": "h", "һ": "h", "ц": "c", "ч": "C", "ш": "S", "щ": "S", "ъ": "", "ь": "", "э": "e", "ю": "iu",
        "я": "ia", "'": "",
    ]
    private static let latinGroups: [(String, String)] = [
        ("shch", "S"), ("shh", "S"), ("ştş", "S"), ("sch", "S"), ("tzh", "tj"), ("tch", "C"),
        ("zh", "j"), ("kh", "h"), ("tz", "c"), ("ch", "C"),
        ("gh", "g"), ("yu", "iu"), ("ju", "iu"), ("ya", "ia"), ("ja", "ia"), ("yo", "e"), ("jo", "e"), ("ye", "e"),
        ("je", "e"), ("iy", "i"), ("oo", "u"), ("ou", "u"), ("ck", "k"), ("ph", "f"),
    ]
    private static let latinSounds: [Character: String] = [
        "y": "i", "q": "k", "ý": "u", "ä": "a", "á": "a", "ö": "o", "ó": "o", "ü": "u", "ū": "u", "ú": "u", "ı": "i",
        "ğ": "g", "ǵ": "g", "ñ": "n", "ń": "n", "ş": "S", "š": "S", "ç": "C", "č": "C", "ž": "j", "'": "",
    ]
}
