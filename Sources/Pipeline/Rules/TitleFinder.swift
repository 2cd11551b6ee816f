/// Lines of a page that stand as a paper's title: its noun, and the lines around that say what it is about.
struct TitleBlock: Sendable {
    /// The index in `PageReading.lines` of the line with the (first) noun.
    var head: Int
    /// All lines of the title, rising.
    var lines: [Int]
    /// What its nouns say; empty for a title without one («Лица, зарегистрированные …»).
    var kinds: Set<PaperKind>
    /// How much it looks like a title; 2.2 is just enough.
    var score: Double
    /// Goes on after the noun with «о», «об», «туралы» …: it says what it is about.
    var namesSubject: Bool
}

/// Finds the titles of a page by what they say and how they stand: a noun of a paper first (Russian) or last (Kazakh)
/// on its line, centred, in capitals or larger letters, in the upper part.
struct TitleFinder {
    let page: PageReading
    let matcher: PhraseMatcher
    let rules: TypeRules
    /// Where the page names a subject outright, near misses included: first and last token of each wording.
    let subjects: [(first: Int, last: Int)]
    /// Lines of a list of papers: none of them is a title.
    var listed: Set<Int> = []

    /// From here on a line counts as a title.
    static let threshold = 2.2

    /// All titles of the page, top to bottom; neighbours (two languages) are put together.
    func titles() -> [TitleBlock] {
        var heads: [(line: Int, kinds: Set<PaperKind>, score: Double)] = []
        for (line, kinds) in kindsByLine().sorted(by: { $0.key < $1.key }) {
            var best: (kinds: Set<PaperKind>, score: Double)?
            for hit in kinds {
                let score = score(of: hit.token, line: line)
                guard score >= TitleFinder.threshold else { continue }
                best = (best?.kinds.union([hit.kind]) ?? [hit.kind], max(score, best?.score ?? 0))
            }
            if let best { heads.append((line, best.kinds, best.score)) }
        }
        var blocks: [TitleBlock] = []
        for head in heads {
            if let last = blocks.last, isGround(head.line, kinds: head.kinds, under: last) { continue }
            if let last = blocks.last, let bottom = last.lines.last, head.line <= bottom + 1 {
                blocks[blocks.count - 1] = joined(last, with: head)
            } else {
                let lines = extent(of: head.line, after: blocks.last?.lines.last ?? -1)
                blocks.append(
                    TitleBlock(
                        head: head.line, lines: lines, kinds: head.kinds, score: head.score,
                        namesSubject: namesSubject(lines)))
            }
        }
        return withoutOthers(blocks)
    }

    /// «Бұйрық 19.10.2026 № 801» under «Анықтама (бала күтімі демалысы туралы)»: what the paper rests on, a line of its
    /// text and no second title.
    private func isGround(_ index: Int, kinds: Set<PaperKind>, under block: TitleBlock) -> Bool {
        let line = page.lines[index]
        return kinds.isDisjoint(with: block.kinds) && !block.kinds.isEmpty && block.kinds != [.other]
            && namesSubject(block.lines) && line.upperShare < 0.6 && !line.isCentred && line.heightRatio < 1.1
            && page.tokens[line.tokens].contains { $0.folded.isNumber }
    }

    /// A noun of no known type makes a title only as the first on its page («РЕШЕНИЕ:», «ПЛАН» head parts of a paper).
    private func withoutOthers(_ blocks: [TitleBlock]) -> [TitleBlock] {
        var kept: [TitleBlock] = []
        for block in blocks {
            if block.kinds == [.other], !kept.isEmpty { continue }
            // A heading inside another paper's title zone: «Приложение к договору» above «СПРАВКА».
            if let last = kept.last, last.kinds == [.other], block.score > last.score + 1 { kept.removeLast() }
            kept.append(block)
        }
        return kept
    }

    private func joined(
        _ block: TitleBlock, with head: (line: Int, kinds: Set<PaperKind>, score: Double)
    ) -> TitleBlock {
        let lines = Set(block.lines).union(extent(of: head.line, after: block.head)).sorted()
        return TitleBlock(
            head: block.head, lines: lines, kinds: block.kinds.union(head.kinds), score: max(block.score, head.score),
            namesSubject: namesSubject(lines))
    }

    private func kindsByLine() -> [Int: [(token: Int, kind: PaperKind)]] {
        var found: [Int: [(token: Int, kind: PaperKind)]] = [:]
        for (kind, phrase) in rules.kinds {
            for match in matcher.matches(of: phrase) {
                let line = page.tokens[match.first].line
                // «№ | Дата | Пациент | Решение»: the heads of a table's columns.
                if page.lines[line].stretches > 2, kind == .other || isColumnHead(match.first, line: line) { continue }
                if !listed.contains(line), isHead(match.first, line: line), !isDayLabel(match.first) {
                    found[line, default: []].append((match.first, kind))
                }
            }
        }
        for (kind, phrase) in rules.compoundKinds {
            for match in matcher.matches(of: phrase) {
                let line = page.tokens[match.first].line
                let words = match.first...max(match.first, match.last)
                guard found[line]?.contains(where: { words.contains($0.token) }) ?? false else { continue }
                found[line] = found[line]?.map { words.contains($0.token) ? ($0.token, kind) : $0 }
            }
        }
        return found
    }

    /// «Дата заключения», «Қорытынды күні»: the label of a day.
    private func isDayLabel(_ token: Int) -> Bool {
        let line = page.lines[page.tokens[token].line].tokens
        return line.contains(token - 1) && page.tokens[token - 1].folded == TitleFinder.day.russian
            || line.contains(token + 1) && page.tokens[token + 1].folded == TitleFinder.day.kazakh
    }

    private static let day = (russian: FoldedWord("дата"), kazakh: FoldedWord("күні"))

    /// «Диагноз | Заключение ВКК | Подписи»: one of three heads in words, and not the first.
    private func isColumnHead(_ token: Int, line: Int) -> Bool {
        let words = page.tokens[page.lines[line].tokens].filter { $0.folded.hasLetter && $0.folded.count > 2 }
        return page.tokens[token].stretch > 0 && Set(words.map(\.stretch)).count > 2
    }

    /// Among the first three words of its stretch, or the last one before numbers.
    private func isHead(_ token: Int, line: Int) -> Bool {
        let range = page.lines[line].tokens
        let stretch = range.filter { page.tokens[$0].stretch == page.tokens[token].stretch }
        guard let start = stretch.first else { return false }
        // A slash parts the two languages of a title.
        let first = stretch.last { $0 < token && page.tokens[$0].mark == "/" }.map { $0 + 1 } ?? start
        if token - first <= 2 { return true }
        let after = stretch.filter { $0 > token && page.tokens[token].mark != "/" }
        return after.allSatisfy { !page.tokens[$0].folded.hasLetter }
            || (page.tokens[token].isUpper && stretch.count <= 10)
    }

    private func score(of token: Int, line index: Int) -> Double {
        let line = page.lines[index]
        let word = page.tokens[token]
        let stretch = line.tokens.filter { page.tokens[$0].stretch == word.stretch }
        let start = page.tokens[stretch.first ?? token]
        var score = 0.0
        // «приказ» in small letters, alone in the middle of the page: no word of a sentence stands so.
        let isLone = line.tokens.count == 1 && line.isCentred && word.mark == nil
        let stands = word.isUpper || isLone && !word.isCapitalised
        score += stands ? 2 : word.isCapitalised || start.isCapitalised ? 0.5 : -2
        if line.upperShare > 0.8 { score += 0.7 }
        if line.isCentred { score += 1.5 }
        if line.heightRatio > 1.1 { score += 1.2 }
        let depth = line.box.y / page.height
        if depth < 0.35 { score += 1 } else if depth < 0.5 { score += 0.5 } else if depth > 0.7 { score -= 1 }
        if stretch.count > 11 { score -= 1.5 }
        if word.mark == ":" { score -= line.isCentred && line.heightRatio > 1.1 ? 0.5 : 1.5 }
        if line.isFull, line.upperShare < 0.6, line.heightRatio < 1.1 { score -= 1.2 }
        if line.text.hasSuffix(",") { score -= 0.8 }
        if isParagraph(index) || isStatement(line, with: token) { score -= 2.5 }
        if startsSentence(after: token, in: line) {
            score -= 2.5
        } else if namesSubject(from: token, line: index) {
            // What a title says counts as much as how it stands: plain text has no layout.
            score += 2
        } else if isFollowedByAbout(token, stretch: stretch) {
            score += 1
        } else if isBare(token, stretch: stretch) {
            score += opensSubject(index + 1) ? 2 : 1.2
        } else if isNumbered(token, stretch: stretch) {
            score += 0.8
        }
        if start.text.first?.isLowercase ?? false, !isLone, index > 0, !page.lines[index - 1].text.hasSuffix(".") {
            score -= 1
        }
        let label = page.tokens[line.tokens].first { $0.mark == ":" }
        if let label, label.word < word.word {
            let place = line.tokens.first { page.tokens[$0].mark == ":" } ?? token
            let leads = TitleFinder.leads(to: place, from: line.tokens.lowerBound, on: page)
            score += leads ? 1 : -1.5
        }
        return score
    }

    /// A long line in the text's own letters that the next one goes on with in small letters: running text.
    private func isParagraph(_ index: Int) -> Bool {
        let line = page.lines[index]
        guard page.lines.indices.contains(index + 1), line.text.count > 60, line.upperShare < 0.4,
            line.heightRatio < 1.05
        else { return false }
        let next = page.lines[index + 1]
        return next.text.first?.isLowercase ?? false && next.heightRatio < 1.05 && next.text.count > 40
    }

    /// «Последний больничный лист был закрыт в 2024 году.»: a sentence with its full stop, the noun inside.
    private func isStatement(_ line: ReadingLine, with token: Int) -> Bool {
        let end = line.tokens.last.map { page.tokens[$0].folded.count } ?? 0
        return line.text.hasSuffix(".") && end > 2 && token > line.tokens.lowerBound && !line.isCentred
            && line.upperShare < 0.5 && line.heightRatio < 1.1 && line.tokens.count > 4
    }

    /// Whether a label introduces a paper's own title: «Вид документа: справка …», «Информация: лица, …».
    static func leads(to label: Int, from start: Int, on page: PageReading) -> Bool {
        let words = page.tokens[start...max(start, label)].filter { $0.folded.count > 1 }
        return words.count <= 3 && words.contains { isLead($0.text) }
    }

    /// A word that only introduces what follows: «сведения», «информация», «тип документа».
    static func isLead(_ word: String) -> Bool {
        let text = word.lowercased()
        return leadWords.contains { text.hasPrefix($0) }
    }

    private static let leadWords = [
        "сведени", "информаци", "документ", "тема", "құжат", "мәлімет", "ақпарат", "тақырып", "данные",
    ]

    /// The noun with nothing else but a number and a date: «СПРАВКА», «Приказ № 9 от 01.11.2026 г.».
    private func isBare(_ token: Int, stretch: [Int]) -> Bool {
        stretch.allSatisfy { index in
            let word = page.tokens[index].folded
            return index == token || !word.hasLetter || word.count <= 3 || MonthNames.month(word) != nil
                || TitleFinder.yearWords.contains(word)
                || rules.isKindNoun(word)
        }
    }

    /// «ПРИКАЗ о …», «ПРИКАЗ (распоряжение) об …»: capitals that open their line and go on in small letters.
    private func isFollowedByAbout(_ token: Int, stretch: [Int]) -> Bool {
        guard token == stretch.first, page.tokens[token].isUpper else { return false }
        return stretch.dropFirst().prefix(2).contains(where: opensAbout)
    }

    /// Whether what the paper is about stands right after its noun (Russian) or right before it (Kazakh).
    private func namesSubject(from token: Int, line: Int) -> Bool {
        let word = page.tokens[token]
        return subjects.contains { subject in
            let first = page.tokens[subject.first]
            let last = page.tokens[subject.last]
            guard first.stretch == word.stretch || page.lines[first.line].stretches == 1 else { return false }
            if subject.first > token {
                let reach = (token + 1..<subject.first).contains(where: opensAbout) ? 8 : 5
                return (0...1).contains(first.line - line) && subject.first - token <= reach
                    && !page.tokens[token..<subject.first].contains { $0.mark == ":" || $0.mark == ";" }
            }
            // Numbers and dates between do not count: «ВКК № 898 от 22.11.2026 года» over «заключение комиссии».
            let between = page.tokens[min(subject.last, token)..<token].dropFirst()
            return (0...1).contains(line - last.line)
                && between.count { $0.folded.hasLetter && $0.folded.count > 2 } < 4
        }
    }

    private func isAbout(_ token: Int) -> Bool {
        WordLikeness.cost(of: page.tokens[token].folded, as: TitleFinder.turaly, isPrefix: false) != nil
    }

    private func opensAbout(_ token: Int) -> Bool {
        page.tokens.indices.contains(token) && ["о", "об", "обо"].contains(page.tokens[token].text.lowercased())
    }

    /// «Справка дана …», «Анықтама … берілді»: running text about the paper.
    private func startsSentence(after token: Int, in line: ReadingLine) -> Bool {
        page.tokens[line.tokens].suffix(from: token).dropFirst().contains { word in
            TitleFinder.sentenceWords.contains { WordLikeness.cost(of: word.folded, as: $0, isPrefix: true) != nil }
        }
    }

    private static let yearWords = Set(["год", "года", "жылы", "жылғы", "жылдың"].map { FoldedWord($0) })

    /// «Счёт на оплату № 556 от 01.11.2026»: a noun that heads its line, and a number.
    private func isNumbered(_ token: Int, stretch: [Int]) -> Bool {
        token == stretch.first && page.lines[page.tokens[token].line].text.contains("№")
    }

    private static let sentenceWords = [
        "выдан", "дана", "дано", "берілд", "беріліп", "подтвержд", "удостовер", "находит", "действительн", "предъявл",
    ].map { FoldedWord($0) }

    // MARK: The lines of a title

    private func extent(of head: Int, after bound: Int) -> [Int] {
        var lines = [head]
        var up = head - 1
        while up > bound, head - up <= 3, isTitleLike(up), page.lines[up + 1].stepAbove < 2.3 {
            lines.insert(up, at: 0)
            up -= 1
        }
        var down = head + 1
        var isContinuing = !page.lines[head].text.hasSuffix(".")
        while down < page.lines.count, down - head <= 6, isContinuing {
            let line = page.lines[down]
            if isNumbersOnly(down) {
                down += 1
                continue
            }
            let opens = opensSubject(down)
            let goesOn = (page.tokens[line.tokens.lowerBound].text.first?.isLowercase ?? false)
                && lines.last == down - 1 && !isRunning(down)
            guard isTitleLike(down) || opens || goesOn, line.stepAbove < 3.4 else { break }
            lines.append(down)
            isContinuing = !line.text.hasSuffix(".")
            down += 1
        }
        return lines
    }

    /// Centred, in capitals or in larger letters, and no label of a form.
    private func isTitleLike(_ index: Int) -> Bool {
        let line = page.lines[index]
        if line.text.contains(":") { return false }
        if line.isFull, line.upperShare < 0.7, line.heightRatio < 1.1 { return false }
        if line.stretches > 1, line.upperShare < 0.75 { return false }
        return line.isCentred || line.upperShare > 0.75 || line.heightRatio > 1.1
    }

    private func isRunning(_ index: Int) -> Bool {
        page.lines[index].isFull && page.lines[index].text.count > 60
    }

    /// Date, number, town: what stands between «ПРИКАЗ» and what it is about.
    private func isNumbersOnly(_ index: Int) -> Bool {
        let words = page.tokens[page.lines[index].tokens]
        let letters = words.filter { $0.folded.hasLetter && $0.folded.count > 2 }
        // «общей трудоспособности    20.10.2026»: the title goes on beside the date.
        if let first = words.first, first.folded.count > 3, first.text.first?.isLowercase ?? false { return false }
        return words.contains { $0.folded.isNumber } && letters.count <= 3 && !opensSubject(index)
    }

    /// Begins with «о», «об», «по» or ends with «туралы».
    private func opensSubject(_ index: Int) -> Bool {
        guard page.lines.indices.contains(index) else { return false }
        let range = page.lines[index].tokens
        guard !range.isEmpty else { return false }
        if isRunning(index), page.lines[index].upperShare < 0.6 { return false }
        // Each column of a title in two languages.
        return range.contains { token in
            let stretch = page.tokens[token].stretch
            let opens = token == range.lowerBound || page.tokens[token - 1].stretch != stretch
            let ends = token + 1 == range.upperBound || page.tokens[token + 1].stretch != stretch
            return opens && opensAbout(token)
                || ends && isAbout(token)
        }
    }

    private static let turaly = FoldedWord("туралы")

    private func namesSubject(_ lines: [Int]) -> Bool {
        lines.contains { index in
            page.tokens[page.lines[index].tokens].contains { token in
                ["о", "об", "обо", "с"].contains(token.text.lowercased())
                    || WordLikeness.cost(of: token.folded, as: TitleFinder.turaly, isPrefix: false) != nil
            }
        }
    }
}
