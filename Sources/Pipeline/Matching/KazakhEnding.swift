/// Case endings that Kazakh adds to the last word of a name (`Маратовичке`, `Серікқызының`, `Әсемге`), folded.
enum KazakhEnding {
    /// The endings after a bare word; longer ones first.
    private static let endings = [
        "нын", "нин", "дын", "дин", "тын", "тин", "мен", "бен", "пен", "нан", "нен", "дан", "ден", "тан", "тен",
        "га", "ге", "ка", "ке", "на", "не", "ны", "ни", "ды", "ди", "ты", "ти", "да", "де", "та", "те",
    ]

    /// How many letters the possible endings of a folded word have, longest first; 0 (no ending) is not among them.
    ///
    /// An ending is possible where the letter before it calls for it: voiceless consonants take қ and т, the others ғ
    /// and д, nasals and vowels н in the genitive.
    static func lengths(in folded: String) -> [Int] {
        var found: [Int] = []
        for ending in endings where folded.closes(ending) {
            var stem = folded.dropLast(ending.count)
            var length = ending.count
            if stem.last == "-" {
                stem = stem.dropLast()
                length += 1
            }
            guard stem.count >= 2, let last = stem.last, agrees(ending, after: last) else { continue }
            found.append(length)
        }
        return found
    }

    /// How likely a printed ending is one, and no part of the name: `пен` and `дың` end no name, `дан` ends many.
    static func weight(of ending: some StringProtocol, isExpected: Bool) -> Double {
        let folded = NameLetters.folded(ending.drop { $0 == "-" })
        var weight = NameLetters.hasKazakh(ending) ? 0.6 : -0.4
        if ["пен", "бен"].contains(folded) { weight += 1.4 }
        if ["нын", "нин", "дын", "дин", "тын", "тин"].contains(folded) { weight += 1 }
        return weight + (isExpected ? 1.2 : 0)
    }

    private static func agrees(_ ending: String, after last: Character) -> Bool {
        let isVowel = NameLetters.isVowel(last)
        // Russian surnames and patronymics end in letters that Kazakh writers take either way (в, ч, г, д, б).
        let isVoiceless = "пткшщсчцхфвгдбжь".contains(last)
        let isVoiced = isVowel || "рлйуинмзжвгдбь".contains(last)
        switch ending.first {
        case "к": return isVoiceless
        case "г": return isVoiced
        case "т": return isVoiceless
        case "д": return ending.closes("н") && isVowel ? ["дан", "ден"].contains(ending) : isVoiced
        case "н": return isVowel || "нм".contains(last)
        case "м": return isVoiced
        case "б": return "зжвгдб".contains(last)
        case "п": return isVoiceless
        default: return false
        }
    }
}
