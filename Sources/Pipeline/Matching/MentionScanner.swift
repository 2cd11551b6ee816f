/// Finds every person named in a document, whatever the part they play.
///
/// Anchors, from the surest to the least: a patronymic with its neighbours, initials with a surname, a known given
/// name with a surname, what follows a name's label. A token belongs to one mention only.
struct MentionScanner {
    /// The text that is searched.
    let flow: TextFlow
    private(set) var mentions: [NameMention] = []
    private var used: Set<Int> = []

    /// Starts with nothing found.
    init(_ flow: TextFlow) {
        self.flow = flow
    }

    /// All mentions, in the order of the page.
    static func mentions(in flow: TextFlow) -> [NameMention] {
        var scanner = MentionScanner(flow)
        scanner.scanFields()
        scanner.scanPatronymics()
        scanner.scanLabels()
        scanner.scanBirths()
        scanner.scanInitials()
        scanner.scanGivenNames()
        return scanner.mentions.sorted { $0.first < $1.first }
    }

    /// Whether the token may be part of a name that is not yet taken.
    func isFree(_ token: Int?) -> Bool {
        guard let token else { return false }
        return flow.isNameLike(token) && !used.contains(token)
    }

    /// Whether the token is free and is no word of the paper's own language.
    func isName(_ token: Int?) -> Bool {
        guard let token, isFree(token) else { return false }
        return !flow.isStopWord(token) && !isVerb(flow.tokens[token].folded)
            && !isAcronym(flow.tokens[token])
            && !isPatronymicOnly(token)
            && flow.cueBefore(token).map { isWeakerThanName($0, token) } ?? true
    }

    /// «КГКП», «РГП»: capitals without a vowel.
    private func isAcronym(_ token: NameToken) -> Bool {
        token.isUppercased && !token.folded.contains(where: NameLetters.isVowel)
    }

    /// «Зарегистрировать», «Уволить»: orders begin so, and no name ends so.
    private func isVerb(_ folded: String) -> Bool {
        folded.count > 5 && ["ать", "ить", "еть", "ять", "ться"].contains(where: folded.closes)
    }

    /// Some cues are spelled like names (`Дана`, `Аким`): beside another name they may be one.
    private func isWeakerThanName(_ match: RoleLexicon.Match, _ token: Int) -> Bool {
        guard match.first == match.last, match.cue != .label else { return false }
        let folded = flow.tokens[token].folded
        if ["аким", "дана"].contains(folded) { return true }
        // «Ахметов Азамат», but «Азамат Ахметов Данияр» is a citizen.
        let isName = ["азамат", "адам", "орынбасар"].contains { folded.begins($0) && folded.count <= $0.count + 2 }
        return isName
            && flow.previousInSegment(token).map { flow.isNameLike($0) || flow.isPatronymicsEnd($0) } ?? false
    }

    /// Words that are patronymics and never surnames (`Маратовна`, `Болатқызы`); `Абрамович` may be one.
    private func isPatronymicOnly(_ token: Int) -> Bool {
        guard let form = flow.patronymic(token) else { return false }
        return form.gender == .female || form.cases.count > 1 || form.isKazakhCase
    }

    /// A word of the paper itself in a given name's place; «Орал», «Астана», «Наурыз» are names there.
    private func isHeading(_ token: Int) -> Bool {
        let folded = flow.tokens[token].folded
        return flow.isStopWord(token) && !["орал", "астана", "наурыз", "майя"].contains(folded)
    }

    /// «Бонч-Бруевича», «Мицкевичу» before a given name and a patronymic, and «Серікұлы Айгерім Маратовна»: a
    /// forefather's patronymic that became the family's name, which women bear as well.
    private func isSurnameOfFather(_ token: Int) -> Bool {
        guard isFree(token), let form = flow.patronymic(token) else { return false }
        return form.gender == .male && !form.isKazakhCase
    }

    /// «Серікұлы» beside «Нұрлан»: a patronymic in a surname's place, where a paper names two words only.
    private func isFathersName(_ token: Int) -> Bool {
        guard isFree(token), let form = flow.patronymic(token) else { return false }
        return form.cases.count == GrammaticalCase.allCases.count
    }

    /// «Выдана», «Предоставлен» before a patronymic in a surname's place: what was done, and no given name.
    private func isParticiple(_ token: Int) -> Bool {
        let folded = flow.tokens[token].folded
        return ["выдан", "предостав", "направлен", "подтвержд", "сообща"].contains(where: folded.begins)
            || ["берилди", "берилген", "берилсин"].contains(folded)
    }

    /// Whether a word may be the given name before a patronymic or after a surname.
    private func isGiven(_ token: Int) -> Bool {
        isFree(token) && !isHeading(token) && !isVerb(flow.tokens[token].folded) && !isParticiple(token)
    }

    /// Keeps a mention and takes its tokens.
    mutating func add(_ mention: NameMention) {
        mentions.append(mention)
        used.formUnion(mention.tokens)
    }

    // MARK: Patronymics

    private mutating func scanPatronymics() {
        for token in flow.tokens.indices where isFree(token) || flow.isPatronymicsEnd(token) {
            guard let patronymic = patronymic(at: token), !patronymic.contains(where: used.contains) else { continue }
            let before = flow.previous(patronymic[0])
            let options = [
                surnameFirst(patronymic, given: before, before: flow.previous),
                givenFirst(patronymic, given: before),
                surnameFirst(patronymic, given: across(patronymic[0]), before: across),
            ]
            let best = options.compactMap(\.self).max { $0.reading.score < $1.reading.score }
            if let best = best ?? fatherFirst(patronymic) { add(best) }
        }
    }

    /// The tokens of the patronymic that ends at a token: itself, or the father's name and ұлы or қызы apart.
    private func patronymic(at token: Int) -> [Int]? {
        if flow.isPatronymicsEnd(token) {
            var father = flow.previous(token)
            if let mark = father, flow.tokens[mark].isMark("-") { father = flow.previous(mark) }
            guard let father, isName(father) else { return nil }
            return [father, token]
        }
        return flow.patronymic(token) == nil ? nil : [token]
    }

    /// The token before, in the same cell or at the end of the cell to the left.
    private func across(_ token: Int) -> Int? {
        if let before = flow.previousInSegment(token) { return before }
        return flow.segments[flow.segmentOfToken[token]].left.map { flow.segments[$0].range.upperBound - 1 }
    }

    private func surnameFirst(_ patronymic: [Int], given: Int?, before: (Int) -> Int?) -> NameMention? {
        guard let given, isGiven(given), var surname = before(given) else { return nil }
        // «Досжанов, Арман Оразович», as lists have it.
        let hasComma = flow.tokens[surname].isMark(",")
        if hasComma, let word = before(surname) { surname = word }
        guard isName(surname) || isSurnameOfFather(surname),
            flow.patronymic(given) == nil else { return nil }
        return mention(
            surname, given, patronymic, last: .patronymic, tokens: [surname, given] + patronymic,
            bonus: hasComma ? -2 : 0.8)
    }

    private func givenFirst(_ patronymic: [Int], given: Int?) -> NameMention? {
        guard let given, isGiven(given), let end = patronymic.last, let surname = flow.next(end), isName(surname)
        else { return nil }
        // The first word of the next line is the surname only if nothing else is.
        let isNear = flow.segmentOfToken[surname] == flow.segmentOfToken[end]
        return mention(
            surname, given, patronymic, last: .surname, tokens: [given] + patronymic + [surname],
            bonus: isNear ? 0 : -2.5)
    }

    /// «Турсунбек уулу Азамат», «Асан кызы Айгүл»: a Kyrgyz name has the father's in the surname's place.
    private func fatherFirst(_ patronymic: [Int]) -> NameMention? {
        guard patronymic.count == 2, let given = flow.nextInSegment(patronymic[1]), isName(given),
            var reading = NameReading.best(
                surname: flow.tokens[patronymic[0]].text, given: flow.tokens[given].text, patronymic: nil, last: .given,
                expected: CaseGovernment.cases(before: patronymic[0], in: flow),
                isKazakhExpected: KazakhSentence.follows(given, in: flow))
        else { return nil }
        let father = flow.tokens[patronymic[0]].text
        reading.name.surname =
            NameLetters.titleCased(father) + " " + NameLetters.lowercased(flow.tokens[patronymic[1]].text)
        reading.name.otherReadings = nil
        return NameMention(
            form: .full, reading: reading, tokens: patronymic + [given], printedSurname: father,
            source: "name:patronymic")
    }

    private func mention(
        _ surname: Int, _ given: Int, _ patronymic: [Int], last: NameMatch.Part, tokens: [Int], bonus: Double
    ) -> NameMention? {
        let isRecognised = flow.isRecognised[flow.tokens[surname].page]
        var printed = patronymic.map { flow.tokens[$0].text }.joined(separator: " ")
        if isRecognised { printed = ReadingRepair.patronymic(printed) }
        guard
            var reading = NameReading.best(
                surname: flow.tokens[surname].text, given: flow.tokens[given].text, patronymic: printed, last: last,
                expected: CaseGovernment.cases(before: tokens[0], in: flow),
                isKazakhExpected: KazakhSentence.follows(tokens[tokens.count - 1], in: flow))
        else { return nil }
        if isRecognised, let gender = reading.gender {
            reading.name.given = ReadingRepair.given(reading.name.given, gender)
        }
        reading.score += bonus
        return NameMention(
            form: .full, reading: reading, tokens: tokens, printedSurname: flow.tokens[surname].text,
            source: "name:patronymic")
    }

    // MARK: Initials

    private mutating func scanInitials() {
        var token = 0
        while token < flow.tokens.count {
            let initials = initials(from: token)
            token += max(initials.count, 1)
            guard !initials.isEmpty, initials.count <= 2, let last = initials.last else { continue }
            let before = flow.previousInSegment(initials[0])
            // «Фамилия И.О.» heads a column: these are nobody's.
            if let before, ["фамилия", "фамилии", "теги"].contains(flow.tokens[before].folded) { continue }
            let after = flow.nextInSegment(last) ?? flow.next(last)
            let letters = initials.map { flow.tokens[$0].text.uppercased() }
            if let before, isName(before), let reading = read(before, letters, first: before, last: last) {
                add(
                    NameMention(
                        form: .initials, reading: reading, tokens: [before] + initials,
                        printedSurname: flow.tokens[before].text, source: "name:initials"))
            } else if let after, isName(after), let reading = read(after, letters, first: initials[0], last: after) {
                add(
                    NameMention(
                        form: .initials, reading: reading, tokens: initials + [after],
                        printedSurname: flow.tokens[after].text, source: "name:initials"))
            }
        }
    }

    private func read(_ surname: Int, _ initials: [String], first: Int, last: Int) -> NameReading? {
        NameReading.best(
            surname: flow.tokens[surname].text, initials: initials,
            expected: CaseGovernment.cases(before: first, in: flow),
            isKazakhExpected: KazakhSentence.follows(last, in: flow))
    }

    /// The initials that start at a token, in one segment; «Ф.И.О.» and «Т.А.Ә.» come out as three.
    private func initials(from token: Int) -> [Int] {
        var found: [Int] = []
        var position: Int? = token
        while let current = position, flow.tokens[current].kind == .initial {
            found.append(current)
            position = flow.nextInSegment(current)
        }
        // The last dot is easily lost: «Ахметов Д.М».
        if let current = position, !found.isEmpty, flow.tokens[current].kind == .word,
            flow.tokens[current].text.count == 1,
            flow.tokens[current].text.unicodeScalars.allSatisfy(NameLetters.isUppercase)
        {
            found.append(current)
        }
        return found
    }

    // MARK: Given names

    private mutating func scanGivenNames() {
        for token in flow.tokens.indices where isFree(token) {
            guard let after = flow.nextInSegment(token) ?? wrapped(token),
                isName(token) && (isName(after) || isFathersName(after)) || isFathersName(token) && isName(after)
            else { continue }
            guard let mention = short(token, after), mention.reading.score >= needed(token, after) else { continue }
            add(withMendedPatronymic(mention, after: after) ?? mention)
        }
    }

    /// The first word of the next line, where a sentence's line ends with a surname: «… значится: Толеген / Олжас, …».
    private func wrapped(_ token: Int) -> Int? {
        let segment = flow.segmentOfToken[token]
        let range = flow.segments[segment].range
        let words = range.count { flow.tokens[$0].kind == .word && !flow.isNameLike($0) }
        guard words >= 4, !flow.tokens[token].isUppercased, let next = flow.next(token),
            !flow.hasLabelBeside(flow.segmentOfToken[next]), flow.segments[flow.segmentOfToken[next]].range.count > 4
        else { return nil }
        return next
    }

    /// How sure a reading must be: inside a sentence two capitalised words are seldom anything but a name, and what
    /// follows may say that they are one («… еңбекке жарамсыз деп танылды»).
    private func needed(_ first: Int, _ second: Int) -> Double {
        var previous = flow.previousInSegment(first)
        if let mark = previous, flow.tokens[mark].isMark(":") { previous = flow.previousInSegment(mark) }
        let isInSentence = previous.map { before in
            flow.tokens[before].kind == .word && flow.tokens[before].folded.count > 1
                && !(flow.tokens[before].text.unicodeScalars.first.map(NameLetters.isUppercase) ?? true)
        } ?? false
        let isOutstanding = !flow.tokens[first].isUppercased && !flow.tokens[second].isUppercased
        if isTitled(first, second) { return 5 }
        if isInSentence && isOutstanding { return 2.2 }
        if isOutstanding, KazakhSentence.follows(second, in: flow),
            !KazakhEnding.lengths(in: flow.tokens[second].folded).isEmpty
        {
            return 2.2
        }
        let following = flow.next(second).flatMap { flow.cueAfter($0) }
        return following?.cue == .holder && isOutstanding ? 2 : 3.4
    }

    /// «ДОГОВОР АРЕНДЫ ЖИЛОГО ПОМЕЩЕНИЯ»: capitals among other capitals are words of a title, unless they are a name
    /// that the lists know.
    private func isTitled(_ first: Int, _ second: Int) -> Bool {
        guard flow.tokens[first].isUppercased, flow.tokens[second].isUppercased else { return false }
        let range = flow.segments[flow.segmentOfToken[first]].range
        return range.count { $0 != first && $0 != second && flow.tokens[$0].isUppercased } >= 2
    }

    /// The same name with the word after it, where that is a patronymic but for a reading error.
    private func withMendedPatronymic(_ short: NameMention, after: Int) -> NameMention? {
        guard flow.isRecognised[flow.tokens[after].page], let next = flow.nextInSegment(after), isFree(next),
            PatronymicForm(NameLetters.folded(ReadingRepair.patronymic(flow.tokens[next].text))) != nil
        else { return nil }
        return mention(
            short.tokens[0], short.tokens[1], [next], last: .patronymic, tokens: short.tokens + [next], bonus: 0)
    }

    /// Surname and given name in either order, as the better reading says.
    ///
    /// - Parameter surnameFirst: how much the usual order is to be preferred; forms keep to it, running text less.
    func short(_ first: Int, _ second: Int, surnameFirst: Double = 0.6) -> NameMention? {
        let texts = (flow.tokens[first].text, flow.tokens[second].text)
        let expected = CaseGovernment.cases(before: first, in: flow)
        let isKazakh = KazakhSentence.follows(second, in: flow)
        var readings: [(NameReading, String)] = []
        if var reading = NameReading.best(
            surname: texts.0, given: texts.1, patronymic: nil, last: .given, expected: expected,
            isKazakhExpected: isKazakh)
        {
            reading.score += surnameFirst
            readings.append((reading, texts.0))
        }
        if let reading = NameReading.best(
            surname: texts.1, given: texts.0, patronymic: nil, last: .surname, expected: expected,
            isKazakhExpected: isKazakh)
        {
            readings.append((reading, texts.1))
        }
        guard let best = readings.max(by: { $0.0.score < $1.0.score }) else { return nil }
        return NameMention(
            form: .short, reading: best.0, tokens: [first, second], printedSurname: best.1, source: "name:given")
    }
}
