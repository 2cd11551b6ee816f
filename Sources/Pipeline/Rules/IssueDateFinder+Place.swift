/// What a date's place tells of it, without any word: issue dates are the latest of their paper.
extension IssueDateFinder {
    /// How good an issue date its place makes a date of which no listed word tells anything; nil when it is none.
    ///
    /// A paper is issued after what it tells of, so the issue date is the latest that is not ahead; it stands at the
    /// head or at the foot, as a label's value or on a short line. Dates of events stand in sentences, after
    /// prepositions, in pairs, and before the others.
    func placeRank(
        _ date: ReadDate, order: Int, among dates: [ReadDate], paper: Paper, today: CalendarDate
    ) -> Double? {
        // «Лист выписан …»: nobody is discharged on another paper than a discharge summary.
        let isOpen = date.role == nil
            || date.role == .discharge && paper.typeKey != "discharge" && date.structure.namesPaper
        guard isOpen, !date.isPaired, date.mention.date <= today, date.mention.certainty > 0.6,
            today.days(since: date.mention.date) <= IssueDateFinder.unlabelledDaysLimit,
            !paper.annexes.contains(date.sheet)
        else { return nil }
        let place = date.structure
        var score = 20.0
        let past = told(dates, today: today)
        let isNewest = past.allSatisfy { $0.mention.date <= date.mention.date }
        let others = past.filter { $0.mention.date != date.mention.date }
        score += isNewest ? (others.isEmpty ? 6 : 12) : -14
        if !place.isLabelled, !place.namesPaper, !place.hasTime { score -= 6 }
        if place.isWrapped { score -= 12 }
        if place.isLabelled { score += 8 }
        if place.namesPaper { score += 10 }
        if place.hasTime { score += 12 }
        if place.isLed || place.isBracketed { score -= 18 }
        if place.sentence > 6 { score -= 8 }
        if order == dates.count - 1 { score += 6 }
        if date.fromTitle.map({ (-5...3).contains($0) }) ?? (date.depth < 0.25) { score += 4 }
        return score >= IssueDateFinder.placeBar ? min(58, score + 14) : nil
    }

    /// The dates that a paper's issue cannot come before: leaves and next visits follow it, and may lie behind today
    /// as well.
    func told(_ dates: [ReadDate], today: CalendarDate) -> [ReadDate] {
        dates.filter { date in
            switch date.role {
            case .periodStart, .periodEnd, .ahead, .birth, .reference: false
            case .issued, .formed, .discharge, .examination, .registration, .event, nil:
                date.mention.date <= today && !date.structure.isLed && !date.structure.isBracketed
            }
        }
    }

    /// «Түскен күні 12.03.2026» stands as an issue line does, but a later such date shows it to be a field's.
    func isField(_ date: ReadDate, among dates: [ReadDate], today: CalendarDate) -> Bool {
        guard date.role == nil, date.wordsBeside > 0, date.structure.isLabelled, !date.structure.isTown,
            date.standing != .signature
        else { return false }
        // «Серия ЛН 2441884 06/11/2026» right below the title.
        if date.isNumbered, !date.structure.hasTime, date.fromTitle.map({ $0 <= 2 }) ?? (date.depth < 0.2) {
            return false
        }
        return told(dates, today: today).contains { other in
            let place = other.structure
            return other.mention.date > date.mention.date && other.role != .event && !other.isPaired
                && (place.isLabelled || place.namesPaper || place.hasTime)
        }
    }

    /// The least that a date's place must tell for it.
    static let placeBar = 38.0
}
