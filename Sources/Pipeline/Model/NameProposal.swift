internal import Foundation

/// The holder that a model proposes, taken only as a name that stands on the page, and not as somebody else's there.
struct NameProposal {
    var surname: String
    var given: String
    var patronymic: String
    var quote: String

    /// The name as the page has it; nil when it is not there, or stands there as the doctor's, the head's, a child's.
    ///
    /// - Parameter isSomebodyNamed: the rules have found another person: then only words that call this one the holder
    ///   will do, for a name alone is not more than what the rules have.
    func finding(in flow: TextFlow, of text: DocumentText, isSomebodyNamed: Bool) -> Finding<PersonName>? {
        guard let name = PersonName(proposed: self) else { return nil }
        let mentions = MentionScanner.mentions(in: flow)
        let index = MentionIndex(mentions)
        func weighed(_ mention: NameMention) -> WeighedMention {
            WeighedMention(mention, RoleScore(of: mention, among: index, in: flow), isAlone: flow.isAlone(mention))
        }
        var candidates = mentions.filter { mention in
            NameMatcher().match(
                submitted: name.full, found: mention.reading.name,
                readFromPicture: flow.isRecognised[flow.tokens[mention.first].page]
            ).isMatch
        }.map(weighed)
        // A name that no rule knows for one: foreign, misread, without a patronymic.
        if candidates.isEmpty, let mention = quoted(name, among: mentions, in: flow) { candidates = [weighed(mention)] }
        guard !candidates.contains(where: { $0.role.value <= -3 }),
            let best = candidates.max(by: { $0.score < $1.score }),
            isSomebodyNamed ? best.role.value > 0 : best.role.value >= 0
        else { return nil }
        let person = Person(mentions: [best])
        guard var finding = person.finding(in: flow, score: best.score, runnerUp: 0) else { return nil }
        finding.page = text.pages[flow.tokens[best.mention.first].page].number
        finding.confidence = min(finding.confidence, SecondReader.confidence)
        finding.source = "llm:\(Prompts.extractName)"
        return finding
    }

    /// A mention made of the quoted words, where each part of the name is one of them but for its ending. Nothing is
    /// cut out of a longer name: that would be another person's.
    private func quoted(_ name: PersonName, among mentions: [NameMention], in flow: TextFlow) -> NameMention? {
        func isName(_ token: Int?) -> Bool {
            token.map { flow.tokens[$0].kind == .word && flow.isNameLike($0) && !flow.isStopWord($0) } ?? false
        }
        guard let place = QuotedWords(quote, in: flow), place.tokens.count >= 2, let last = place.tokens.last,
            place.tokens.allSatisfy(isName), !isName(flow.nextInSegment(last))
        else { return nil }
        let words = Set(place.tokens)
        guard mentions.allSatisfy({ words.isDisjoint(with: $0.tokens) || words.isSuperset(of: $0.tokens) }) else {
            return nil
        }
        let before = flow.previousInSegment(place.tokens[0])
        guard !isName(before) || before.flatMap(flow.cueBefore) != nil else { return nil }
        var left = place.tokens
        var printedSurname = ""
        for (order, part) in [name.surname, name.given, name.patronymic].compactMap(\.self).enumerated() {
            guard let index = left.firstIndex(where: { isForm(flow.tokens[$0].folded, of: part) }) else { return nil }
            if order == 0 { printedSurname = flow.tokens[left[index]].text }
            left.remove(at: index)
        }
        guard left.isEmpty else { return nil }
        let reading = NameReading(
            name: name, gender: nil, grammaticalCase: .nominative, isKazakhCase: false, score: 0)
        return NameMention(
            form: name.patronymic == nil ? .short : .full, reading: reading, tokens: place.tokens,
            printedSurname: printedSurname, source: "llm:\(Prompts.extractName)")
    }

    /// Whether two words may be forms of one name: all but the ending, which is three letters at most, is the same.
    private func isForm(_ printed: String, of part: String) -> Bool {
        let part = NameLetters.folded(NameLetters.cyrillized(part))
        let shared = printed.commonPrefix(with: part).count
        return shared >= 2 && shared >= max(printed.count, part.count) - 3
    }
}

extension PersonName {
    /// The name as a model spells it; nil unless it has a surname and a given name of letters.
    fileprivate init?(proposed: NameProposal) {
        func word(_ text: String) -> String? {
            let text = text.filter { $0.isLetter || $0 == "-" || $0 == "'" || $0 == " " }
                .split(separator: " ").joined(separator: " ")
            return text.isEmpty || text.count > 60 ? nil : text
        }
        guard let surname = word(proposed.surname), let given = word(proposed.given) else { return nil }
        self.init(surname: surname, given: given, patronymic: word(proposed.patronymic))
    }
}
