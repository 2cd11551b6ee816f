/// A word read as a patronymic: whose, in which cases it may stand, and its nominative.
struct PatronymicForm: Hashable {
    /// Whose patronymic it is: a man's or a woman's.
    var gender: Gender
    /// Several where the form does not tell; all of them for ұлы and қызы, which Russian does not decline.
    var cases: [GrammaticalCase]
    /// How many letters at the end are replaced by `ending` in the nominative.
    var dropped: Int
    /// What the nominative ends in.
    var ending: String
    /// Whether it stood with a Kazakh case ending.
    var isKazakhCase = false

    /// The nominative of the printed word.
    func nominative(of printed: String) -> String { printed.dropLast(dropped) + ending }

    /// Reads a folded word; nil when it is no patronymic.
    init?(_ folded: String) {
        // Most words of a paper have none of the pairs of letters that every patronymic has.
        let pairs = PatronymicForm.pairs(of: folded)
        guard pairs.isRussian || pairs.isTurkic, folded.count >= 5, !PatronymicForm.others.contains(folded),
            let form = (pairs.isRussian ? PatronymicForm.russian(folded) : nil)
                ?? (pairs.isTurkic ? PatronymicForm.turkic(folded) : nil)
        else { return nil }
        self = form
    }

    private init(_ gender: Gender, _ cases: [GrammaticalCase], _ dropped: Int, _ ending: String, kazakh: Bool = false) {
        self.gender = gender
        self.cases = cases
        self.dropped = dropped
        self.ending = ending
        isKazakhCase = kazakh
    }

    /// Ends like one and is none.
    private static let others: Set<String> = ["кирпич", "москвич", "баулы", "жаулы", "даулы", "саулы", "таулы"]

    /// Patronymics of fathers in -а and -я, whose -ич stands after any consonant.
    private static let shortMale: Set<String> = [
        "ильич", "кузьмич", "кузмич", "лукич", "фомич", "никитич", "саввич", "фокич", "данилич", "силич", "мосеич",
    ]

    private static func isMaleBase(_ word: some StringProtocol) -> Bool {
        let word = String(word)
        return (word.closes("ович") || word.closes("евич")) && word.count >= 6 || word.closes("ьич")
            || shortMale.contains(word)
    }

    private static func isFemaleBase(_ word: some StringProtocol) -> Bool {
        (word.closes("овна") || word.closes("евна")) && word.count >= 6
            || word.closes("ична") && word.count >= 6 || word.closes("инишна")
    }

    private static func russian(_ word: String) -> PatronymicForm? {
        if isMaleBase(word) { return PatronymicForm(.male, [.nominative], 0, "") }
        if isFemaleBase(word) { return PatronymicForm(.female, [.nominative], 0, "") }
        let male: [(String, [GrammaticalCase])] = [
            ("а", [.genitive, .accusative]), ("у", [.dative]), ("ем", [.instrumental]), ("ом", [.instrumental]),
            ("е", [.prepositional]),
        ]
        for (ending, cases) in male where word.closes(ending) && isMaleBase(word.dropLast(ending.count)) {
            return PatronymicForm(.male, cases, ending.count, "")
        }
        let female: [(String, [GrammaticalCase])] = [
            ("ы", [.genitive]), ("е", [.dative, .prepositional]), ("у", [.accusative]), ("ой", [.instrumental]),
            ("ою", [.instrumental]), ("ей", [.instrumental]),
        ]
        for (ending, cases) in female where word.closes(ending) && isFemaleBase(word.dropLast(ending.count) + "а") {
            return PatronymicForm(.female, cases, ending.count, "а")
        }
        for length in KazakhEnding.lengths(in: word) {
            let stem = word.dropLast(length)
            if isMaleBase(stem) { return PatronymicForm(.male, [.nominative], length, "", kazakh: true) }
            if isFemaleBase(stem) { return PatronymicForm(.female, [.nominative], length, "", kazakh: true) }
        }
        return nil
    }

    /// Endings of "son of" and "daughter of" in the Turkic languages of the region.
    private static let turkicEndings: [(String, Gender)] = [
        ("улы", .male), ("оглы", .male), ("угли", .male), ("огли", .male), ("уулу", .male), ("кызы", .female),
        ("кизи", .female), ("гызы", .female),
    ]

    /// Whether a word has letters side by side that all Russian patronymics have («ич», «вн», «чн», «шн»), and those
    /// that all Turkic ones have («лы», «ли», «зы», «зи», «уу»).
    private static func pairs(of word: String) -> (isRussian: Bool, isTurkic: Bool) {
        var found = (isRussian: false, isTurkic: false)
        var previous: Unicode.Scalar = " "
        for scalar in word.unicodeScalars {
            switch (previous, scalar) {
            case ("и", "ч"), ("в", "н"), ("ч", "н"), ("ш", "н"): found.isRussian = true
            case ("л", "ы"), ("л", "и"), ("з", "ы"), ("з", "и"), ("у", "у"): found.isTurkic = true
            default: break
            }
            previous = scalar
        }
        return found
    }

    /// Whether the word is the second half of a Kazakh patronymic written apart, with any case ending.
    static func isApart(_ folded: String) -> Bool {
        guard pairs(of: folded).isTurkic, let base = turkicBase(folded) else { return false }
        return base.stem.isEmpty
    }

    private static func turkic(_ word: String) -> PatronymicForm? {
        guard let (stem, gender, caseLength) = turkicBase(word), stem.count >= 2 else { return nil }
        return PatronymicForm(
            gender, caseLength > 0 ? [.nominative] : GrammaticalCase.allCases, caseLength, "", kazakh: caseLength > 0)
    }

    private static let caseEndings = [
        "", "на", "не", "нын", "нин", "н", "мен", "нан", "нен", "дан", "ден", "нда", "нде", "ны", "ни", "га", "ге",
    ]

    private static func turkicBase(_ word: String) -> (stem: Substring, gender: Gender, caseLength: Int)? {
        for caseEnding in caseEndings {
            guard caseEnding.isEmpty || word.closes(caseEnding) else { continue }
            let base = word.dropLast(caseEnding.count)
            for (ending, gender) in turkicEndings where base.closes(ending) {
                return (base.dropLast(ending.count), gender, caseEnding.count)
            }
        }
        return nil
    }
}
