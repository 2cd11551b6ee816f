/// Given names out of the oblique cases of Russian, with the lists of names where they know better than the endings.
enum GivenNameForm {
    /// The nominatives that a word in this case may have; empty when it cannot stand in this case.
    static func nominatives(of printed: String, in grammaticalCase: GrammaticalCase, _ gender: Gender) -> [Nominative] {
        let halves = printed.split(separator: "-")
        if halves.count == 2 {
            // «Анной-Марией», «Анна-Марии»: the second half declines, the first may.
            let second = nominatives(of: String(halves[1]), in: grammaticalCase, gender)
            let first = nominatives(of: String(halves[0]), in: grammaticalCase, gender).max { $0.score < $1.score }
            return second.map {
                Nominative(word: (first?.word ?? NameLetters.lowercased(halves[0])) + "-" + $0.word, score: $0.score)
            }
        }
        let name = InflectedName(printed)
        var words: [String]
        if grammaticalCase == .nominative {
            words = [name.printed]
        } else {
            words = gender == .male ? male(name, grammaticalCase) : female(name, grammaticalCase)
            // Whoever writes a paper may leave any name as it is: a guess, but better than none.
            words.append(name.printed)
        }
        // Men's names in -а are left more often than others («Илья», «Мұса»).
        var leaving = gender == .male && name.ends("а", "я") ? 0.8 : gender == .male ? 2.5 : 1.5
        // «Нарине», «Лусине»: women's names in -е that no list has in -а.
        if gender == .female, name.ends("е"), !GivenNames.knows(name.folded.dropLast() + "а", .female) { leaving = 0.8 }
        return words.map { word in
            let isLeft =
                word == name.printed && grammaticalCase != .nominative
                && !isIndeclinable(name.folded, gender)
            return Nominative(
                word: word, score: plausibility(NameLetters.folded(word), gender) - (isLeft ? leaving : 0))
        }
    }

    /// How much a folded word looks like a given name in the nominative, for this gender.
    static func plausibility(_ folded: String, _ gender: Gender) -> Double {
        if GivenNames.knows(folded, gender) { return 3 }
        let isOther = GivenNames.knows(folded, gender == .male ? .female : .male)
        guard let last = folded.last else { return -5 }
        let shape: Double
        switch last {
        case "у", "ю", "ы": shape = -0.8
        case "е": shape = -0.7
        case "м": shape = folded.closes("ом") || folded.closes("ем") ? -0.3 : 0.3
        case "а", "я": shape = gender == .female ? 0.4 : -0.6
        case "и", "о": shape = 0
        case "й" where folded.closes("ой") && folded.count > 3: shape = -1.2
        case "ь": shape = 0.2
        default: shape = gender == .male ? 0.5 : 0.2
        }
        // «Натальа», «Зоа» are no nominatives: after ь and vowels it is я.
        let isBroken = last == "а" && folded.dropLast().last.map { $0 == "ь" || NameLetters.isVowel($0) } ?? false
        return shape - (isOther ? 1.5 : 0) - (isBroken ? 1 : 0)
    }

    private static func isIndeclinable(_ folded: String, _ gender: Gender) -> Bool {
        guard let last = folded.last else { return false }
        if "иоуэыю".contains(last) { return true }
        // Women's names in a consonant do not decline (Гүлнар, Айжан); those in a soft sign may stay too (Айгуль).
        return gender == .female && !NameLetters.isVowel(last)
    }

    /// Names whose stem changes.
    private static let irregularMale: [String: String] = ["павл": "павел", "льв": "лев", "петр": "пётр"]

    private static func male(_ name: InflectedName, _ grammaticalCase: GrammaticalCase) -> [String] {
        switch grammaticalCase {
        case .nominative: return []
        case .genitive, .accusative:
            return stems(name, "а", "я") + nounsInA(name, grammaticalCase)
        case .dative:
            return stems(name, "у", "ю") + nounsInA(name, grammaticalCase)
        case .instrumental:
            return stems(name, "ом", "ем") + stems(name, "ем", "ем") + nounsInA(name, grammaticalCase)
        case .prepositional:
            let inII = name.ends("ии") ? [name.replacing(1, with: "й")] : []
            return inII + stems(name, "е", "е") + nounsInA(name, grammaticalCase)
        }
    }

    private static func stems(_ name: InflectedName, _ hard: String, _ soft: String) -> [String] {
        var words: [String] = []
        if name.ends(hard), !name.isVowel(beforeLast: hard.count),
            let before = name.letter(beforeLast: hard.count), !"ьй".contains(before),
            hard != "ем" || "жшчщц".contains(before)
        {
            let stem = String(name.folded.dropLast(hard.count))
            words.append(irregularMale[stem] ?? name.replacing(hard.count, with: ""))
        }
        if name.ends(soft), name.folded.count > soft.count + 1 {
            if name.isVowel(beforeLast: soft.count) {
                words.append(name.replacing(soft.count, with: "й"))
            } else if name.letter(beforeLast: soft.count).map({ !"жшчщцй".contains($0) }) ?? false,
                name.letter(beforeLast: soft.count) != "ь"
            {
                words.append(name.replacing(soft.count, with: "ь"))
            }
        }
        return words
    }

    private static func nounsInA(_ name: InflectedName, _ grammaticalCase: GrammaticalCase) -> [String] {
        switch grammaticalCase {
        case .nominative: return []
        case .genitive:
            if name.ends("ы") { return [name.replacing(1, with: "а")] }
            return name.ends("и") ? [name.replacing(1, with: "я"), name.replacing(1, with: "а")] : []
        case .dative, .prepositional:
            if name.ends("ии") { return [name.replacing(1, with: "я")] }
            guard name.ends("е") else { return [] }
            return [name.replacing(1, with: "а"), name.replacing(1, with: "я")]
        case .accusative:
            if name.ends("у") { return [name.replacing(1, with: "а")] }
            return name.ends("ю") ? [name.replacing(1, with: "я")] : []
        case .instrumental:
            if name.ends("ой", "ою") { return [name.replacing(2, with: "а")] }
            return name.ends("ей") ? [name.replacing(2, with: "я"), name.replacing(2, with: "а")] : []
        }
    }

    private static func female(_ name: InflectedName, _ grammaticalCase: GrammaticalCase) -> [String] {
        var words = nounsInA(name, grammaticalCase)
        switch grammaticalCase {
        case .nominative: return []
        case .genitive, .dative, .prepositional:
            // «Адели», «Любови», «Юдифи»; «Айпери» is a nominative.
            if name.ends("ли", "ви", "фи") { words.append(name.replacing(1, with: "ь")) }
        case .instrumental:
            if name.ends("ью") { words.append(name.replacing(1, with: "")) }
        case .accusative: break
        }
        return words
    }
}
