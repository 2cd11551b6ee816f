/// One way to read a run of words as a person's name in the nominative.
struct NameReading: Hashable {
    /// The name, each part in the nominative.
    var name: PersonName
    /// Nil where only initials are known.
    var gender: Gender?
    /// The case in which it stands on the paper.
    var grammaticalCase: GrammaticalCase
    /// Whether its last word carries a Kazakh case ending.
    var isKazakhCase: Bool
    /// How well endings and lists of names agree with this reading; comparable between readings of one run.
    var score: Double

    /// The best reading of surname, given name and (where there is one) patronymic, each as printed.
    ///
    /// Tries every gender and case that the patronymic allows, and weighs what surname and given name become.
    /// - Parameter last: which part stands last and may carry a Kazakh case ending.
    /// - Parameter expected: the cases that the words before ask for; a preference, where endings leave a choice.
    /// - Parameter isKazakhExpected: whether the words after are Kazakh, so that a Kazakh case ending is likely.
    static func best(
        surname: String, given: String, patronymic: String?, last: NameMatch.Part,
        expected: Set<GrammaticalCase> = [], isKazakhExpected: Bool = false
    ) -> NameReading? {
        var readings: [NameReading] = []
        let form = patronymic.flatMap { PatronymicForm(NameLetters.folded($0)) }
        let nominativePatronymic = patronymic.map { form?.nominative(of: $0) ?? $0 }
        for gender in form.map({ [$0.gender] }) ?? Gender.allCases {
            for grammaticalCase in form?.cases ?? GrammaticalCase.allCases {
                for surnameForm in SurnameForm.nominatives(of: surname, in: grammaticalCase, gender) {
                    for givenForm in GivenNameForm.nominatives(of: given, in: grammaticalCase, gender) {
                        let name = PersonName(
                            surname: surnameForm.word, given: givenForm.word, patronymic: nominativePatronymic)
                        let score =
                            surnameForm.score + givenForm.score + prior(grammaticalCase)
                            - (isKazakhExpected && grammaticalCase != .nominative ? 1.5 : 0)
                            + (expected.contains(grammaticalCase) ? 1.5 : 0)
                        readings.append(
                            NameReading(
                                name: name, gender: gender, grammaticalCase: grammaticalCase,
                                isKazakhCase: form?.isKazakhCase ?? false, score: score))
                    }
                }
            }
        }
        if form == nil || last == .surname {
            readings += kazakh(
                surname: surname, given: given, patronymic: nominativePatronymic, last: last, isKazakhExpected)
        }
        return best(of: readings, expected: expected)
    }

    /// The best reading of a surname with initials.
    static func best(
        surname: String, initials: [String], expected: Set<GrammaticalCase> = [], isKazakhExpected: Bool = false
    ) -> NameReading? {
        var readings: [NameReading] = []
        for gender in Gender.allCases {
            for grammaticalCase in GrammaticalCase.allCases {
                for form in SurnameForm.nominatives(of: surname, in: grammaticalCase, gender) {
                    var reading = initialled(form, initials, gender, grammaticalCase, isKazakhCase: false)
                    reading.score += expected.contains(grammaticalCase) ? 1.5 : 0
                    readings.append(reading)
                }
            }
        }
        for length in KazakhEnding.lengths(in: NameLetters.folded(surname)) {
            let stem = NameLetters.lowercased(surname.dropLast(length))
            let score =
                (Gender.allCases.map { SurnameForm.plausibility(NameLetters.folded(stem), $0) }.max() ?? 0)
                + KazakhEnding.weight(of: surname.suffix(length), isExpected: isKazakhExpected)
            let form = Nominative(word: stem, score: score)
            readings.append(initialled(form, initials, .male, .nominative, isKazakhCase: true))
        }
        return best(of: readings, expected: expected)
    }

    /// The likeliest of all readings, with what else the words may stand for. Readings of the other gender are no
    /// second opinion: who reads `Ахметова` as a woman's surname must not take it for a man's as well.
    /// The name as it is printed is always thought of where the words before ask for no other case: a rare name may
    /// look declined (`Айше`).
    private static func best(of readings: [NameReading], expected: Set<GrammaticalCase>) -> NameReading? {
        guard let best = readings.max(by: { $0.score < $1.score })?.titleCased else { return nil }
        var result = best
        var others: [PersonName] = []
        for reading in readings.sorted(by: { $0.score > $1.score })
        where reading.gender == best.gender {
            let isPrinted =
                reading.grammaticalCase == .nominative && !reading.isKazakhCase
                && (expected.isEmpty || expected.contains(.nominative))
            guard reading.score > best.score - (isPrinted ? 6 : nearness) else { continue }
            let name = reading.titleCased.name
            if name != best.name, !others.contains(name) { others.append(name) }
        }
        result.name.otherReadings = others.isEmpty ? nil : others
        return result
    }

    /// How far behind the best a reading may be and still be thought of.
    private static let nearness = 2.0

    /// Every nominative that a surname beside initials may have, folded: for telling whether two mentions are of one
    /// person.
    static func possibleSurnames(_ printed: String) -> Set<String> {
        var words: Set<String> = [NameLetters.folded(printed)]
        for gender in Gender.allCases {
            for grammaticalCase in GrammaticalCase.allCases {
                for form in SurnameForm.nominatives(of: printed, in: grammaticalCase, gender) where form.score > -2 {
                    words.insert(NameLetters.folded(form.word))
                }
            }
        }
        for length in KazakhEnding.lengths(in: NameLetters.folded(printed)) {
            words.insert(NameLetters.folded(printed.dropLast(length)))
        }
        return words
    }

    /// Nominative first, so that nothing is taken off a name that stands without an ending.
    private static func prior(_ grammaticalCase: GrammaticalCase) -> Double {
        switch grammaticalCase {
        case .nominative: 0.5
        case .genitive, .dative: 0
        case .accusative, .instrumental: -0.1
        case .prepositional: -0.3
        }
    }

    /// Readings in which the last word carries a Kazakh case ending and the others none.
    private static func kazakh(
        surname: String, given: String, patronymic: String?, last: NameMatch.Part, _ isExpected: Bool
    ) -> [NameReading] {
        let word = last == .surname ? surname : given
        let form = patronymic.flatMap { PatronymicForm(NameLetters.folded($0)) }
        var readings: [NameReading] = []
        for length in KazakhEnding.lengths(in: NameLetters.folded(word)) {
            let stem = NameLetters.lowercased(word.dropLast(length))
            for gender in form.map({ [$0.gender] }) ?? Gender.allCases {
                let name = PersonName(
                    surname: last == .surname ? stem : NameLetters.lowercased(surname),
                    given: last == .surname ? NameLetters.lowercased(given) : stem, patronymic: patronymic)
                let score =
                    SurnameForm.plausibility(NameLetters.folded(name.surname), gender)
                    + GivenNameForm.plausibility(NameLetters.folded(name.given), gender)
                    + KazakhEnding.weight(of: word.suffix(length), isExpected: isExpected)
                readings.append(
                    NameReading(
                        name: name, gender: gender, grammaticalCase: .nominative, isKazakhCase: true, score: score))
            }
        }
        return readings
    }

    private static func initialled(
        _ form: Nominative, _ initials: [String], _ gender: Gender, _ grammaticalCase: GrammaticalCase,
        isKazakhCase: Bool
    ) -> NameReading {
        let name = PersonName(
            surname: form.word, given: initials.first ?? "", patronymic: initials.dropFirst().first)
        return NameReading(
            name: name, gender: nil, grammaticalCase: grammaticalCase, isKazakhCase: isKazakhCase,
            score: form.score + prior(grammaticalCase))
    }

    /// With each part written as names are.
    private var titleCased: NameReading {
        var reading = self
        reading.name.surname = NameLetters.titleCased(name.surname)
        reading.name.given = NameLetters.titleCased(name.given)
        reading.name.patronymic = name.patronymic.map { patronymic in
            let words = patronymic.split(separator: " ")
            return words.enumerated().map { index, word in
                index > 0 ? NameLetters.lowercased(word) : NameLetters.titleCased(word)
            }.joined(separator: " ")
        }
        return reading
    }
}
