/// Tells what types of paper a file holds: parts it into papers at their titles, and each paper's type by its title, or
/// by its text where the title says only «СПРАВКА» or «БҰЙРЫҚ».
struct TypeClassifier: Sendable {
    let rules: TypeRules

    /// A page as read, with the places of all wordings.
    private struct Sheet {
        var page: PageReading
        var matcher: PhraseMatcher
        var titles: [TitleBlock]
        var evidence: [Evidence]
        /// The titles of types by their own name or alias.
        var aliases: [(key: String, match: PhraseMatcher.Match)]
    }

    private typealias TypeFinding = (finding: Finding<DocumentType>, grounds: TypeGrounds)

    /// A wording of a subject found in the text.
    struct Evidence {
        var subject: PaperSubject
        var weight: Double
        var wording: Int
        var sheet: Int
        var match: PhraseMatcher.Match
        /// The first line it stands on, in its page.
        var line: Int
        /// Names another paper: it counts in a title only.
        var isCited = false
    }

    /// A paper in the file: lines from `line` of `sheet` up to the next paper.
    private struct Part {
        var sheet: Int
        var line: Int
        var title: TitleBlock?
        var end: (sheet: Int, line: Int)
        /// Starts its page.
        var isFirstOnPage: Bool

        func holds(sheet other: Int, line at: Int) -> Bool {
            (other, at) >= (sheet, line) && (other, at) < end
        }
    }

    /// The types that the file holds, whether it is one paper, and its parts.
    func classify(_ text: DocumentText) -> Classification {
        let sheets = text.pages.enumerated().map { read($0.element, index: $0.offset) }
        var found: [(part: Part, finding: Finding<DocumentType>?)] = []
        var grounds: [String: TypeGrounds] = [:]
        for part in parts(of: sheets) {
            let resolved = resolve(part, in: sheets, isFirst: found.allSatisfy { $0.finding == nil })
            found.append((part, resolved?.finding))
            guard let (finding, own) = resolved else { continue }
            if grounds[finding.value.key].map({ $0.confidence < own.confidence }) ?? true {
                grounds[finding.value.key] = own
            }
        }
        let types = distinct(found.compactMap(\.finding))
        let sections = found.map { section($0.part, type: $0.finding?.value, in: sheets[$0.part.sheet].page) }
        var classification = Classification(types: types, single: single(types), sections: sections)
        classification.readings = sheets.map(\.page)
        classification.grounds = grounds
        classification.namesAnother = found.first.map { namesAnother($0.part, in: sheets) } ?? false
        return classification
    }

    private func namesAnother(_ part: Part, in sheets: [Sheet]) -> Bool {
        guard let title = part.title else { return false }
        return titleType(title, in: sheets[part.sheet]).map { $0.key == nil } ?? (title.kinds == [.other])
    }

    private func section(_ part: Part, type: DocumentType?, in page: PageReading) -> Classification.Section {
        let title = part.title
        var section = Classification.Section(
            page: page.number,
            line: page.lines.indices.contains(part.line) ? page.lines[part.line].source : 0,
            title: title.map { $0.lines.map { page.lines[$0].text }.joined(separator: " ") } ?? "",
            titleLine: title.map { page.lines[$0.head].source }, typeKey: type?.key)
        section.titleLines = title?.lines.map { page.lines[$0].source } ?? []
        section.kinds = title?.kinds ?? []
        if section.kinds.isEmpty, let type { section.kinds = rules.kinds(of: type.key) }
        return section
    }

    private func single(_ types: [Finding<DocumentType>]) -> Finding<Bool> {
        let isSingle = types.count <= 1
        let confidence = isSingle ? 0.97 : types.map(\.confidence).min() ?? 0.5
        return Finding(
            value: isSingle, confidence: confidence, page: isSingle ? nil : types[1].page,
            box: isSingle ? nil : types[1].box, words: types.map(\.words).joined(separator: " | "), source: "titles")
    }

    /// Each type once, in the file's order. A companion's sheet found beside a plain one, or the list form of the
    /// unemployed beside the plain one, is the same paper worded once more fully: the narrower stays.
    private func distinct(_ findings: [Finding<DocumentType>]) -> [Finding<DocumentType>] {
        var kept: [Finding<DocumentType>] = []
        for finding in findings {
            if let known = kept.firstIndex(where: { $0.value.key == finding.value.key }) {
                if kept[known].confidence < finding.confidence { kept[known] = finding }
                continue
            }
            kept.append(finding)
        }
        for (narrow, wide) in [("sick_leave_companion", "sick_leave"), ("unemployed_persons", "unemployed_cert")]
        where kept.contains(where: { $0.value.key == narrow }) {
            kept.removeAll { $0.value.key == wide }
        }
        return kept
    }

    // MARK: Reading

    private func read(_ page: PageText, index: Int) -> Sheet {
        let reading = PageReading(page)
        let matcher = PhraseMatcher(reading, lexicon: rules.lexicon)
        let grounds = rules.grounds.flatMap { matcher.matches(of: $0) }.map(\.first)
        let mild = Set(rules.generalities.flatMap { matcher.matches(of: $0) }.map { reading.tokens[$0.first].line })
        let general = rules.regulations.flatMap { matcher.matches(of: $0) }
            .map { sentence(around: $0.last, reading) }
        let negations = Set(rules.negations.flatMap { matcher.matches(of: $0) }.map(\.first))
        let options = rules.options.enumerated().flatMap { index, phrase in
            matcher.matches(of: phrase).map { (option: index, line: reading.tokens[$0.first].line) }
        }
        let cited = CitedPapers(page: reading)
        let boxes = TickBoxes(page: reading, text: page)
        var evidence: [Evidence] = []
        for (wording, row) in rules.subjects.enumerated() {
            for match in matcher.matches(of: row.phrase) {
                let line = reading.tokens[match.first].line
                var weight = Double(row.weight) - Double(match.cost) * 0.15
                if general.contains(where: { $0.contains(match.first) }) {
                    weight *= 0.15
                } else if mild.contains(line) {
                    weight *= 0.25
                } else if grounds.contains(where: { isGround($0, of: match, on: reading) }) {
                    weight *= 0.3
                }
                switch boxes.state(before: match.first) {
                case .empty: weight = 0
                case .ticked: break
                case nil:
                    if row.subject == .companion, row.weight < 3, isOffered(line, options) { weight = 0 }
                }
                if cited.listed.contains(line) { weight = 0 }
                if !row.subject.isKnown, reading.lines[line].text.contains("___") { weight = 0 }
                evidence.append(
                    Evidence(
                        subject: row.subject, weight: weight, wording: wording, sheet: index, match: match,
                        line: line, isCited: cited.names(match)))
            }
        }
        turnDown(&evidence, by: negations, on: reading)
        let aliases = rules.aliases.flatMap { alias in
            matcher.matches(of: alias.phrase).map { (key: alias.key, match: $0) }
        }
        let outright = evidence.filter { $0.weight >= 2.4 }.map { (first: $0.match.first, last: $0.match.last) }
        let finder = TitleFinder(
            page: reading, matcher: matcher, rules: rules, subjects: outright, listed: cited.listed)
        let titles = finder.titles()
        return Sheet(page: reading, matcher: matcher, titles: titles, evidence: evidence, aliases: aliases)
    }

    /// Whether a line is one of a form's list of reasons: two others stand on it, or three within four lines.
    private func isOffered(_ line: Int, _ options: [(option: Int, line: Int)]) -> Bool {
        let here = Set(options.filter { $0.line == line }.map(\.option))
        let near = Set(options.filter { abs($0.line - line) <= 4 }.map(\.option))
        return here.count >= 2 || near.count >= 3
    }

    /// The tokens of the sentence that a token stands in, over the line before and the two after it at most.
    private func sentence(around token: Int, _ page: PageReading) -> Range<Int> {
        let line = page.tokens[token].line
        func ends(_ index: Int) -> Bool {
            let word = page.tokens[index]
            let isStop = word.mark == ":" || word.mark == "." && word.folded.count > 3
            return isStop || word.line < line - 1 || word.line > line + 2
        }
        let start = (0..<token).reversed().first(where: ends).map { $0 + 1 } ?? 0
        let end = (token..<page.tokens.count).first { $0 > token && ends($0) } ?? page.tokens.count - 1
        return start..<max(start, end) + 1
    }

    /// A ground reaches to the end of its line and over the next one.
    private func isGround(_ ground: Int, of match: PhraseMatcher.Match, on page: PageReading) -> Bool {
        let lines = page.tokens[match.first].line - page.tokens[ground].line
        return lines == 1 || (lines == 0 && ground < match.first)
    }

    /// Takes the weight from what the page denies, and from the shorter wordings inside it: «не зарегистрирован в
    /// качестве безработного», «трудовой договор не расторгнут».
    private func turnDown(_ evidence: inout [Evidence], by negations: Set<Int>, on page: PageReading) {
        guard !negations.isEmpty else { return }
        var denied: [PaperSubject: Set<Int>] = [:]
        for item in evidence where item.subject.isKnown && item.subject != .noIncome {
            if isNegated(item.match, subject: item.subject, by: negations, on: page) {
                denied[item.subject, default: []].formUnion(item.match.tokens)
            }
        }
        for index in evidence.indices {
            guard let tokens = denied[evidence[index].subject] else { continue }
            if !tokens.isDisjoint(with: evidence[index].match.tokens) { evidence[index].weight = 0 }
        }
    }

    private func isNegated(
        _ match: PhraseMatcher.Match, subject: PaperSubject, by negations: Set<Int>, on page: PageReading
    ) -> Bool {
        if negations.contains(match.last + 1) { return true }
        // A status has its verb before it: «не зарегистрирован(а) в качестве …».
        let reach = [.unemployed, .unemployedPersons, .jobSeeker].contains(subject) ? 4 : 2
        let before = (max(0, match.first - reach)..<match.first).reversed()
        for index in before {
            if negations.contains(index) { return true }
            if page.tokens[index].mark == "." || page.tokens[index].mark == ";" { break }
        }
        return match.tokens.dropFirst().contains { negations.contains($0 - 1) && !match.tokens.contains($0 - 1) }
    }

    /// Parts the file at its titles. A second title on a page starts a paper only when it says its type itself and
    /// stands out, for papers have headings too.
    private func parts(of sheets: [Sheet]) -> [Part] {
        var starts: [(sheet: Int, line: Int, title: TitleBlock?, isFirst: Bool)] = []
        for (index, sheet) in sheets.enumerated() {
            var isFirst = true
            for title in sheet.titles {
                let isUpper = sheet.page.lines[title.head].box.y < sheet.page.height * 0.6
                if isFirst {
                    guard isUpper || starts.isEmpty || title.score >= 4 else { continue }
                    starts.append((index, 0, title, true))
                } else if title.score >= 4, titleType(title, in: sheet) != nil || isSecondPaper(title, in: sheet)
                    || title.score >= 3.4 && isDated(title, in: sheet) && titleType(title, in: sheet)?.key != nil
                {
                    starts.append((index, title.lines.first ?? title.head, title, false))
                }
                isFirst = false
            }
            if sheet.titles.isEmpty, starts.isEmpty, !sheet.page.lines.isEmpty {
                starts.append((index, 0, headless(sheet), true))
            } else if sheet.titles.isEmpty, let title = headless(sheet) {
                starts.append((index, 0, title, true))
            } else if sheet.titles.isEmpty, isLetter(sheet) {
                starts.append((index, 0, nil, true))
            }
        }
        return starts.enumerated().map { position, start in
            let next = position + 1 < starts.count ? starts[position + 1] : nil
            return Part(
                sheet: start.sheet, line: start.line, title: start.title,
                end: next.map { ($0.sheet, $0.line) } ?? (Int.max, 0), isFirstOnPage: start.isFirst)
        }
    }

    /// «БҰЙРЫҚ / ПРИКАЗ» alone on its line under a paper of another kind: its text says what it is about.
    private func isSecondPaper(_ title: TitleBlock, in sheet: Sheet) -> Bool {
        let kinds = title.kinds
        guard kinds == [.order] || kinds == [.certificate] || kinds == [.notice], let first = sheet.titles.first,
            !first.kinds.isEmpty, first.kinds.isDisjoint(with: kinds) || isDated(title, in: sheet)
        else { return false }
        let line = sheet.page.lines[title.head]
        return line.isCentred && line.upperShare > 0.8
            && sheet.page.tokens[line.tokens].allSatisfy { !$0.folded.hasLetter || rules.isKindNoun($0.folded) }
    }

    /// Whether number and day stand on a line of their own right above a title, well below the page's first one.
    private func isDated(_ title: TitleBlock, in sheet: Sheet) -> Bool {
        guard let first = sheet.titles.first, title.head - first.head > 6 else { return false }
        return (max(first.head + 3, title.head - 3)..<title.head).contains(where: sheet.page.isIssueLine)
    }

    /// A page with a head of its own that says «подтверждает, что …»: a letter without a title.
    private func isLetter(_ sheet: Sheet) -> Bool {
        guard sheet.page.hasIssueLineInHead else { return false }
        return rules.kindHints.contains { hint in
            hint.kind == .certificate && sheet.matcher.matches(of: hint.phrase).contains { match in
                match.tokens.count > 1 && sheet.page.tokens[match.first].line <= 8
            }
        }
    }

    /// A title without a noun: a subject named outright in a line that stands as a title.
    private func headless(_ sheet: Sheet) -> TitleBlock? {
        func stands(_ match: PhraseMatcher.Match) -> Bool {
            let index = sheet.page.tokens[match.first].line
            let line = sheet.page.lines[index]
            guard line.box.y < sheet.page.height * 0.5, isUnlabelled(match, in: line, of: sheet.page) else {
                return false
            }
            // A line that says nothing else needs no layout.
            let isCapitalised = line.text.prefix(3).contains(where: \.isUppercase)
            let isWhole = isCapitalised && !line.text.hasSuffix(".")
                && (!line.text.hasSuffix(",") || line.upperShare > 0.8)
                && fillsItsPart(match, of: sheet.page)
            return isWhole || (line.isCentred && (line.heightRatio > 1.08 || line.upperShare > 0.8))
                || (line.upperShare > 0.8 && line.heightRatio > 1.1)
        }
        let named = sheet.evidence.filter { $0.weight >= 2.4 && $0.subject.isKnown && stands($0.match) }
        guard let first = named.min(by: { $0.line < $1.line }) else {
            guard let alias = sheet.aliases.first(where: { stands($0.match) }) else {
                return nil
            }
            let line = sheet.page.tokens[alias.match.first].line
            return TitleBlock(head: line, lines: [line], kinds: [], score: 3, namesSubject: true)
        }
        let last = sheet.page.tokens[first.match.last].line
        return TitleBlock(head: first.line, lines: Array(first.line...last), kinds: [], score: 3, namesSubject: true)
    }

    /// Whether a line is no field of a form: it has no label, or one that leads to a title («Информация: …»).
    private func isUnlabelled(_ match: PhraseMatcher.Match, in line: ReadingLine, of page: PageReading) -> Bool {
        guard line.text.contains(":") else { return true }
        guard let label = line.tokens.first(where: { page.tokens[$0].mark == ":" }), label < match.first else {
            return false
        }
        return TitleFinder.leads(to: label, from: line.tokens.lowerBound, on: page)
    }

    /// Whether a wording makes up most of its line, or of its part between dashes and slashes.
    private func fillsItsPart(_ match: PhraseMatcher.Match, of page: PageReading) -> Bool {
        let line = page.lines[page.tokens[match.first].line]
        let own = line.tokens.filter { (match.first...max(match.first, match.last)).contains($0) }
        let parts = line.text.split { "—–/|".contains($0) }
        let word = page.tokens[match.first].text
        let part = parts.first { $0.contains(word) } ?? Substring(line.text)
        let words = part.split(separator: " ").count { $0.count > 2 && !TitleFinder.isLead(String($0)) }
        return own.count { page.tokens[$0].folded.count > 2 } * 5 >= words * 3
    }

    // MARK: Resolving

    /// The type a title names by itself.
    private func titleType(
        _ title: TitleBlock, in sheet: Sheet
    ) -> (key: String?, evidence: Evidence?, match: PhraseMatcher.Match)? {
        let lines = Set(title.lines)
        func stands(_ match: PhraseMatcher.Match) -> Bool {
            match.tokens.allSatisfy { lines.contains(sheet.page.tokens[$0].line) }
        }
        if let alias = sheet.aliases.first(where: { stands($0.match) }) { return (alias.key, nil, alias.match) }
        let named = sheet.evidence.filter { item in
            item.weight >= 1.6 && stands(item.match)
                && (title.kinds.isEmpty ? item.subject.isKnown : rules.isCompatible(item.subject, title.kinds))
        }
        guard let winner = strongest(named) else { return nil }
        guard winner.subject.isKnown else { return (nil, winner, winner.match) }
        let kinds = title.kinds.isEmpty ? [rules.onlyKind(of: winner.subject)].compactMap(\.self) : Array(title.kinds)
        for kind in PaperKind.allCases where kinds.contains(kind) {
            if let key = rules.key(kind, winner.subject) { return (key, winner, winner.match) }
        }
        return nil
    }

    /// Of wordings in a title: the narrower over the wider, then the one that says more, then the first.
    private func strongest(_ found: [Evidence]) -> Evidence? {
        // «нетрудоспособность по уходу за ребёнком» speaks of care, not of a leave.
        let isSickness = found.contains { $0.subject == .sickness && $0.weight >= 1.6 }
        // Where somebody works is said on the way to what a title names.
        let tells = found.contains { $0.subject.isKnown && $0.weight >= 2.4 }
        let named = found.filter { item in
            !(isSickness && item.subject == .childcare && item.weight < 2.4) && !(tells && item.subject == .workplace)
        }
        let wider = Set(named.flatMap { $0.subject.narrows })
        return named.filter { !wider.contains($0.subject) }.min { a, b in
            (a.weight >= 2.4 ? 0 : 1, a.match.first, -a.weight) < (b.weight >= 2.4 ? 0 : 1, b.match.first, -b.weight)
        }
    }

    private func resolve(_ part: Part, in sheets: [Sheet], isFirst: Bool) -> TypeFinding? {
        let sheet = sheets[part.sheet]
        if let title = part.title, let named = titleType(title, in: sheet) {
            guard let key = named.key else { return nil }
            let refined = companion(key, part, sheets) ?? key
            guard let type = rules.catalog.type(key: refined) else { return nil }
            let grounds = TypeGrounds(
                isTitle: true, hasTitle: true, strength: named.evidence?.weight ?? 3, cost: named.match.cost,
                rival: rival(to: named.evidence?.subject, part, title.kinds, sheets))
            return finding(type, named.match, in: sheet, grounds: grounds, source: "title")
        }
        if let title = part.title, title.kinds == [.other] { return nil }
        guard isFirst || part.isFirstOnPage || part.title.map({ isSecondPaper($0, in: sheet) }) ?? false else {
            return nil
        }
        var kinds = part.title?.kinds ?? []
        kinds.remove(.other)
        if kinds.isEmpty {
            if part.title == nil, asks(part, sheets) { return nil }
            kinds = hintedKinds(part, sheets)
            // «Уведомляем, что … находится в отпуске»: a letter that gives notice certifies.
            if part.title == nil, kinds == [.notice] { kinds.insert(.certificate) }
        }
        let bar = bar(for: part.title)
        guard let winner = statedSubject(part, kinds, sheets), winner.total >= (isFirst ? bar : max(bar, 2.6)),
            winner.evidence.subject.isKnown
        else { return nil }
        let key = PaperKind.allCases.filter(kinds.contains).compactMap { rules.key($0, winner.evidence.subject) }.first
        guard let key, let type = rules.catalog.type(key: companion(key, part, sheets) ?? key) else { return nil }
        let grounds = TypeGrounds(
            isTitle: false, hasTitle: part.title != nil, strength: winner.total, cost: winner.evidence.match.cost,
            rival: rival(to: winner.evidence.subject, part, kinds, sheets))
        return finding(
            type, winner.evidence.match, in: sheets[winner.evidence.sheet], grounds: grounds, source: "body")
    }

    /// How much of a part's text is about something else that a paper of its kind may be about.
    private func rival(
        to subject: PaperSubject?, _ part: Part, _ kinds: Set<PaperKind>, _ sheets: [Sheet]
    ) -> Double {
        var totals: [PaperSubject: Double] = [:]
        var counted: Set<Int> = []
        for item in evidence(of: part, sheets)
        where !item.isCited && item.weight > 0 && item.subject != subject && counted.insert(item.wording).inserted {
            let isRelated = subject.map { $0.narrows.contains(item.subject) || item.subject.narrows.contains($0) }
            guard !(isRelated ?? false), kinds.isEmpty || rules.isCompatible(item.subject, kinds) else { continue }
            totals[item.subject, default: 0] += item.weight
        }
        return totals.values.max() ?? 0
    }

    /// How clearly the text must state the subject: a bare «СПРАВКА» leaves it to the text, a title that says
    /// something else (or something unreadable) does not.
    private func bar(for title: TitleBlock?) -> Double {
        guard let title, !title.kinds.isEmpty else { return 3 }
        return title.namesSubject ? 2.6 : 1.7
    }

    /// The subject that the text of a part states most, near misses included.
    private func statedSubject(
        _ part: Part, _ kinds: Set<PaperKind>, _ sheets: [Sheet]
    ) -> (evidence: Evidence, total: Double)? {
        let stated = evidence(of: part, sheets).filter { rules.isCompatible($0.subject, kinds) }
        var totals: [PaperSubject: (evidence: Evidence, total: Double)] = [:]
        var counted: Set<Int> = []
        for item in stated.sorted(by: { ($0.sheet, $0.match.first) < ($1.sheet, $1.match.first) })
        where item.weight > 0 && counted.insert(item.wording).inserted {
            let known = totals[item.subject]
            let weight = item.isCited ? item.weight * 0.3 : item.weight
            totals[item.subject] = (known?.evidence ?? item, (known?.total ?? 0) + weight)
        }
        // «нетрудоспособность по уходу за ребёнком» speaks of care, not of a leave.
        if totals[.sickness]?.total ?? 0 >= 1.7, totals[.childcare]?.total ?? 0 < 2.4 { totals[.childcare] = nil }
        let strong = totals.filter { $0.value.total >= 1.7 }
        let wider = Set(strong.keys.flatMap(\.narrows))
        let kept = totals.filter { !wider.contains($0.key) }.values
        // Totals grow with repetition, so what stands first wins among those that are stated clearly.
        // Where somebody works or what he earns is said on the way to what the paper is about.
        let clear = kept.filter { $0.total >= 2.4 }
        let telling = clear.filter { ![.workplace, .income].contains($0.evidence.subject) }
        let pool = clear.isEmpty ? Array(kept) : telling.isEmpty ? Array(clear) : Array(telling)
        return pool.min { a, b in
            if clear.isEmpty { return a.total > b.total }
            return (a.evidence.sheet, a.evidence.match.first) < (b.evidence.sheet, b.evidence.match.first)
        }
    }

    private func evidence(of part: Part, _ sheets: [Sheet]) -> [Evidence] {
        sheets.flatMap(\.evidence).filter { part.holds(sheet: $0.sheet, line: $0.line) }
    }

    /// A sick-leave sheet whose text says that it is for the care of another: the companion's type.
    private func companion(_ key: String, _ part: Part, _ sheets: [Sheet]) -> String? {
        guard key == "sick_leave" else { return nil }
        let says = evidence(of: part, sheets).contains { $0.subject == .companion && $0.weight >= 1.5 }
        return says ? rules.key(.sheet, .companion) : nil
    }

    /// A letter of the person himself: «Прошу …», «… сұраймын».
    private func asks(_ part: Part, _ sheets: [Sheet]) -> Bool {
        sheets[part.sheet].page.tokens.contains { token in
            ["прошу", "сұраймын"].contains(token.text.lowercased()) && part.holds(sheet: part.sheet, line: token.line)
        }
    }

    /// What a part without a noun in its title says that it is.
    private func hintedKinds(_ part: Part, _ sheets: [Sheet]) -> Set<PaperKind> {
        var kinds: Set<PaperKind> = []
        for (index, sheet) in sheets.enumerated() where index >= part.sheet {
            for (kind, phrase) in rules.kindHints {
                let says = sheet.matcher.matches(of: phrase).contains {
                    part.holds(sheet: index, line: sheet.page.tokens[$0.first].line)
                }
                if says {
                    kinds.insert(kind)
                    if kind == .order { return [.order] }
                }
            }
        }
        return kinds
    }

    private func finding(
        _ type: DocumentType, _ match: PhraseMatcher.Match, in sheet: Sheet, grounds: TypeGrounds, source: String
    ) -> TypeFinding {
        let tokens = match.tokens.map { sheet.page.tokens[$0] }
        let box = tokens.dropFirst().reduce(tokens.first?.box) { $0?.union($1.box) }
        let lines = Set(tokens.map(\.line)).sorted().map { sheet.page.lines[$0].text }
        let finding = Finding(
            value: type, confidence: grounds.confidence, page: sheet.page.number, box: box,
            words: lines.joined(separator: " "), source: source)
        return (finding, grounds)
    }
}
