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
    static func best(
        surname: String, given: String, patronymic: String?, last: NameMatch.Part, expected: Set<GrammaticalCase> = []
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
                            + (expected.contains(grammaticalCase) ? 1 : 0)
                        readings.append(
                            NameReading(
                                name: name, gender: gender, grammaticalCase: grammaticalCase,
                                isKazakhCase: form?.isKazakhCase ?? false, score: score))
                    }
                }
            }
        }
        if form == nil || last == .surname {
            readings += kazakh(surname: surname, given: given, patronymic: nominativePatronymic, last: last)
        }
        return readings.max { $0.score < $1.score }?.titleCased
    }

    /// The best reading of a surname with initials.
    static func best(
        surname: String, initials: [String], expected: Set<GrammaticalCase> = []
    ) -> NameReading? {
        var readings: [NameReading] = []
        for gender in Gender.allCases {
            for grammaticalCase in GrammaticalCase.allCases {
                for form in SurnameForm.nominatives(of: surname, in: grammaticalCase, gender) {
                    var reading = initialled(form, initials, gender, grammaticalCase, isKazakhCase: false)
                    reading.score += expected.contains(grammaticalCase) ? 1 : 0
                    readings.append(reading)
                }
            }
        }
        return readings.max { $0.score < $1.score }?.titleCased
    }

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
        surname: String, given: String, patronymic: String?, last: NameMatch.Part
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
                    + GivenNameForm.plausibility(NameLetters.folded(name.given), gender) - 0.4
                    + (NameLetters.hasKazakh(word.suffix(length)) ? 1 : 0)
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
