import Foundation

/// The mentions of one person.
struct Person {
    private(set) var mentions: [WeighedMention]
    /// Below this a person is not taken for the holder: a full name with nothing against it is enough, initials are
    /// not.
    static let threshold = 1.0

    /// The best mention whole, the others a little: being named often is weak evidence, in either direction.
    var score: Double {
        let scores = mentions.map(\.score).sorted(by: >)
        guard let best = scores.first else { return -.infinity }
        let others = scores.dropFirst().map { min(max($0, -6), 6) }.reduce(0, +)
        // A paper names its holder in full somewhere; who stands there with initials only is likelier to sign it.
        var formal = 0.0
        if !mentions.contains(where: { $0.mention.form > .initials }) {
            formal = scores.contains { $0 < -3 } ? -4 : -1
        }
        return best + min(max(0.25 * others, -2), 3) + formal
    }

    /// Puts mentions of one person together, full names first, so that initials find their full name.
    static func grouped(_ mentions: [WeighedMention]) -> [Person] {
        var people: [Person] = []
        for mention in mentions.sorted(by: { $0.mention.form > $1.mention.form }) {
            if let index = people.firstIndex(where: { $0.isNamed(in: mention.mention) }) {
                people[index].mentions.append(mention)
            } else {
                people.append(Person(mentions: [mention]))
            }
        }
        return people
    }

    private func isNamed(in other: NameMention) -> Bool {
        mentions.contains { Person.isSame($0.mention, other) }
    }

    private static func isSame(_ one: NameMention, _ other: NameMention) -> Bool {
        let (mine, theirs) = (one.reading.name, other.reading.name)
        guard agree(mine.given, theirs.given) else { return false }
        if let first = mine.patronymic, let second = theirs.patronymic, !agree(first, second) { return false }
        let (mySurname, theirSurname) = (NameLetters.folded(mine.surname), NameLetters.folded(theirs.surname))
        if mySurname == theirSurname { return true }
        // Cases change endings only.
        guard mySurname.prefix(2) == theirSurname.prefix(2) else { return false }
        return !NameReading.possibleSurnames(one.printedSurname)
            .isDisjoint(with: NameReading.possibleSurnames(other.printedSurname))
    }

    /// Whether two given names or patronymics may be one: equal, initial, or nearly equal (a reading error, a case).
    private static func agree(_ one: String, _ other: String) -> Bool {
        let (first, second) = (NameLetters.folded(one), NameLetters.folded(other))
        if first == second { return true }
        if first.count == 1 || second.count == 1 { return first.first == second.first }
        return first.commonPrefix(with: second).count >= max(3, min(first.count, second.count) - 2)
    }

    /// The name in its best form, with the evidence for it.
    ///
    /// - Parameters:
    ///   - score: the person's own, with what the place of the mentions takes from it.
    ///   - runnerUp: the score of the next likely person.
    func finding(in flow: TextFlow, score: Double, runnerUp: Double) -> Finding<PersonName>? {
        guard let best = mentions.max(by: { rank($0) < rank($1) }) else { return nil }
        let tokens = best.mention.tokens
        let words = tokens.map { flow.words[flow.tokens[$0].source] }
        var sources: [Int] = []
        for token in tokens where sources.last != flow.tokens[token].source {
            sources.append(flow.tokens[token].source)
        }
        let box = words.dropFirst().reduce(words[0].box) { $0.union($1.box) }
        let reading = words.map(\.confidence).reduce(0, +) / Double(words.count)
        let certainty = certainty(of: best, margin: score - max(runnerUp, 0))
        return Finding(
            value: best.mention.reading.name, confidence: min(1, reading) * certainty,
            page: flow.tokens[best.mention.first].page + 1, box: box,
            words: sources.map { flow.words[$0].text }.joined(separator: " "), source: best.mention.source)
    }

    /// How often such a finding is right, 0 to 1.
    ///
    /// A logistic fit over 5,200 names on generated papers, wrong ones counted three times, because papers that nobody
    /// made for the fit are harder.
    private func certainty(of best: WeighedMention, margin: Double) -> Double {
        let margin = min(max(margin, 0), 8)
        let reading = min(max(best.mention.reading.score, 0), 6)
        let isOpen = best.mention.reading.name.otherReadings != nil
        let isFull = best.mention.form == .full
        let odds = 1.25 + 0.14 * margin + 0.55 * reading - (isOpen ? 2.2 : 0) - (isFull ? 0 : 1.9)
        return 1 / (1 + exp(-odds))
    }

    /// Full names before initials, then what other mentions bear out, the nominative, and a sure reading.
    private func rank(_ mention: WeighedMention) -> Double {
        let name = mention.mention.reading.name
        let echoes = mentions.count { other in
            NameLetters.folded(other.mention.reading.name.full) == NameLetters.folded(name.full)
        }
        let isNominative =
            mention.mention.reading.grammaticalCase == .nominative
            && !mention.mention.reading.isKazakhCase
        return Double(mention.mention.form.rawValue) * 100 + Double(echoes) * 4 + (isNominative ? 3 : 0)
            + mention.mention.reading.score + 0.2 * mention.score
    }
}
