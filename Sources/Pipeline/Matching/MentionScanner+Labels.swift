/// Names that stand where a label says that a name stands: any capitalised words there are one, known or not.
extension MentionScanner {
    /// Takes the words after «Ф.И.О.», «Пациент:», «Выдана» and their like, in the line, the cell beside or the cell
    /// below.
    mutating func scanLabels() {
        var token = 0
        while token < flow.tokens.count {
            guard let match = RoleLexicon.before.match(at: token, in: flow), isLabel(match.cue) else {
                token += 1
                continue
            }
            token = max(match.last, token) + 1
            for start in valueStarts(after: match.last) {
                if let mention = labelled(from: start), mention.reading.score >= (match.cue == .label ? 0.4 : 2.2) {
                    add(mention)
                    break
                }
            }
        }
    }

    private func isLabel(_ cue: RoleCue) -> Bool {
        switch cue {
        case .label, .holder, .companion, .child: true
        case .order, .weakHolder, .official, .other, .organisation, .place: false
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
        let below = segment.below.map { flow.segments[$0].range.lowerBound }
        return [right, below].compactMap(\.self)
    }

    /// A small word or a further cue inside the label («Ф.И.О. пациента», «Выдана гражданину», «Берілді / Выдана»).
    private func isLabelWord(_ token: Int) -> Bool {
        guard flow.tokens[token].kind != .mark else { return false }
        if let match = RoleLexicon.before.match(at: token, in: flow) { return isLabel(match.cue) }
        return flow.tokens[token].kind == .initial
            || flow.tokens[token].text.unicodeScalars.first.map {
                !NameLetters.isUppercase($0)
            } ?? true
    }

    /// The name that starts at a token: two to four capitalised words.
    private func labelled(from start: Int) -> NameMention? {
        var start = start
        while flow.tokens[start].isMark("_:-–—"), let next = flow.nextInSegment(start) { start = next }
        var run: [Int] = []
        var position: Int? = start
        while let token = position, run.count < 4, isName(token) || PatronymicForm.isApart(flow.tokens[token].folded) {
            if let last = run.last, flow.segmentOfToken[last] != flow.segmentOfToken[token],
                !continues(last, token, run.count)
            {
                break
            }
            run.append(token)
            position = flow.next(token)
        }
        guard run.count >= 2 else { return nil }
        guard run.count >= 3 else { return short(run[0], run[1]) }
        return triple(Array(run.prefix(3)))
    }

    /// Whether a name goes on in the next line: it does not yet have its three words, and the line is no label.
    private func continues(_ last: Int, _ token: Int, _ count: Int) -> Bool {
        guard count < 3, !flow.hasLabelBeside(flow.segmentOfToken[token]) else { return false }
        let range = flow.segments[flow.segmentOfToken[token]].range
        return range.allSatisfy { flow.tokens[$0].kind == .mark || isName($0) } && range.count <= 3 - count
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
            var patronymic: Int?
            // The other fields follow within the next rows of the form.
            for other in (token + 1)..<min(token + 40, flow.tokens.count) {
                if patronymic == nil, isField(other, ["отчество", "акесинин"]) { patronymic = fieldValue(of: other) }
                if given == nil, isField(other, ["имя", "аты"]), !isAfterFather(other) {
                    given = fieldValue(of: other)
                }
            }
            guard let given, given != surname else { continue }
            let tokens = [surname, given] + [patronymic].compactMap(\.self)
            let printed = patronymic.map { flow.tokens[$0].text }
            guard
                let reading = NameReading.best(
                    surname: flow.tokens[surname].text, given: flow.tokens[given].text, patronymic: printed,
                    last: patronymic == nil ? .given : .patronymic)
            else { continue }
            add(
                NameMention(
                    form: patronymic == nil ? .short : .full, reading: reading, tokens: tokens,
                    printedSurname: flow.tokens[surname].text, source: "name:fields"))
        }
    }

    private func isAfterFather(_ token: Int) -> Bool {
        flow.previousInSegment(token).map { flow.tokens[$0].folded.hasPrefix("акесин") } ?? false
    }

    /// Whether the token is this field's label and not part of «Фамилия, имя, отчество».
    private func isField(_ token: Int, _ names: Set<String>) -> Bool {
        guard names.contains(flow.tokens[token].folded) else { return false }
        let segment = flow.segments[flow.segmentOfToken[token]].range
        let all: Set<String> = ["фамилия", "теги", "имя", "аты", "отчество", "акесинин"]
        let concepts = Set(
            segment.filter { all.contains(flow.tokens[$0].folded) }.map { concept(flow.tokens[$0].folded) })
        return concepts.subtracting(["имя"]).union(names.contains("имя") ? ["имя"] : []).count <= 1
            && (concepts.count == 1 || concepts == ["отчество", "имя"] && names.contains("отчество"))
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
        for neighbour in [segment.right, segment.below].compactMap(\.self) {
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
