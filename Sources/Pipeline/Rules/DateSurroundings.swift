/// What the words and cells around a page's dates say of them.
struct DateSurroundings {
    let page: PageReading
    let mentions: [DateMention]
    /// For each date its tokens.
    let spans: [ClosedRange<Int>]
    let cues: [(row: DateCues.Row, match: PhraseMatcher.Match)]
    /// Words that name towns, numbers and the paper itself.
    let neutral: Set<Int>
    /// Words of people who sign and of seals.
    let signers: Set<Int>
    /// The lines of the page's titles, as indices into `page.lines`.
    let titles: Set<Int>
    /// What the paper is, as far as its title tells.
    let kinds: Set<PaperKind>
    /// The page's lines as printed.
    let raw: [TextLine]

    /// The role that the strongest cue gives; nil without any.
    func role(of index: Int) -> DateRole? {
        let isInTitle = titles.contains(mentions[index].line)
        if isAnswered(index) { return .reference }
        switch mentions[index].ending {
        case .of where !isInTitle: return .reference
        case .from: return .periodStart
        case .until: return .periodEnd
        case .none, .at, .of: break
        }
        var best: (role: DateRole, strength: Double)?
        for cue in cues {
            guard let distance = distance(of: cue.row, at: cue.match, to: index) else { continue }
            // A longer label says more than its first word: «дата выдачи» over «дата».
            let strength = cue.row.strength - distance * 0.9 - Double(cue.match.cost) * 0.4
                + Double(cue.match.tokens.count - 1) * 0.6
            if strength > best?.strength ?? 0 { best = (cue.row.role(in: kinds), strength) }
        }
        if isNamedAfterTitle(index) || isOutgoing(index) { return .issued }
        if best.map({ $0.strength < 8 && $0.role == .issued }) ?? true, datesANumber(index) { return .reference }
        // «берілді, 06.06.2026 – 05.11.2026 кезеңінде …»: what is issued is a paper, not a period.
        if best?.role == .issued, best?.strength ?? 0 < 8, isPaired(index) {
            return isJoined(index, index + 1) ? .periodStart : .periodEnd
        }
        // «по 20.03.2026», the end of a pair whose start is known.
        if best == nil, index > 0, isJoined(index - 1, index), mentions[index - 1].lastLine == mentions[index].line {
            return .periodEnd
        }
        if isJoined(index, index + 1), best.map({ $0.role != .reference && $0.role != .birth }) ?? true {
            return .periodStart
        }
        if best == nil, endsPeriod(index) { return .periodEnd }
        let isEntry = page.tokens[spans[index].upperBound].mark == ":"
        return best?.role ?? (isEntry ? .event : nil)
    }

    /// «На № 3582 от 20.04.2023»: the letter that this one answers.
    private func isAnswered(_ index: Int) -> Bool {
        let words = raw[page.lines[mentions[index].line].source].words
        let before = words[..<min(mentions[index].word, words.count)]
        guard let sign = before.lastIndex(where: { $0.text.hasPrefix("№") }), sign > 0, before.count - sign <= 3
        else { return false }
        return words[sign - 1].text.lowercased() == "на"
    }

    /// How many words lie between a cue and a date, nil when the cue is not for that date.
    func distance(of cue: DateCues.Row, at match: PhraseMatcher.Match, to index: Int) -> Double? {
        let role = cue.role(in: kinds)
        guard let distance = place(of: cue, role: role, at: match, to: index) else { return nil }
        // What a title names is what the paper is about, unless the date follows at once («договора от 14.02.2022»).
        let isTold = cue.kind == nil && role != .issued && role != .formed
        let isInTitle = titles.contains(page.tokens[match.last].line)
        if isTold, isInTitle, !isAdjacent(match.last, spans[index].lowerBound) { return nil }
        let start = spans[index].lowerBound
        if match.tokens.count == 1, isPlainLabel(match.last), !isWholeLabel(match.last, before: start) { return nil }
        if cue.role == .registration, isNumberLabel(match.last) { return nil }
        // «Заключение: … с 11.10.2026», «Предыдущее заключение № 5 от …»: below its title the noun dates nothing.
        if cue.kind != nil, role == .issued, match.tokens.count == 1, !isInTitle, !isHead(match.last) {
            // «Выписка 12.11.2026» under «Поступление …»: the patient left then.
            if cue.kind == .excerpt { return nil }
            let isNext = match.last + 1 == spans[index].lowerBound && page.tokens[match.last].isCapitalised
                && page.tokens[match.last].mark == nil
            return isNext ? distance : nil
        }
        return distance
    }

    /// «Дата», «күні»: tells the issue date only where the label says nothing more.
    func isPlainLabel(_ token: Int) -> Bool {
        DateSurroundings.plainLabels.contains { page.tokens[token].folded.codes.starts(with: $0.codes) }
    }

    private static let plainLabels = ["дата", "күн"].map { FoldedWord($0) }

    private func isWholeLabel(_ token: Int, before date: Int) -> Bool {
        // A caption: nothing but the label in its cell.
        if token > date {
            return cell(of: token).allSatisfy { isNeutral($0) || isPlainLabel($0) }
        }
        guard token < date, ((token + 1)..<date).allSatisfy({ isNeutral($0) || isPlainLabel($0) }) else { return false }
        let own = page.tokens[token]
        guard token > 0 else { return true }
        let isContinued = page.tokens[token - 1].line == own.line - 1 && runsOn(own.line - 1)
        let isBeside = page.tokens[token - 1].line == own.line && page.tokens[token - 1].stretch == own.stretch
        guard isBeside || isContinued else { return true }
        let before = page.tokens[token - 1]
        return isNeutral(token - 1) || isPlainLabel(token - 1) || before.mark != nil || before.folded.count <= 2
    }

    /// «Тіркеу № 88», «Регистрационный номер 88»: the label of a number.
    private func isNumberLabel(_ token: Int) -> Bool {
        guard page.tokens.indices.contains(token + 1) else { return false }
        let next = page.tokens[token + 1]
        guard next.line == page.tokens[token].line else { return false }
        return DateSurroundings.numberWords.contains { next.folded.codes.starts(with: $0.codes) }
            || !next.folded.hasLetter && !spans.contains { $0.contains(token + 1) }
    }

    private static let numberWords = ["номер", "нөмір"].map { FoldedWord($0) }

    /// «Заключение: …» with more than the date after the colon.
    private func isLabelOfOthers(_ token: Int, before date: Int) -> Bool {
        page.tokens[token].mark == ":" && token + 1 != date
    }

    /// In the head of a page whose title was not found.
    private func isHead(_ token: Int) -> Bool {
        titles.isEmpty && page.tokens[token].box.y < page.height * 0.3
    }

    /// Nothing but «от», «с», … between a word and the date after it.
    func isAdjacent(_ token: Int, _ date: Int) -> Bool {
        token < date && ((token + 1)..<date).allSatisfy {
            page.tokens[$0].folded.hasLetter && page.tokens[$0].folded.count <= 2
        }
    }

    /// «акт экспертизы № 5 от …»: the date of the paper that the number is of; a bare «№ 5 от …» is this paper's.
    private func datesANumber(_ index: Int) -> Bool {
        let start = spans[index].lowerBound
        guard start >= 3, page.tokens[start - 1].folded == DateSurroundings.from, !titles.contains(mentions[index].line)
        else { return false }
        var token = start - 2
        let line = page.tokens[start].line
        var hasNumber = false
        while token >= 0, page.tokens[token].line >= line - 1,
            !page.tokens[token].folded.hasLetter || page.tokens[token].folded.count <= 2
        {
            hasNumber = hasNumber || !page.tokens[token].folded.hasLetter
            token -= 1
        }
        guard token >= 0, hasNumber, page.tokens[token].line == line || runsOn(page.tokens[token].line) else {
            return false
        }
        // «ВКК № 489» over «от 6 ноября 2026 года» in a corner above the title: this paper's own.
        let isCorner = page.tokens[token].line < line && line < titles.min() ?? 0
            && cell(of: token).allSatisfy { $0 == token || !page.tokens[$0].folded.hasLetter }
        return !titles.contains(page.tokens[token].line) && !isNeutral(token) && page.tokens[token].mark != ":"
            && page.tokens[token].stretch == page.tokens[start].stretch && !isCorner
    }

    private static let from = FoldedWord("от")

    private func place(
        of cue: DateCues.Row, role: DateRole, at match: PhraseMatcher.Match, to index: Int
    ) -> Double? {
        let span = spans[index]
        // A preposition is a word of its own: no index of a number («№ 1338-л/с»), no initial («С. П.»), no month.
        if match.tokens.contains(where: isInDate) { return nil }
        if match.tokens.count == 1, page.tokens[match.last].folded.count <= 2, !isWhole(match.last) { return nil }
        let lines = page.tokens[match.first].line..<page.tokens[match.last].line
        guard lines.allSatisfy(runsOn) || isStacked(match), !isParted(match) else { return nil }
        switch cue.side {
        case .before(let reach):
            if cue.role == .birth, isPrevious(match) { return nil }
            // «… берілді. 27.10.2026 бастап …»: the sentence has ended, and the date begins the next one.
            if role == .issued, page.tokens[match.last].mark == ".", page.tokens[match.last].folded.count > 5,
                page.lines[page.tokens[span.upperBound].line].tokens.contains(where: {
                    $0 > span.upperBound && !isNeutral($0)
                })
            {
                return nil
            }
            if match.last < span.lowerBound, !isApart(index, from: match, role: role),
                !(cue.kind != nil && match.tokens.count == 1 && isLabelOfOthers(match.last, before: span.lowerBound))
            {
                if let between = flat(match.last, span.lowerBound, reach: reach) {
                    return isInLabel(match.last, before: span.lowerBound) ? -2 : between
                }
                if isInLeftCell(match, of: index) { return 0.5 }
            }
            // What an other paper is called heads no single value: a title above the issue line does that.
            let isLabel = role != .reference && role != .event && cue.kind == nil
            let isColumn = page.lines[page.tokens[match.last].line].stretches > 1
            if isLabel || isColumn, isHeader(match, of: index) { return 1 }
            if isLabelAbove(match, of: index) { return 1 }
            return cue.kind == nil && isCaption(match, of: index) ? 1 : nil
        case .after(let reach):
            guard match.first > span.upperBound, !isApart(index, from: match, role: role),
                page.tokens[match.first].line == page.tokens[match.last].line || runsOn(page.tokens[match.first].line)
            else { return nil }
            // «поступила 02.11.2026, выписана 12.11.2026»: what follows a comma belongs to the next date.
            let isParted = (span.upperBound..<match.first).contains { page.tokens[$0].mark == "," }
                && spans.contains { $0.lowerBound > match.last && $0.lowerBound - match.last <= 3 }
            let isEnded = page.tokens[span.upperBound].mark == "." && page.tokens[span.upperBound + 1].isCapitalised
                && page.tokens[span.upperBound + 1].folded.hasLetter
            // «поступил 01.11.2026 г., выписан 11.11.2026»: a word that may stand before its date does.
            let isNexts = spans.contains { $0.lowerBound == match.last + 1 }
                && DateCues.leading.contains(cue.notation)
            return isParted || isEnded || isNexts ? nil : flat(span.upperBound, match.first, reach: reach)
        }
    }

    /// «12.03.1988 жылы туған, 18.11.2026 …»: the words after a date and before a comma are of that date.
    private func isPrevious(_ match: PhraseMatcher.Match) -> Bool {
        page.tokens[match.last].mark == "," && spans.contains { (1...3).contains(match.first - $0.upperBound) }
    }

    func isInDate(_ token: Int) -> Bool {
        spans.contains { $0.contains(token) }
    }

    private func isWhole(_ token: Int) -> Bool {
        let word = page.tokens[token]
        let printed = raw[page.lines[word.line].source].words[word.word].text
        let isInitial = word.isCapitalised && word.mark == "."
        return !isInitial && printed.count { $0.isLetter || $0.isNumber } == word.text.count
    }

    // MARK: Cells

    /// A label that wraps inside its cell: its words stand over each other.
    private func isStacked(_ match: PhraseMatcher.Match) -> Bool {
        zip(match.tokens, match.tokens.dropFirst()).allSatisfy { first, second in
            let (upper, lower) = (page.tokens[first], page.tokens[second])
            return upper.line == lower.line
                || upper.stretch == lower.stretch && abs(upper.box.x - lower.box.x) < upper.box.height * 3
        }
    }

    /// A colon or another «дата» inside: the words are of two labels.
    private func isParted(_ match: PhraseMatcher.Match) -> Bool {
        (match.first..<max(match.first, match.last)).contains { token in
            page.tokens[token].mark == ":" || isPlainLabel(token) && !match.tokens.contains(token)
        }
    }

    /// A label in the cell to the left, however many words it has.
    private func isInLeftCell(_ match: PhraseMatcher.Match, of index: Int) -> Bool {
        let cue = page.tokens[match.last]
        let first = page.tokens[spans[index].lowerBound]
        guard cue.line == first.line, cue.stretch == first.stretch - 1 else { return false }
        let line = page.lines[cue.line].tokens
        let label = line.filter { page.tokens[$0].stretch == cue.stretch }
        return label.count <= 8 && opensCell(index) && !spans.contains { span in label.contains { span.contains($0) } }
    }

    /// Nothing but numbers and prepositions stands before the date in its cell.
    private func opensCell(_ index: Int) -> Bool {
        let first = page.tokens[spans[index].lowerBound]
        return page.lines[first.line].tokens.allSatisfy { token in
            token >= spans[index].lowerBound || page.tokens[token].stretch != first.stretch || isNeutral(token)
        }
    }

    /// A label on a line of its own right above the date: «Дата выдачи:» over «12.03.2026».
    private func isLabelAbove(_ match: PhraseMatcher.Match, of index: Int) -> Bool {
        let line = mentions[index].line
        let cue = page.tokens[match.last]
        guard line > 0, cue.line == line - 1, !titles.contains(cue.line), isBare(index),
            page.lines[line].stepAbove < 2, page.lines[cue.line].stretches == 1,
            page.lines[cue.line].tokens.count <= 6 || page.lines[cue.line].text.hasSuffix(":"),
            !mentions.contains(where: { $0.lastLine == cue.line })
        else { return false }
        // A label and nothing else: prepositions there belong to a sentence.
        let words = page.lines[cue.line].tokens.filter { page.tokens[$0].folded.count > 2 }
        let isLabel = page.lines[cue.line].text.hasSuffix(":")
            || words.count { match.tokens.contains($0) } * 2 >= words.count
        guard isLabel, match.tokens.allSatisfy({ page.tokens[$0].folded.count > 2 }) else { return false }
        let above = page.lines[cue.line].box
        let own = dateBox(index)
        return abs(above.x - own.x) < own.height * 4 || page.lines[cue.line].text.hasSuffix(":")
    }

    /// A form's small print under its field: «(дата выдачи)», «күні, айы / число, месяц».
    private func isCaption(_ match: PhraseMatcher.Match, of index: Int) -> Bool {
        let line = mentions[index].lastLine
        let cue = page.tokens[match.first]
        guard cue.line == line + 1, page.lines.indices.contains(cue.line) else { return false }
        let words = cell(of: match.first)
        let own = dateBox(index)
        // «Справка выдана по заявлению.» in the small print of a foot is a sentence.
        guard isSmallPrint(under: line), words.count <= 9, !page.lines[cue.line].text.hasSuffix("."),
            let whole = union(words), let label = union(match.tokens)
        else { return false }
        // Captions that stand close are one stretch; then each label stands for itself.
        return overlaps(whole.width > own.width * 2.5 ? label : whole, own)
    }

    /// Whether the line under this one is its captions: in brackets or in smaller letters.
    private func isSmallPrint(under line: Int) -> Bool {
        guard page.lines.indices.contains(line + 1) else { return false }
        let below = page.lines[line + 1]
        // Where half of the page is captions, their print is its usual one.
        let isSmaller = below.stretches > 1 && below.heightRatio < 0.88 * page.lines[line].heightRatio
        return below.text.hasPrefix("(") || below.heightRatio < 0.88 || isSmaller
    }

    /// The words of a word's stretch of its line.
    private func cell(of token: Int) -> [Int] {
        let word = page.tokens[token]
        return page.lines[word.line].tokens.filter { page.tokens[$0].stretch == word.stretch }
    }

    /// Whether a word is part of the label whose colon stands right before the date.
    private func isInLabel(_ token: Int, before date: Int) -> Bool {
        page.tokens[date - 1].mark == ":" && page.tokens[token].line == page.tokens[date].line
            && !(token..<(date - 1)).contains { page.tokens[$0].mark == ":" || page.tokens[$0].mark == ";" }
    }

    /// Whether the words around a date on other lines are none of its business: it stands on a line of its own. What
    /// running text ends with above it still reaches it: a preposition («с 02.05.2022 по / 06.11.2026»), or a label
    /// («… Дата оформления листа / «30» октября 2026 г.»).
    private func isApart(_ index: Int, from match: PhraseMatcher.Match, role: DateRole) -> Bool {
        let number = page.tokens[match.last].line
        guard isBare(index), number != mentions[index].line else { return false }
        let line = page.lines[number]
        guard number < mentions[index].line, let last = line.tokens.last else { return true }
        let tail = page.tokens[last]
        if tail.folded.count <= 2, tail.folded.hasLetter, tail.text.first?.isLowercase ?? false { return false }
        let isLabel = role == .issued || role == .formed || role == .discharge
        return !(isLabel && isUnfinished(line) && line.heightRatio < 1.1 && last - match.last <= 1)
    }

    /// Words between two tokens in reading order, if they are on one line or run over its end, with no other date and
    /// no sentence's end between. Numbers (of contracts, of orders) count a third: they belong to what they number.
    func flat(_ from: Int, _ to: Int, reach: Int) -> Double? {
        let between = (from + 1)..<to
        guard between.count <= reach + 6 else { return nil }
        let step = page.tokens[to].line - page.tokens[from].line
        guard (0...1).contains(step) else { return nil }
        if step == 1, !runsOn(page.tokens[from].line) { return nil }
        // A label's date is the next one; the second date of a pair has its own preposition.
        if spans.contains(where: { $0.lowerBound > from && $0.upperBound < to }) { return nil }
        var distance = 0.0
        for token in between {
            let word = page.tokens[token]
            if endsSentence(token - 1) { return nil }
            distance += word.folded.isNumber || word.folded.count <= 2 ? 0.34 : 1
        }
        if endsSentence(to - 1), to - 1 > from { return nil }
        return distance <= Double(reach) ? distance : nil
    }

    /// A full stop after a real word, with a capital after it; «г.», «№ 4.» and initials do not end a sentence.
    private func endsSentence(_ token: Int) -> Bool {
        guard page.tokens.indices.contains(token + 1), page.tokens.indices.contains(token) else { return false }
        let word = page.tokens[token]
        if word.mark == ";" { return true }
        let next = page.tokens[token + 1]
        return word.mark == "." && word.folded.hasLetter && word.folded.count > 3
            && (next.isCapitalised || next.folded.isNumber)
    }

    /// Whether a sentence runs over the end of a line: the line is full, or the next one begins in small letters.
    func runsOn(_ line: Int) -> Bool {
        let text = page.lines[line].text
        guard page.lines.indices.contains(line + 1), page.lines[line + 1].stepAbove < 2 else { return false }
        let next = page.tokens[page.lines[line + 1].tokens.lowerBound].text
        // Cells are no running text; specks right of it are no cells.
        let beyond = page.lines[line + 1].tokens.filter { page.tokens[$0].stretch > 0 }
        guard page.lines[line].stretches == 1, beyond.allSatisfy({ page.tokens[$0].folded.count <= 2 }) else {
            return false
        }
        guard page.lines[line].isFull || next.first?.isLowercase ?? false else { return false }
        return !text.hasSuffix(".") || ["г.", "ж.", "№."].contains { text.hasSuffix($0) }
    }

    /// A label in the cell above: the nearest line above with words over the date, and nothing else between.
    private func isHeader(_ match: PhraseMatcher.Match, of index: Int) -> Bool {
        // Only labels head a column; prepositions there belong to a sentence.
        // Over a row with captions below stand the captions of another row.
        guard isTabled(index), !isSmallPrint(under: mentions[index].lastLine),
            match.tokens.allSatisfy({ page.tokens[$0].folded.count > 2 })
        else { return false }
        let line = mentions[index].line
        let cue = page.tokens[match.last]
        guard (1...9).contains(line - cue.line), let header = headerLine(of: index),
            !mentions.contains(where: { $0.line == cue.line })
        else { return false }
        // A header may take two lines, the label's words all stand over the date.
        let words = page.tokens[page.lines[cue.line].tokens].filter { $0.folded.hasLetter && $0.folded.count > 2 }
        let isSentence = words.count > 5 && words.count(where: \.isCapitalised) * 3 <= words.count
        let isRunning = (page.lines[cue.line].isFull || isSentence) && page.lines[cue.line].stretches == 1
        let isTwoLined = cue.line == header - 1 && !page.lines[header].text.contains(":")
        guard cue.line == header || isTwoLined, !isRunning else { return false }
        let cell = page.lines[cue.line].tokens.filter { page.tokens[$0].stretch == cue.stretch }
        let date = dateBox(index)
        return [cell, match.tokens].contains { words in
            // Headers that stand close are one stretch; then each label stands for itself.
            guard let label = union(words), label.width < date.width * 2.5 || words.count == match.tokens.count else {
                return false
            }
            let isFlush = abs(label.x - date.x) < 1.5 * date.height
            let isCentredOver = abs(label.x + label.width / 2 - date.x - date.width / 2) < 2 * date.height
            return isFlush || isCentredOver
        }
    }

    private func union(_ tokens: [Int]) -> Box? {
        let boxes = tokens.map { page.tokens[$0].box }
        return boxes.dropFirst().reduce(boxes.first) { $0?.union($1) }
    }

    /// The date is alone in its cell, beside other cells or below a header.
    func isTabled(_ index: Int) -> Bool {
        let span = spans[index]
        let line = page.lines[mentions[index].line]
        let stretch = page.tokens[span.lowerBound].stretch
        let own = dateBox(index)
        // In a narrow table the cells stand closer than columns of a page do, and farther apart than words.
        let others = line.tokens.filter { token in
            let box = page.tokens[token].box
            let gap = max(box.x - own.x - own.width, own.x - box.x - box.width)
            return page.tokens[token].stretch == stretch && !span.contains(token) && gap < 1.2 * own.height
        }
        return others.allSatisfy { isNeutral($0) } && headerLine(of: index) != nil
    }

    /// Under a bare «Дата», «Күні» that heads its column of a table.
    func isInDateColumn(_ index: Int) -> Bool {
        guard isTabled(index), let header = headerLine(of: index), page.lines[header].stretches > 2
        else { return false }
        let own = dateBox(index)
        let over = page.lines[header].tokens.filter { overlaps(page.tokens[$0].box, own) }
        return over.contains(where: isPlainLabel) && over.flatMap(cell).allSatisfy { isNeutral($0) || isPlainLabel($0) }
    }

    private func headerLine(of index: Int) -> Int? {
        let line = mentions[index].line
        let box = dateBox(index)
        for above in stride(from: line - 1, through: max(0, line - 8), by: -1) {
            let over = page.lines[above].tokens.filter { overlaps(page.tokens[$0].box, box) }
            // The rows of a table share its header.
            if over.isEmpty || over.allSatisfy({ isInDate($0) || !page.tokens[$0].folded.hasLetter }) { continue }
            return above
        }
        return nil
    }

    func dateBox(_ index: Int) -> Box {
        let boxes = spans[index].map { page.tokens[$0] }.filter { $0.line == mentions[index].line }.map(\.box)
        return boxes.dropFirst().reduce(boxes.first ?? page.lines[mentions[index].line].box) { $0.union($1) }
    }

    private func overlaps(_ a: Box, _ b: Box) -> Bool {
        a.x < b.x + b.width && b.x < a.x + a.width
    }

    /// «с … по …», «… бастап … дейін», «… – …»: two dates with at most two words between.
    func isPaired(_ index: Int) -> Bool {
        isJoined(index, index + 1) || isJoined(index - 1, index)
    }

    func isJoined(_ first: Int, _ second: Int) -> Bool {
        guard mentions.indices.contains(first), mentions.indices.contains(second),
            mentions[second].line - mentions[first].lastLine <= 1
        else { return false }
        let between = (spans[first].upperBound + 1)..<max(spans[second].lowerBound, spans[first].upperBound + 1)
        guard between.count <= 3, mentions[first].date != mentions[second].date else { return false }
        // «12.03.2026 – 20.03.2026», «12.03.2026 ж. – 20.03.2026 ж.» in one stretch; two cells of a table are none.
        if between.allSatisfy({ page.tokens[$0].folded.count == 1 }), isDashed(mentions[first], mentions[second]) {
            return true
        }
        // «Выдана 12.03.2026», «Действительна до 12.03.2027»: a label on each line.
        if let label = between.first(where: { page.tokens[$0].line > mentions[first].lastLine }),
            label < between.upperBound - 1, page.tokens[label].isCapitalised
        {
            return false
        }
        return between.contains { token in
            DateSurroundings.joints.contains {
                WordLikeness.cost(of: page.tokens[token].folded, as: $0, isPrefix: false) != nil
            }
        }
    }

    /// A dash stands between two dates.
    private func isDashed(_ first: DateMention, _ second: DateMention) -> Bool {
        guard first.lastLine == second.line else { return false }
        let words = raw[page.lines[first.lastLine].source].words
        let dashes: Set<Character> = ["-", "–", "—", "‐", "‑", "−"]
        guard words.indices.contains(first.lastWord), words.indices.contains(second.word) else { return false }
        if first.lastWord == second.word { return words[second.word].text.contains(where: dashes.contains) }
        return words[first.lastWord].text.last.map(dashes.contains) ?? false
            || words[second.word].text.first.map(dashes.contains) ?? false
            || words[(first.lastWord + 1)..<second.word].contains { $0.text.contains(where: dashes.contains) }
    }

    private static let joints = ["по", "до", "бастап", "дейін", "және", "мен", "пен"].map { FoldedWord($0) }
}
