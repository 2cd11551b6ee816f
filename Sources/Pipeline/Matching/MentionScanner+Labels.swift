/// Names that stand where a label says that a name stands: any capitalised words there are one, known or not.
extension MentionScanner {
    /// Takes the words after «Ф.И.О.», «Пациент:», «Выдана» and their like, in the line, the cell beside or the cell
    /// below.
    mutating func scanLabels() {
        var token = 0
        while token < flow.tokens.count {
            guard let match = flow.cueBefore(token), isLabel(match.cue) else {
                token += 1
                continue
            }
            token = max(match.last, token) + 1
            for start in valueStarts(after: match.last) where !isTitle(match, over: start) {
                // A letter says «Уважаемый Данияр Ахметов», a form the surname first.
                let isAddress = ["уважаем", "курметти"].contains(where: flow.tokens[match.first].folded.begins)
                if let mention = labelled(from: start, surnameFirst: isAddress ? 0 : 2),
                    mention.reading.score >= needed(match, before: start)
                {
                    add(mention)
                    break
                }
            }
        }
    }

    /// How sure a reading must be: after «Ф.И.О.» and after a colon whatever looks like a name is one, in a sentence
    /// it must look like one indeed.
    private func needed(_ match: RoleLexicon.Match, before start: Int) -> Double {
        if match.cue == .label { return 0.4 }
        let hasColon = flow.previous(start).map { flow.tokens[$0].isMark(":") } ?? false
        let isOtherCell = flow.segmentOfToken[start] != flow.segmentOfToken[match.last]
        return hasColon || isOtherCell ? 1 : 1.8
    }

    /// «ЖҰМЫССЫЗ РЕТІНДЕ ТІРКЕЛГЕНІ ТУРАЛЫ АНЫҚТАМА»: a word of a title is no label of the next.
    private func isTitle(_ match: RoleLexicon.Match, over start: Int) -> Bool {
        let (label, value) = (flow.tokens[match.last], flow.tokens[start])
        let hasColon = flow.previous(start).map { flow.tokens[$0].isMark(":") } ?? false
        return match.cue != .label && label.isUppercased && label.folded.count > 3 && value.isUppercased && !hasColon
    }

    private func isLabel(_ cue: RoleCue) -> Bool {
        switch cue {
        case .label, .holder, .companion, .child, .order, .weakHolder: true
        case .official, .other, .organisation, .place: false
        }
    }

    /// Where the value of a label may start: after it, right of it, under it.
    private func valueStarts(after label: Int) -> [Int] {
        var position = flow.nextInSegment(label)
        var depth = 0
        var skipped = 0
        while let current = position {
            let token = flow.tokens[current]
            if token.isMark("(") { depth += 1 }
            let isSkipped = depth > 0 || token.isMark(":-–—_,/;.!") || isLabelWord(current)
            if token.isMark(")") { depth -= 1 }
            guard isSkipped || token.isMark(")"), skipped < 12 else { return [current] }
            skipped += 1
            position = flow.nextInSegment(current)
        }
        let segment = flow.segments[flow.segmentOfToken[label]]
        let right = segment.right.map { flow.segments[$0].range.lowerBound }
        // A title is no label («ЛИСТ О ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ»): what stands under it is a line of its own.
        let isTitle = flow.tokens[label].isUppercased && flow.tokens[label].folded.count > 3
        let below = isTitle ? nil : segment.below.map { flow.segments[$0].range.lowerBound }
        // «(фамилия, имя, отчество)» stands under the name.
        let isCaption = segment.above.map { flow.caption(under: $0) == flow.segmentOfToken[label] } ?? false
        let above = isCaption ? segment.above.map { flow.segments[$0].range.lowerBound } : nil
        return [above, right, below].compactMap(\.self)
    }

    /// A small word or a further cue inside the label («Ф.И.О. пациента», «Выдана гражданину», «Берілді / Выдана»).
    private func isLabelWord(_ token: Int) -> Bool {
        guard flow.tokens[token].kind != .mark else { return false }
        if let match = flow.cueBefore(token) { return isLabel(match.cue) }
        return flow.tokens[token].kind == .initial
            || flow.tokens[token].text.unicodeScalars.first.map {
                !NameLetters.isUppercase($0)
            } ?? true
    }

    /// The name that starts at a token: two to four capitalised words.
    func labelled(from start: Int, surnameFirst: Double = 2) -> NameMention? {
        var start = start
        while flow.tokens[start].isMark("_:-–—"), let next = flow.nextInSegment(start) { start = next }
        var run: [Int] = []
        var position: Int? = start
        while let token = position, run.count < 4, isName(token) || flow.isPatronymicsEnd(token) {
            if let last = run.last, flow.segmentOfToken[last] != flow.segmentOfToken[token],
                !continues(last, token, run.count)
            {
                break
            }
            run.append(token)
            position = flow.next(token)
        }
        guard run.count >= 2 else { return nil }
        guard run.count >= 3 else { return short(run[0], run[1], surnameFirst: surnameFirst) }
        // «Мұғалім Гасанова Любовь»: the first word is what she is, where the others make a name by themselves.
        if flow.patronymic(run[2]) == nil, let pair = short(run[1], run[2], surnameFirst: 2),
            pair.reading.score >= 5.5
        {
            return pair
        }
        return triple(Array(run.prefix(3)))
    }

    /// Whether a name goes on in the next line: it does not yet have its three words, and the line is no label.
    private func continues(_ last: Int, _ token: Int, _ count: Int) -> Bool {
        guard count < 3, !flow.hasLabelBeside(flow.segmentOfToken[token]) else { return false }
        // A surname alone at the end of a sentence's line is no name yet.
        let line = flow.segments[flow.segmentOfToken[last]].range
        if count == 1, line.count > 4, line.contains(where: isSentenceWord) { return true }
        let range = flow.segments[flow.segmentOfToken[token]].range
        if count == 2 {
            return flow.patronymic(token) != nil
                || flow.next(token).map { flow.isPatronymicsEnd($0) } ?? false
        }
        return range.allSatisfy { flow.tokens[$0].kind == .mark || isFree($0) } && range.count <= 3 - count
    }

    /// A word in small letters, as only running text has.
    private func isSentenceWord(_ token: Int) -> Bool {
        flow.tokens[token].kind == .word && flow.tokens[token].folded.count > 2
            && !(flow.tokens[token].text.unicodeScalars.first.map(NameLetters.isUppercase) ?? true)
    }

    /// Three words after a label whose patronymic is none that we know: a broken one, or a foreign name.
    private func triple(_ run: [Int]) -> NameMention? {
        var texts = run.map { flow.tokens[$0].text }
        if flow.isRecognised[flow.tokens[run[0]].page] { texts[2] = ReadingRepair.patronymic(texts[2]) }
        guard
            let reading = NameReading.best(
                surname: texts[0], given: texts[1], patronymic: NameLetters.lowercased(texts[2]), last: .patronymic)
        else { return nil }
        return NameMention(
            form: .full, reading: reading, tokens: run, printedSurname: texts[0], source: "name:label")
    }

    // MARK: Separate fields

    /// Takes «Фамилия», «Имя», «Отчество» (Тегі, Аты, Әкесінің аты) that each have their own line or cell.
    mutating func scanFields() {
        for token in flow.tokens.indices where isField(token, ["фамилия", "теги"]) {
            guard let surname = fieldValue(of: token) else { continue }
            var given: Int?
            var patronymic: [Int] = []
            // The other fields follow within the next rows of the form.
            for other in (token + 1)..<min(token + 40, flow.tokens.count) {
                if given == nil, patronymic.isEmpty, asksForBoth(other), let value = fieldValue(of: other) {
                    given = value
                    if let second = flow.nextInSegment(value), isFree(second) { patronymic = withSecondHalf(second) }
                }
                if patronymic.isEmpty, isField(other, ["отчество", "акесинин"]), let value = fieldValue(of: other) {
                    patronymic = withSecondHalf(value)
                }
                if given == nil, isField(other, ["имя", "аты"]), !isAfterFather(other) {
                    given = fieldValue(of: other)
                }
            }
            guard let given, given != surname else { continue }
            let tokens = [surname, given] + patronymic
            let printed = patronymic.isEmpty ? nil : patronymic.map { flow.tokens[$0].text }.joined(separator: " ")
            guard
                let reading = NameReading.best(
                    surname: flow.tokens[surname].text, given: flow.tokens[given].text, patronymic: printed,
                    last: patronymic.isEmpty ? .given : .patronymic, expected: [.nominative])
            else { continue }
            add(
                NameMention(
                    form: patronymic.isEmpty ? .short : .full, reading: reading, tokens: tokens,
                    printedSurname: flow.tokens[surname].text, source: "name:fields"))
        }
    }

    /// «Имя, отчество», «Аты, әкесінің аты»: one field for both.
    private func asksForBoth(_ token: Int) -> Bool {
        guard ["имя", "аты"].contains(flow.tokens[token].folded), !isAfterFather(token) else { return false }
        let segment = flow.segments[flow.segmentOfToken[token]].range
        let labels = segment.filter { isFieldLabel(flow.tokens[$0].folded) }
        return Set(labels.map { concept(flow.tokens[$0].folded) }) == ["имя", "отчество"]
            && !labels.contains(where: hasOwnColon)
    }

    /// The father's name with ұлы, қызы, оглы after it, where they stand apart.
    private func withSecondHalf(_ father: Int) -> [Int] {
        guard flow.patronymic(father) == nil, let next = flow.next(father),
            flow.tokens[next].kind == .word, flow.isPatronymicsEnd(next)
        else { return [father] }
        return [father, next]
    }

    private func isAfterFather(_ token: Int) -> Bool {
        flow.previousInSegment(token).map { flow.tokens[$0].folded.begins("акесин") } ?? false
    }

    /// Whether the token is this field's label and not part of «Фамилия, имя, отчество».
    private func isField(_ token: Int, _ names: Set<String>) -> Bool {
        guard names.contains(flow.tokens[token].folded) else { return false }
        let segment = flow.segments[flow.segmentOfToken[token]].range
        let all: Set<String> = ["фамилия", "теги", "имя", "аты", "отчество", "акесинин"]
        let labels = segment.filter { all.contains(flow.tokens[$0].folded) }
        let concepts = Set(labels.map { concept(flow.tokens[$0].folded) })
        // «Фамилия: … Имя: … Отчество: …» on one line.
        if concepts.count > 1, labels.allSatisfy({ hasOwnColon($0) || flow.tokens[$0].folded == "акесинин" }) {
            return true
        }
        return concepts.subtracting(["имя"]).union(names.contains("имя") ? ["имя"] : []).count <= 1
            && (concepts.count == 1 || concepts == ["отчество", "имя"] && names.contains("отчество"))
    }

    private func hasOwnColon(_ label: Int) -> Bool {
        flow.nextInSegment(label).map { flow.tokens[$0].isMark(":") } ?? false
    }

    private func concept(_ label: String) -> String {
        switch label {
        case "фамилия", "теги": "фамилия"
        case "отчество", "акесинин": "отчество"
        default: "имя"
        }
    }

    /// The one name word after a field's label.
    private func fieldValue(of label: Int) -> Int? {
        var position = flow.nextInSegment(label)
        while let current = position {
            let token = flow.tokens[current]
            if isFieldWord(current) { return current }
            guard
                token.kind == .mark || isFieldLabel(token.folded)
                    || !(token.text.unicodeScalars.first.map(NameLetters.isUppercase) ?? false)
            else { return nil }
            position = flow.nextInSegment(current)
        }
        let segment = flow.segments[flow.segmentOfToken[label]]
        // What stands far under an empty field, or as a row of its own, is no value of it.
        let below = segment.below.flatMap { below in
            let isFar = flow.segments[below].box.y - segment.box.y > 3 * segment.box.height
            return isFar || flow.hasLabelBeside(below) && segment.left == nil ? nil : below
        }
        for neighbour in [segment.right, below].compactMap(\.self) {
            let first = flow.segments[neighbour].range.lowerBound
            if isFieldWord(first) { return first }
        }
        return nil
    }

    /// A name word, a patronymic among them, that is no field's label itself.
    private func isFieldWord(_ token: Int) -> Bool {
        let folded = flow.tokens[token].folded
        return !isFieldLabel(folded) && (isName(token) || isFree(token) && PatronymicForm(folded) != nil)
    }

    private func isFieldLabel(_ folded: String) -> Bool {
        ["фамилия", "теги", "имя", "аты", "отчество", "акесинин"].contains(folded)
    }
}
