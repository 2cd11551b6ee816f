/// Surnames out of the oblique cases of Russian: Slavic ones in -ов, -ин and -ский, Kazakh and other Turkic ones with
/// and without -ов, Ukrainian in -ко, -ук and -ець, German, Korean, Caucasian.
enum SurnameForm {
    /// The nominatives that a word in this case may have; empty when it cannot stand in this case.
    static func nominatives(of printed: String, in grammaticalCase: GrammaticalCase, _ gender: Gender) -> [Nominative] {
        let pieces = printed.split(separator: "-", omittingEmptySubsequences: true)
        guard pieces.count == 2 else { return simple(InflectedName(printed), grammaticalCase, gender) }
        // Both halves of a double surname decline, but the first one may stay (`Кара-Мурзе`).
        let first = simple(InflectedName(pieces[0]), grammaticalCase, gender)
        let second = simple(InflectedName(pieces[1]), grammaticalCase, gender)
        let best = first.max { $0.score < $1.score }?.word ?? NameLetters.lowercased(pieces[0])
        let declined = second.map { Nominative(word: best + "-" + $0.word, score: $0.score) }
        // «Краузе-Циммерман»: the first half may be no ending's, and is thought of as it stands.
        let asPrinted = NameLetters.lowercased(pieces[0])
        guard best != asPrinted, grammaticalCase != .nominative else { return declined }
        return declined + second.map { Nominative(word: asPrinted + "-" + $0.word, score: $0.score - 0.6) }
    }

    /// How much a folded word looks like a surname in the nominative, for this gender.
    static func plausibility(_ folded: String, _ gender: Gender) -> Double {
        let word = folded.split(separator: "-").last.map(String.init) ?? folded
        let isShort = word.count <= 3
        if hasEnding(word, ["ов", "ев", "ин", "ын", "ский", "цкий"]) {
            return isShort ? 0.5 : gender == .male ? 2 : -3
        }
        if word.count >= 5, hasEnding(word, ["ова", "ева", "ская", "цкая"]) { return gender == .female ? 2 : -3 }
        if word.count >= 5, hasEnding(word, ["ина", "ына"]) { return gender == .female ? 1.8 : -1.5 }
        if hasEnding(word, ["ая", "яя"]) { return gender == .female ? 1.5 : -2 }
        if hasEnding(word, ["ый", "ий", "ой"]) { return gender == .male ? 1 : isShort ? 0.5 : -1.5 }
        if hasEnding(word, ["ко", "ук", "юк", "чик", "ян", "янц", "дзе", "швили", "ых", "их", "баев", "аго", "ово"]) {
            return 1.2
        }
        if hasEnding(
            word,
            [
                "ову", "еву", "ину", "ыну", "овым", "евым", "иным", "овой", "евой", "иной", "ского",
                "скому", "ским", "ской", "скую", "цкого", "цкому", "цким", "цкой", "ове", "еве",
            ])
        {
            return -3
        }
        // «Серікұлы», whose own patronymic another line may bear.
        if word.count >= 6, hasEnding(word, ["улы", "оглы", "уулу"]) { return gender == .male ? 1.2 : 0.9 }
        if word.count >= 6, hasEnding(word, ["кызы", "гызы"]) { return gender == .female ? 1.2 : -3 }
        if hasEnding(word, ["ии"]) { return -1.5 }
        if hasEnding(word, ["ия"]) { return 0.6 }
        // Many Kazakh surnames are a forefather's given name as it is.
        if GivenNames.knows(word, .male) { return 1.2 }
        guard let last = word.last else { return -5 }
        switch last {
        case "ю": return -1.5
        case "у": return -1
        case "ы": return -0.8
        case "е": return -0.6
        case "м": return hasEnding(word, ["ом", "ем", "ым"]) && word.count > 4 ? -1.2 : 0.6
        case "я": return -0.2
        case "а": return hasEnding(word, ["ука", "юка"]) && word.count > 5 ? -0.8 : 0.1
        case "о", "и", "э": return 0.5
        default: return 0.6
        }
    }

    private static func hasEnding(_ word: String, _ endings: [String]) -> Bool {
        endings.contains(where: word.closes)
    }

    private static func simple(
        _ name: InflectedName, _ grammaticalCase: GrammaticalCase, _ gender: Gender
    ) -> [Nominative] {
        guard grammaticalCase != .nominative else {
            return [Nominative(word: name.printed, score: plausibility(name.folded, gender))]
        }
        var words: [(String, Double)] = []
        switch gender {
        case .male: words = male(name, grammaticalCase)
        case .female: words = female(name, grammaticalCase)
        }
        // «Сороки», «Скибы»: after к, г, х hardly any surname ends in и by itself.
        let isNoun = grammaticalCase == .genitive && name.ends("ки", "ги", "хи")
        words += nounsInA(name, grammaticalCase).map { ($0, isNoun ? 0.6 : -0.3) }
        // Whoever writes a paper may leave any surname as it is: a guess, but better than none.
        words.append((name.printed, isIndeclinable(name.folded, gender) ? 0 : -1.2))
        return words.map { word, penalty in
            Nominative(word: word, score: plausibility(NameLetters.folded(word), gender) + penalty)
        }
    }

    /// Surnames that stay as they are in every case.
    private static func isIndeclinable(_ folded: String, _ gender: Gender) -> Bool {
        guard let last = folded.last else { return false }
        if "оиэы".contains(last) || folded.closes("ия") || folded.closes("их") || folded.closes("ых")
            || folded.closes("дзе")
        {
            return true
        }
        if "уею".contains(last) { return folded.count <= 4 }
        guard gender == .female else { return false }
        // A woman's surname in a consonant (Ким, Шмидт, Ковальчук) or in й (Цой, Хегай) does not decline.
        guard !NameLetters.isVowel(last) else { return false }
        return !(hasEnding(folded, ["ой", "ей"]) && folded.count > 4)
    }

    private static func male(_ name: InflectedName, _ grammaticalCase: GrammaticalCase) -> [(String, Double)] {
        switch grammaticalCase {
        case .nominative: return []
        case .genitive, .accusative:
            if name.ends("ого", "его"), name.folded.count > 5 { return adjective(name, 3) }
            return stems(name, "а", soft: "я")
        case .dative:
            if name.ends("ому", "ему"), name.folded.count > 5 { return adjective(name, 3) }
            return stems(name, "у", soft: "ю")
        case .instrumental:
            if name.ends("овым", "евым", "иным", "ыным") { return [(name.replacing(2, with: ""), 0)] }
            if name.ends("ым", "им"), name.folded.count > 4 { return adjective(name, 2) }
            if name.ends("ом") { return stems(name, "ом", soft: nil) }
            if name.ends("ем") { return stems(name, "ем", soft: "ем") }
            return []
        case .prepositional:
            if name.ends("ом", "ем"), name.folded.count > 4 { return adjective(name, 2) }
            return stems(name, "е", soft: "е")
        }
    }

    /// Consonant stems: `Ахметова` to `Ахметов`, `Коваля` to `Коваль`, `Хегая` to `Хегай`, `Кравца` to `Кравец`.
    private static func stems(_ name: InflectedName, _ hard: String, soft: String?) -> [(String, Double)] {
        var words: [(String, Double)] = []
        let isHushing = name.letter(beforeLast: hard.count).map { "жшчщц".contains($0) } ?? false
        if name.ends(hard), !name.isVowel(beforeLast: hard.count), hard != "ем" || isHushing,
            name.letter(beforeLast: hard.count).map({ $0 != "ь" }) ?? false
        {
            let stem = name.replacing(hard.count, with: "")
            if let full = withFleetingVowel(name, hard.count) {
                words.append((full, 0))
                words.append((stem, -0.4))
            } else {
                words.append((stem, 0))
            }
        }
        if let soft, name.ends(soft), name.folded.count > soft.count + 1 {
            if name.isVowel(beforeLast: soft.count) {
                // «Чкония», «Гулия» are nominatives as they stand.
                words.append((name.replacing(soft.count, with: "й"), name.letter(beforeLast: 1) == "и" ? -1.4 : 0.2))
            } else if !isHushing {
                // In «е» a hard stem is likelier (`Шмидте`), in the other endings only a soft one is possible.
                let isHard = soft == "е" && name.letter(beforeLast: 1) != "л"
                words.append((name.replacing(soft.count, with: "ь"), isHard ? -0.6 : 0.2))
            }
        }
        return words
    }

    /// `Кравца` to `Кравец`, `Горобца` to `Горобец`; `Шульца` and `Шварца` have no vowel to give back.
    private static func withFleetingVowel(_ name: InflectedName, _ count: Int) -> String? {
        guard name.letter(beforeLast: count) == "ц", let before = name.letter(beforeLast: count + 1),
            "вбмпд".contains(before)
        else { return nil }
        return name.replacing(count + 1, with: "ец")
    }

    /// `Вишневского` to `Вишневский`, `Белому` to `Белый`, `Лановым` to `Лановой`.
    private static func adjective(_ name: InflectedName, _ count: Int) -> [(String, Double)] {
        guard let last = name.letter(beforeLast: count) else { return [] }
        let stem = String(name.folded.dropLast(count))
        if name.folded.dropLast(count - 1).last == "е" || "гкхжшчщ".contains(last) {
            let isStressed = ["крут", "сух", "дик", "глух", "плох", "благ", "дорог"].contains(stem)
            return [(name.replacing(count, with: "ий"), isStressed ? -0.6 : 0)]
                + [(name.replacing(count, with: "ой"), isStressed ? 0 : -0.6)]
        }
        let isStressed =
            ["толст", "крут", "бос", "нагорн", "берегов", "ланов"].contains(stem)
            || stem.closes("ов") || stem.closes("сед")
        let words = [(name.replacing(count, with: "ый"), isStressed ? -0.4 : 0)]
        return words + [(name.replacing(count, with: "ой"), isStressed ? 0 : -0.4)]
    }

    private static func female(_ name: InflectedName, _ grammaticalCase: GrammaticalCase) -> [(String, Double)] {
        switch grammaticalCase {
        case .nominative: return []
        case .accusative:
            if name.ends("ову", "еву", "ину", "ыну") { return [(name.replacing(1, with: "а"), 0)] }
            if name.ends("ую") { return [(name.replacing(2, with: "ая"), 0)] }
            return name.ends("юю") ? [(name.replacing(2, with: "яя"), 0)] : []
        case .genitive, .dative, .instrumental, .prepositional:
            guard name.ends("ой", "ою", "ей"), name.folded.count > 4 else { return [] }
            if name.ends("овой", "евой", "иной", "ыной", "овою", "евою", "иною", "ыною") {
                // «Полевой» may be Полевая, whose surname is an adjective.
                let isAdjective = isAdjectiveInOv(String(name.folded.dropLast(2)))
                let isPossible = name.ends("овой", "евой")
                return [(name.replacing(2, with: "а"), isAdjective ? -1 : 0)]
                    + (isPossible ? [(name.replacing(2, with: "ая"), isAdjective ? 0.5 : -0.9)] : [])
            }
            if name.ends("ей") { return name.ends("ней") ? [(name.replacing(2, with: "яя"), -0.5)] : [] }
            // In the instrumental «Сорокой» may be a noun as well as «Островской» an adjective.
            let isNoun = grammaticalCase == .instrumental && !name.ends("ской", "цкой", "ной", "лой", "той")
            return [(name.replacing(2, with: "ая"), isNoun ? -2 : 0)]
        }
    }

    /// Stems in -ов and -ев that are adjectives of the language: «полевой», «береговой».
    private static func isAdjectiveInOv(_ stem: String) -> Bool {
        [
            "полев", "берегов", "лугов", "садов", "ланов", "яров", "снегов", "лесов", "степов", "боев", "низов",
            "верхов", "часов", "рядов", "торгов", "зимов", "ледов", "ветров", "бобров", "гулев", "родов", "годов",
        ].contains(stem)
    }

    /// Surnames in -а and -я of either gender: `Сороке`, `Мурзы`, `Скибой`.
    private static func nounsInA(_ name: InflectedName, _ grammaticalCase: GrammaticalCase) -> [String] {
        func isHard(_ count: Int) -> Bool { !name.isVowel(beforeLast: count) && name.letter(beforeLast: count) != "ь" }
        switch grammaticalCase {
        case .nominative: return []
        case .genitive:
            if name.ends("ы") { return [name.replacing(1, with: "а")] }
            if name.ends("ии") { return [name.replacing(1, with: "я")] }
            guard name.ends("и"), !name.ends("швили"), let before = name.letter(beforeLast: 1) else { return [] }
            return [name.replacing(1, with: "гкхжшчщ".contains(before) ? "а" : "я")]
        case .dative, .prepositional:
            if name.ends("дзе") { return [] }
            if name.ends("е") { return [name.replacing(1, with: isHard(1) ? "а" : "я")] }
            return name.ends("ии") ? [name.replacing(1, with: "я")] : []
        case .accusative:
            if name.ends("у"), !name.ends("ову", "еву", "ину") { return [name.replacing(1, with: "а")] }
            return name.ends("ю") && !name.ends("ую") ? [name.replacing(1, with: "я")] : []
        case .instrumental:
            if name.ends("ой"), !name.ends("овой", "евой", "иной", "ской"), name.folded.count > 4 {
                return [name.replacing(2, with: "а")]
            }
            guard name.ends("ей"), name.folded.count > 4, let before = name.letter(beforeLast: 2) else { return [] }
            return [name.replacing(2, with: "жшчщц".contains(before) ? "а" : "я")]
        }
    }
}
