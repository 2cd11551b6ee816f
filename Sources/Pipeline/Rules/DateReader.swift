/// All dates of a page with their roles.
struct ReadDate: Sendable {
    var mention: DateMention
    /// The index of the page in the document.
    var sheet: Int
    /// The index of its line in `PageText.lines`.
    var source: Int
    /// Nil when nothing around says what it is.
    var role: DateRole?
    var standing: DateStanding
    /// Words of letters beside it on its line that are neither a town's marks nor name the paper.
    var wordsBeside: Int
    /// A document number stands on its line («№ 45 от …»).
    var isNumbered: Bool
    /// Its words' box on the page.
    var box: Box?
    /// The line as printed.
    var words: String
    /// The position of its top on the page, 0 to 1.
    var depth: Double
    /// How far above (negative) or below the nearest title its line is; nil without a title on the page.
    var fromTitle: Int?
    /// Alone in the cell of a table, with a header above.
    var isTabled: Bool
    /// What its place says where no cue does.
    var structure: DateStructure
    /// Ends or starts a pair «с … по …».
    var isPaired: Bool
    /// Stands on a line of its own, with a number or a town at most.
    var isAlone: Bool { standing == .alone }
}

/// Reads the dates of a page: finds them, and asks the words around each for its role.
struct DateReader: Sendable {
    private let lexicon: StemLexicon
    private let cues: [(row: DateCues.Row, phrase: Phrase)]
    /// What may stand beside a date on its line without making it part of a sentence.
    private let neutral: Phrase
    private let signers: [Phrase]

    /// Compiles the cues: make one and keep it.
    ///
    /// - Parameter rows: the cues to go by; fewer of them show how papers in unlisted words are read.
    init(cues rows: [DateCues.Row] = DateCues.rows) {
        var lexicon = StemLexicon()
        cues = rows.map { ($0, lexicon.phrase($0.notation)) }
        signers = DateCues.signers.map { lexicon.phrase($0) }
        let besides = """
            г год года ж жыл жылғы қ қаласы город гор от исх рег регистрационный номер нөмірі нөмір шығ
            тіркеу дата күні n no м п мп мо приказ справка бұйрық анықтама заключение қорытынды серия
            сериясы выдано выдана выдан берілді к ө лс жқ хабарлама уведомление парақ лист исходящий вх ки
            выдачи составления
            """
        neutral = lexicon.phrase(besides.split(whereSeparator: \.isWhitespace).joined(separator: "|"))
        self.lexicon = lexicon
    }

    /// The dates of one page.
    ///
    /// - Parameters:
    ///   - reading: the same page prepared, where somebody has done it before.
    ///   - titles: the lines (as in `PageText.lines`) of titles.
    ///   - today: tells the year of a day and month that stand without one; nil to pass them over.
    ///   - kinds: what the paper's title says that it is; dates of papers of another kind are references.
    func dates(
        of page: PageText, reading: PageReading? = nil, sheet: Int, titles: [Int], kinds: Set<PaperKind> = [],
        today: CalendarDate? = nil
    ) -> [ReadDate] {
        let reading = reading ?? PageReading(page)
        // A day and month without a year are the last such day.
        let assumedYear = today.map { today in
            { (month: Int, day: Int) in (month, day) <= (today.month, today.day) ? today.year : today.year - 1 }
        }
        let lexemes = DateLexer.lexemes(of: page, reading: reading)
        let mentions = DateScanner(lexemes, assumedYear: assumedYear).mentions()
        guard !mentions.isEmpty else { return [] }
        let matcher = PhraseMatcher(reading, lexicon: lexicon)
        let cueMatches = cues.flatMap { cue in matcher.matches(of: cue.phrase).map { (row: cue.row, match: $0) } }
        let spans = mentions.map { span(of: $0, in: reading) }
        let titleLines = reading.lines.indices.filter { titles.contains(reading.lines[$0].source) }
        let surroundings = DateSurroundings(
            page: reading, mentions: mentions, spans: spans, cues: cueMatches,
            neutral: Set(matcher.matches(of: neutral).map(\.first)),
            signers: Set(signers.flatMap { matcher.matches(of: $0) }.map(\.first)), titles: Set(titleLines),
            kinds: kinds, raw: page.lines)
        return mentions.indices.map { index in
            let mention = mentions[index]
            let line = reading.lines[mention.line]
            let words = page.lines[line.source].words
            let end = mention.line == mention.lastLine ? min(mention.lastWord, words.count - 1) : words.count - 1
            let box = words[mention.word...max(end, mention.word)].map(\.box)
            return ReadDate(
                mention: mention, sheet: sheet, source: line.source, role: surroundings.role(of: index),
                standing: surroundings.standing(of: index), wordsBeside: surroundings.wordsBeside(index),
                isNumbered: surroundings.isNumbered(index),
                box: box.dropFirst().reduce(box.first) { $0?.union($1) }, words: line.text,
                depth: line.box.y / reading.height,
                fromTitle: titleLines.map { mention.line - $0 }.min { abs($0) < abs($1) },
                isTabled: surroundings.isTabled(index),
                structure: surroundings.structure(of: index), isPaired: surroundings.isPaired(index))
        }
    }

    /// The date's tokens.
    private func span(of mention: DateMention, in page: PageReading) -> ClosedRange<Int> {
        let first = page.lines[mention.line].tokens.first { page.tokens[$0].word >= mention.word }
        let last = page.lines[mention.lastLine].tokens.last { page.tokens[$0].word <= mention.lastWord }
        let start = first ?? page.lines[mention.line].tokens.lowerBound
        return start...max(start, last ?? start)
    }
}
