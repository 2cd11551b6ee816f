/// The day of issue that a model proposes, taken only as a date that stands on the page, and not for something else.
struct DateProposal {
    /// `YYYY-MM-DD`.
    var date: String

    /// What the date must not be too late for, and where it may be looked for.
    struct Context {
        var today: CalendarDate
        /// The lines of titles for each page.
        var titles: [[Int]]
        var readings: [PageReading]
        /// A leave's beginning counts as the date of a paper about it.
        var isLeave: Bool
    }

    /// The date where it stands; nil when no page has it, or all that have it say that it is a birth's, another
    /// paper's, a period's.
    func finding(in text: DocumentText, _ reader: DateReader, _ context: Context) -> Finding<CalendarDate>? {
        guard let day = CalendarDate(iso: date) else { return nil }
        var best: (date: ReadDate, weight: Double)?
        for (sheet, page) in text.pages.enumerated() {
            let reading = context.readings.indices.contains(sheet) ? context.readings[sheet] : nil
            let titles = context.titles.indices.contains(sheet) ? context.titles[sheet] : []
            for found in reader.dates(of: page, reading: reading, sheet: sheet, titles: titles, today: context.today)
            where found.mention.date == day {
                guard let weight = weight(of: found, context), weight > best?.weight ?? 0 else { continue }
                best = (found, weight)
            }
        }
        guard let found = best?.date else { return nil }
        return Finding(
            value: day, confidence: SecondReader.confidence * (0.7 + 0.3 * found.mention.certainty),
            page: text.pages[found.sheet].number, box: found.box, words: found.words,
            source: "llm:\(Prompts.extractName)")
    }

    /// Nil for a date that is said to be no date of issue.
    private func weight(of found: ReadDate, _ context: Context) -> Double? {
        switch found.role {
        case .issued, .formed, .examination, .discharge, .registration:
            return found.mention.date <= context.today ? found.role?.rank : nil
        case nil:
            return found.mention.date <= context.today && !found.isPaired ? 20 : nil
        case .periodStart: return context.isLeave ? 12 : nil
        case .periodEnd, .birth, .reference, .event, .ahead: return nil
        }
    }
}
