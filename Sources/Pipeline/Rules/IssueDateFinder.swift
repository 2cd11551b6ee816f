/// Picks a paper's issue date among all dates that it holds.
struct IssueDateFinder: Sendable {
    var reader = DateReader()

    /// What the finder must know of the paper.
    struct Paper {
        /// Nil when it is of no known type.
        var typeKey: String?
        /// The pages that belong to it, as indices into the document's pages; the first ones weigh more.
        var sheets: [Int]
        /// For each page of the document: the lines of titles.
        var titles: [[Int]]
        /// What its title says that it is: an order, a certificate, …; empty when it says nothing.
        var kinds: Set<PaperKind>
        /// Pages with a title of their own that is of no known type: annexes, lists.
        var annexes: Set<Int>
        /// On its first page, the line (as in `PageText.lines`) where it begins.
        var first: Int
        /// On its last page, the line where the next paper begins; nil when it goes on to the page's end.
        var end: Int?
    }

    /// A date that was taken, and what speaks for it.
    struct Choice {
        var date: ReadDate
        /// How good an issue date it is, 0 to 100.
        var rank: Double
        /// By how much the best other date falls short of it; its own rank where there is none.
        var lead: Double
        /// The rule that took it.
        var source: String
    }

    /// The issue date, or the start of a childcare leave on a paper that has none.
    ///
    /// - Parameter readings: the document's pages prepared, where somebody has done it before.
    func issueDate(
        of text: DocumentText, readings: [PageReading] = [], paper: Paper, today: CalendarDate
    ) -> Finding<CalendarDate>? {
        choice(of: text, readings: readings, paper: paper, today: today).map { choice in
            Finding(
                value: choice.date.mention.date, confidence: choice.confidence,
                page: text.pages[choice.date.sheet].number, box: choice.date.box, words: choice.date.words,
                source: choice.source)
        }
    }

    /// The date to take; nil when none is an issue date.
    func choice(
        of text: DocumentText, readings: [PageReading] = [], paper: Paper, today: CalendarDate
    ) -> Choice? {
        let dates = paper.sheets.flatMap { sheet in
            reader.dates(
                of: text.pages[sheet], reading: readings.indices.contains(sheet) ? readings[sheet] : nil,
                sheet: sheet, titles: paper.titles[sheet], kinds: paper.kinds, today: today
            ).filter { date in
                (sheet != paper.sheets.first || date.source >= paper.first)
                    && (sheet != paper.sheets.last || date.source < paper.end ?? .max)
            }
        }
        // Where the line for the day of issue was left blank, no other day stands for it.
        let isBlank = BlankDay(of: text, paper: paper, dates: dates).stands
        let ranked = dates.enumerated().map { order, date in
            let isField = isField(date, among: dates, today: today)
            let known = isField ? 20 : rank(date, paper: paper, today: today)
            let placed = isBlank ? nil : placeRank(date, order: order, among: dates, paper: paper, today: today)
            return (date: date, rank: max(known, placed ?? 0), order: order)
        }
        let issued = ranked.filter { $0.rank >= DateRole.bar && $0.date.mention.date <= today }
        if let best = issued.max(by: { ($0.rank, -$0.order) < ($1.rank, -$1.order) }) {
            let others = issued.filter { $0.date.mention.date != best.date.mention.date }.map(\.rank)
            return Choice(
                date: best.date, rank: best.rank, lead: best.rank - (others.max() ?? 0),
                source: "date:\(best.date.role?.rawValue ?? "line")")
        }
        if let key = paper.typeKey, IssueDateFinder.periodTypes.contains(key), let start = periodStart(dates) {
            return start
        }
        // A paper dated ahead has no date of issue; another date on it is none either.
        if ranked.contains(where: { $0.rank >= DateRole.bar && $0.date.mention.date > today }) { return nil }
        guard !isBlank else { return nil }
        let past = ranked.filter { $0.date.mention.date <= today }.map { (date: $0.date, rank: $0.rank) }
        return leftOver(past) ?? (paper.typeKey == nil ? latestTold(past.map(\.date)) : nil)
    }

    /// The latest day that a paper of no known type tells of: a protocol, a receipt or an act is of the day of what it
    /// records.
    private func latestTold(_ dates: [ReadDate]) -> Choice? {
        let told = dates.filter { date in
            switch date.role {
            case .examination, .discharge, .event, .registration, nil: !date.isPaired && date.mention.certainty > 0.6
            case .issued, .formed, .periodStart, .periodEnd, .birth, .reference, .ahead: false
            }
        }
        return told.max { $0.mention.date < $1.mention.date }.map {
            Choice(date: $0, rank: 30, lead: 0, source: "date:latest")
        }
    }

    /// The only recent date of which nothing says that it is another's: rather that than none.
    private func leftOver(_ dates: [(date: ReadDate, rank: Double)]) -> Choice? {
        let open = dates.filter {
            $0.date.role == nil && $0.rank > 10 && !$0.date.isPaired && $0.date.wordsBeside <= 3
                && $0.date.words.first(where: \.isLetter)?.isUppercase ?? true
        }
        let days = Set(open.map(\.date.mention.date))
        guard days.count == 1, let only = open.first else { return nil }
        return Choice(date: only.date, rank: 30, lead: 30, source: "date:only")
    }

    /// Types whose papers may carry no date but the leave's.
    private static let periodTypes: Set<String> = ["childcare_order", "childcare_cert"]

    /// How old a date may be that only its place on the page makes an issue date: the longest window thrice.
    static let unlabelledDaysLimit = 1100

    /// How old even a labelled date may be: nobody sends a paper of ten years ago, but many hold such dates.
    private static let labelledDaysLimit = 3660

    /// Types whose papers certify an entry in a register.
    private static let registryTypes: Set<String> = ["unemployed_cert", "unemployed_persons", "job_seeker_notice"]

    private func rank(_ date: ReadDate, paper: Paper, today: CalendarDate) -> Double {
        var rank: Double
        let isNearTitle = date.fromTitle.map { (-5...6).contains($0) } ?? false
        switch date.role {
        case .examination: rank = paper.typeKey == "vkk" || paper.typeKey == nil ? DateRole.examination.rank : 15
        case .discharge: rank = paper.typeKey == "discharge" ? DateRole.discharge.rank : 15
        case .issued:
            // A bare «Дата» in the column of a table is the date of what the table lists.
            rank = DateRole.issued.rank - (date.isTabled && date.depth > 0.5 ? 20 : 0)
        case .registration:
            // Certifies an entry of that day.
            rank = IssueDateFinder.registryTypes.contains(paper.typeKey ?? "") ? 44 : DateRole.registration.rank
        case .formed, .periodStart, .periodEnd, .event, .birth, .reference, .ahead:
            rank = date.role?.rank ?? 0
        case nil:
            // «12.11.2026 внесён в базу лиц, ищущих работу»: the entry, in words that no list has.
            let isEntry = IssueDateFinder.registryTypes.contains(paper.typeKey ?? "") && !date.isPaired
                && !date.structure.isLed && !date.structure.isBracketed
            rank = isEntry ? 42 : 20
        }
        // The row of a protocol: when the commission sat.
        if date.role == nil, date.structure.isInDateColumn { rank = max(rank, 44) }
        // The issue line: a date on its own beside a number or a town, by the title or at the page's head.
        let isOwn = date.role == nil || date.role == .issued
        if isOwn, let line = lineRank(date, isNearTitle: isNearTitle) {
            rank = max(rank, line + (date.isNumbered ? 4 : 0))
        } else if date.role == nil, date.fromTitle == 0, date.isNumbered {
            rank = max(rank, 84)
        } else if date.role == nil, date.isNumbered, date.wordsBeside <= 3, isNearTitle, date.depth < 0.5,
            !date.structure.isWrapped, !date.words.prefix(3).contains(")")
        {
            // An issue line that a stamp or the engine has spoilt.
            rank = max(rank, 58)
        }
        // Without a label a date of years ago is another paper's.
        let age = today.days(since: date.mention.date)
        if date.role == nil, age > IssueDateFinder.unlabelledDaysLimit { rank = 10 }
        if age > IssueDateFinder.labelledDaysLimit { rank = 0 }
        if date.role == .periodEnd, date.isPaired, paper.typeKey == "discharge" { rank = 44 }
        rank -= (1 - date.mention.certainty) * 6
        // Without its year only a label or a line of its own makes it one.
        if date.mention.certainty < 0.45, date.role != .issued, !date.isAlone { rank = min(rank, 10) }
        // Pages after the first hold annexes as often as signatures.
        rank -= paper.annexes.contains(date.sheet) ? 60 : date.sheet == paper.sheets.first ? 0 : 6
        return rank
    }

    /// How good an issue date its line makes a date; nil for a date inside the text.
    private func lineRank(_ date: ReadDate, isNearTitle: Bool) -> Double? {
        switch date.standing {
        case .alone: isNearTitle ? 88 : date.depth < 0.45 ? 80 : 60
        case .letterhead: 76
        case .signature: 62
        case .inText: nil
        }
    }

    private func periodStart(_ dates: [ReadDate]) -> Choice? {
        let starts = dates.filter { $0.role == .periodStart }
        let paired = starts.filter(\.isPaired)
        // «работает с 2019 года и с 01.08.2026 находится в отпуске»: the later one is the leave's.
        guard let start = paired.first ?? starts.max(by: { $0.mention.date < $1.mention.date }) else { return nil }
        let others = Set(starts.map(\.mention.date)).count - 1
        return Choice(
            date: start, rank: paired.isEmpty ? 50 : 75, lead: others == 0 ? 50 : 10, source: "date:period_start")
    }
}

extension IssueDateFinder.Choice {
    /// How often such a choice is right, 0 to 1.
    ///
    /// Shares of right dates over 3,200 readings of generated papers, four fifths of them with a quarter or a half of
    /// the cues gone, wrong ones counted three times: papers that nobody made for the count are harder.
    var confidence: Double {
        let share: Double
        switch source {
        case "date:only", "date:latest": share = 0.62
        case "date:period_start": share = 0.93
        case "date:line":
            // A place alone tells less than a label, and less yet where another date stands as well.
            share = rank < 60 ? (lead < 30 ? 0.7 : 0.84) : lead < 30 ? 0.88 : lead < 60 ? 0.95 : 0.985
        default: share = lead < 15 ? 0.9 : lead < 30 ? 0.95 : 0.985
        }
        return share * (0.7 + 0.3 * date.mention.certainty)
    }
}
