import Testing

@testable import Pipeline

/// Thousands of comparisons of made names: whatever the rules tolerate matches, whatever they do not is refused.
///
/// The names are made of syllables and endings, so that no list can know them.
struct NameVariationTests {
    static let count = 150

    /// Printed with each failure; change it to see other names.
    static let seed: UInt64 = 20_261_123

    @Test func whatIsToleratedMatches() {
        var maker = NameMaker(seed: NameVariationTests.seed)
        for index in 0..<NameVariationTests.count {
            let name = maker.name()
            for variation in NameVariation.tolerated(name, &maker) {
                let match = NameMatcher().match(
                    submitted: variation.submitted, found: variation.found, readFromPicture: variation.isPicture)
                #expect(
                    match.isMatch,
                    """
                    seed \(NameVariationTests.seed), name \(index): «\(variation.found.full)» and \
                    «\(variation.submitted)» (\(variation.what)): \(match.why)
                    """)
            }
        }
    }

    @Test func whatIsAnotherNameIsRefused() {
        var maker = NameMaker(seed: NameVariationTests.seed + 1)
        for index in 0..<NameVariationTests.count {
            let name = maker.name()
            for variation in NameVariation.forbidden(name, &maker) {
                let match = NameMatcher().match(
                    submitted: variation.submitted, found: variation.found, readFromPicture: variation.isPicture)
                #expect(
                    !match.isMatch,
                    """
                    seed \(NameVariationTests.seed + 1), name \(index): «\(variation.found.full)» and \
                    «\(variation.submitted)» (\(variation.what)): \(match.why)
                    """)
                #expect(!match.why.isEmpty)
            }
        }
    }

    /// Every reading that is kept beside the best one is of the same person's gender, so no refusal is talked away.
    @Test func aSecondReadingIsNoWayRoundARefusal() {
        let found = PersonName(
            surname: "Благий", given: "Игнатий", patronymic: "Олегович",
            otherReadings: [PersonName(surname: "Благой", given: "Игнатий", patronymic: "Олегович")])
        let matcher = NameMatcher()
        let match = matcher.match(submitted: "Благой Игнатий Олегович", found: found, readFromPicture: false)
        #expect(match.isMatch)
        #expect(match.why.contains("«Благой Игнатий Олегович»"))
        for other in [
            "Благая Игнатий Олегович", "Благой Игнат Олегович", "Благой Игнатий Олегова", "Благов Игнатий Олегович",
        ] {
            #expect(!matcher.match(submitted: other, found: found, readFromPicture: false).isMatch, "\(other)")
        }
        let settled = matcher.settled(found, submitted: "Благой Игнатий Олегович", readFromPicture: false)
        #expect(settled.surname == "Благой")
        #expect(matcher.settled(found, submitted: "Иванов Иван", readFromPicture: false) == found)
    }
}
