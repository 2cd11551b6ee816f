/// Picks a paper's issue date among all dates that it holds.
struct IssueDateFinder: Sendable {
    private let reader = DateReader()

    /// What the finder must know of the paper.
    struct Paper {
        /// Nil when it is of no known type.
        var typeKey: String?
        /// The pages that belong to it, as indices into the document's pages; the first ones weigh more.
        var sheets: [Int]
        /// For each page of the document: the lines that are heads of titles.
        var titles: [[Int]]
        /// Pages with a title of their own that is of no known type: annexes, lists.
        var annexes: Set<Int>
        /// On its first page, the line (as in `PageText.lines`) where it begins.
        var first: Int
        /// On its last page, the line where the next paper begins; nil when it goes on to the page's end.
        var end: Int?
    }

    /// The issue date, or the start of a childcare leave on a paper that has none.
    func issueDate(of text: DocumentText, paper: Paper, today: CalendarDate) -> Finding<CalendarDate>? {
        let dates = paper.sheets.flatMap { sheet in
            reader.dates(of: text.pages[sheet], sheet: sheet, titles: paper.titles[sheet]).filter { date in
                (sheet != paper.sheets.first || date.source >= paper.first)
                    && (sheet != paper.sheets.last || date.source < paper.end ?? .max)
            }
        }
        let ranked = dates.enumerated().map { order, date in
            (date: date, rank: rank(date, paper: paper, today: today), order: order)
        }
        let issued = ranked.filter { $0.rank >= DateRole.bar && $0.date.mention.date <= today }
        if let best = issued.max(by: { ($0.rank, -$0.order) < ($1.rank, -$1.order) }) {
            return finding(best.date, rank: best.rank, text: text, source: "date:\(best.date.role?.rawValue ?? "line")")
        }
        guard let key = paper.typeKey, IssueDateFinder.periodTypes.contains(key) else { return nil }
        return periodStart(dates, text: text)
    }

    /// Types whose papers may carry no date but the leave's.
    private static let periodTypes: Set<String> = ["childcare_order", "childcare_cert"]

    /// How old a date may be that only its place on the page makes an issue date: the longest window thrice.
    private static let unlabelledDaysLimit = 1100

    /// Types whose papers certify an entry in a register.
    private static let registryTypes: Set<String> = ["unemployed_cert", "unemployed_persons", "job_seeker_notice"]

    private func rank(_ date: ReadDate, paper: Paper, today: CalendarDate) -> Double {
        var rank: Double
        let isNearTitle = date.fromTitle.map { (-5...6).contains($0) } ?? false
        switch date.role {
        case .discharge: rank = paper.typeKey == "discharge" ? DateRole.discharge.rank : 15
        case .issued:
            // A bare «Дата» in the column of a table is the date of what the table lists.
            rank = DateRole.issued.rank - (date.isTabled && date.depth > 0.5 ? 20 : 0)
        case .registration:
            rank = IssueDateFinder.registryTypes.contains(paper.typeKey ?? "") ? 44 : DateRole.registration.rank
        case .formed, .examination, .periodStart, .periodEnd, .event, .birth, .reference, .ahead:
            rank = date.role?.rank ?? 0
        case nil:
            rank = 20
        }
        // The issue line: a date on its own beside a number or a town, by the title or at the page's head.
        let isOwn = date.role == nil || date.role == .issued
        if date.isAlone, isOwn {
            let line = isNearTitle ? 88.0 : date.depth < 0.45 ? 80 : 60
            rank = max(rank, line + (date.isNumbered ? 4 : 0))
        } else if date.role == nil, date.fromTitle == 0, date.isNumbered {
            rank = max(rank, 84)
        } else if date.role == nil, date.isNumbered, date.wordsBeside <= 3, isNearTitle, date.depth < 0.5 {
            // An issue line that a stamp or the engine has spoilt.
            rank = max(rank, 58)
        }
        // Without a label a date of years ago is another paper's.
        if date.role == nil, today.days(since: date.mention.date) > IssueDateFinder.unlabelledDaysLimit { rank = 10 }
        if date.role == .periodEnd, date.isPaired, paper.typeKey == "discharge" { rank = 44 }
        rank -= (1 - date.mention.certainty) * 6
        // Pages after the first hold annexes as often as signatures.
        rank -= paper.annexes.contains(date.sheet) ? 60 : date.sheet == paper.sheets.first ? 0 : 6
        return rank
    }

    private func periodStart(_ dates: [ReadDate], text: DocumentText) -> Finding<CalendarDate>? {
        let starts = dates.filter { $0.role == .periodStart }
        let paired = starts.filter(\.isPaired)
        guard let start = (paired.isEmpty ? starts : paired).first else { return nil }
        return finding(start, rank: paired.isEmpty ? 50 : 75, text: text, source: "date:period_start")
    }

    private func finding(
        _ date: ReadDate, rank: Double, text: DocumentText, source: String
    ) -> Finding<CalendarDate> {
        Finding(
            value: date.mention.date, confidence: min(0.99, max(0.3, rank / 100)) * date.mention.certainty,
            page: text.pages[date.sheet].number, box: date.box, words: date.words, source: source)
    }
}
