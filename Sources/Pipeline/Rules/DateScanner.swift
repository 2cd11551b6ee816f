/// A date that stands in the text, in any of the written forms.
struct DateMention: Sendable, Hashable {
    var date: CalendarDate
    /// The index in `PageReading.lines` of the line it begins on, and of the line it ends on.
    var line: Int
    var lastLine: Int
    /// Its first word in the first line, and its last word in the last line.
    var word: Int
    var lastWord: Int
    /// What a Kazakh ending on its month says.
    var ending: MonthNames.Ending
    /// 1 for a date read without doubt; less for a guessed separator, a two-digit year.
    var certainty: Double
}

/// Finds dates: 12.03.2026, 12.03.26, 12/03/2026, 2026-03-12, «12» марта 2026 г., 2026 года 12 марта, 2026 жылғы
/// 12 наурыз, 12-наурыз 2026 ж., and what OCR makes of them (letters for digits, spaces inside, marks lost).
struct DateScanner {
    private let lexemes: [DateLexeme]
    private let assumedYear: ((Int, Int) -> Int)?
    /// Where the second date of a range with a shared month begins, «12–26.03.2026».
    private var rangeEnd = -1

    /// Scans the pieces of one page.
    ///
    /// - Parameter assumedYear: the year of a day and month that stand without one; nil when such are no dates.
    init(_ lexemes: [DateLexeme], assumedYear: ((_ month: Int, _ day: Int) -> Int)? = nil) {
        self.lexemes = lexemes
        self.assumedYear = assumedYear
    }

    /// Years that a paper of today may speak of.
    private static let years = 1930...2060

    /// All dates, in reading order; none overlap.
    func mentions() -> [DateMention] {
        var scanner = self
        return scanner.scan()
    }

    private mutating func scan() -> [DateMention] {
        var found: [DateMention] = []
        var index = 0
        var end = -1
        while index < lexemes.count {
            if let (mention, next) = mention(at: index, after: end) {
                found.append(mention)
                index = next
                end = next
            } else {
                index += 1
            }
        }
        return found
    }

    /// - Parameter end: where the last date ended: a dash right after it joins a period's second date.
    private mutating func mention(at index: Int, after end: Int) -> (DateMention, Int)? {
        guard lexemes[index].number != nil else { return spelled(index) }
        guard end == index - 1 || index == rangeEnd || !isInsideNumber(index) else { return nil }
        return yearFirst(index) ?? numeric(index) ?? dayMonth(index) ?? sharedDay(index) ?? yearless(index)
    }

    /// Whether digits go on from the piece before: «8.12.03.2026», «245-12-11-26».
    private func isInsideNumber(_ index: Int) -> Bool {
        guard index >= 2, lexemes[index].isGlued, lexemes[index - 1].isGlued, let mark = lexemes[index - 1].mark else {
            return false
        }
        return (mark == "-" || mark == "/") && lexemes[index - 2].number != nil
    }

    // MARK: Digits only

    private func numeric(_ start: Int) -> (DateMention, Int)? {
        var at = start
        guard let first = number(&at), first.count <= 4 else { return nil }
        var marks: [Character] = []
        if first.count == 4, let split = split(first, at: 2) {
            // «1203.2026»: the first mark was lost.
            skipMarks(&at, &marks)
            if marks.contains(where: { $0 != "_" }), let year = number(&at), year.count == 4 {
                return made(split.0, split.1, year, from: start, to: at, certainty: 0.8)
            }
            return nil
        }
        if first.count == 3 { return crowdedDay(first, from: start, at: at) }
        guard first.count <= 2 else { return nil }
        skipMarks(&at, &marks)
        guard isOneLine(start, at), let second = number(&at) else { return nil }
        if second.count == 6, let split = split(second, at: 2), !marks.isEmpty {
            return made(first, split.0, split.1, from: start, to: at, certainty: 0.8)
        }
        guard second.count <= 2 else { return nil }
        skipMarks(&at, &marks)
        guard isOneLine(start, at), let third = year(&at, marks: marks) else { return nil }
        // The line of a blank that was filled in, «_18_._10_.2026», parts nothing.
        let separators = marks.filter { $0 != "\"" && $0 != "_" }
        // Without any mark three numbers in a row are a date only when written in full.
        if separators.isEmpty, !(first.count == 2 && second.count == 2 && third.text.count == 4) { return nil }
        if third.text.count == 2, separators.contains("-") || separators.count < 2 { return nil }
        if separators.contains(":") || separators.contains("(") || separators.contains("№") { return nil }
        let certainty = third.text.count == 2 ? 0.85 : separators.count < 2 ? 0.75 : 1
        return made(first, second, third.text, from: start, to: at, certainty: certainty)
    }

    /// «351.10.2026»: a speck read as a digit of the day, when only one digit can go.
    private func crowdedDay(_ day: String, from start: Int, at: Int) -> (DateMention, Int)? {
        var at = at
        var marks: [Character] = []
        skipMarks(&at, &marks)
        guard let month = number(&at), month.count == 2 else { return nil }
        skipMarks(&at, &marks)
        guard marks == [".", "."], isOneLine(start, at), let year = number(&at), year.count == 4 else { return nil }
        let days = Set(
            day.indices.map { index in
                var rest = day
                rest.remove(at: index)
                return rest
            })
        let found = days.compactMap { made($0, month, year, from: start, to: at, certainty: 0.6) }
        return Set(found.map(\.0.date)).count == 1 ? found[0] : nil
    }

    /// Four digits, two digits, or «20 26».
    private func year(_ at: inout Int, marks: [Character]) -> (text: String, isSplit: Bool)? {
        guard let text = number(&at) else { return nil }
        if text.count == 4 { return (text, false) }
        guard text.count == 2 else { return nil }
        if text == "20" || text == "19" {
            // «20_26_ г.»: the printed century, and the year that was filled in.
            var next = at
            while lexemes.indices.contains(next), lexemes[next].mark == "_" { next += 1 }
            if isOneLine(at - 1, next), let rest = lexemes[next].number, rest.count == 2 {
                at = next + 1
                return (text + rest, true)
            }
            // «20__ г.»: nobody filled it in.
            if next > at { return nil }
        }
        // «12.03.26.15»: something else.
        if at + 1 < lexemes.count, lexemes[at].mark == ".", lexemes[at].isGlued, lexemes[at + 1].isGlued,
            lexemes[at + 1].number != nil
        {
            return nil
        }
        return (text, false)
    }

    // MARK: Year first

    /// `2026-03-12`, «2026 жылғы 12 наурыз», «2026 ж. «12» наурыз», «2026 года 12 марта», «2026 ж. 12.03.».
    private func yearFirst(_ start: Int) -> (DateMention, Int)? {
        var at = start
        guard let year = number(&at), year.count == 4, let value = Int(year), DateScanner.years.contains(value) else {
            return nil
        }
        var marks: [Character] = []
        skipMarks(&at, &marks)
        // «№ 1977, 18 қараша 2026 жыл»: a number.
        if start > 0, lexemes[start - 1].mark == "№", !isYearWord(at) { return nil }
        if let word = lexemes.indices.contains(at) ? lexemes[at].folded : nil {
            guard DateScanner.yearWords.contains(word) else { return nil }
            at += 1
            let wordEnd = at
            skipMarks(&at, &marks)
            // «… с 2019 года.» over «6 ноября 2026 года»: a sentence ended between.
            if word.count > 2, lexemes.indices.contains(at), lexemes[at].line != lexemes[start].line,
                lexemes[wordEnd].mark == "."
            {
                return nil
            }
            // «2026 ж./г. «07» шілде/июля»: both languages' word.
            if isYearWord(at) {
                at += 1
                skipMarks(&at, &marks)
            }
        }
        guard let day = number(&at), day.count <= 2 else { return nil }
        var between: [Character] = []
        skipMarks(&at, &between)
        skipOrdinal(&at)
        if lexemes.indices.contains(at), let word = lexemes[at].folded, let name = MonthNames.month(word) {
            at += 1
            return made(day, String(name.month), year, from: start, to: at, certainty: 1, ending: name.ending)
        }
        // All digits: the second number is the month.
        let isDashed = marks.contains("-") && between.contains("-") || marks.contains(".") && between.contains(".")
        guard isDashed, marks.count == 1, isOneLine(start, at), let last = number(&at), last.count <= 2 else {
            return nil
        }
        return made(last, day, year, from: start, to: at, certainty: 1)
    }

    // MARK: Day and month in words

    /// «12» марта 2026 г., 12-наурыз 2026 жыл, 12 марта 26 г., and «с 12 марта по 20 июня 2026» for its first half.
    private func dayMonth(_ start: Int) -> (DateMention, Int)? {
        var at = start
        guard let day = number(&at), day.count <= 2 else { return nil }
        var marks: [Character] = []
        skipMarks(&at, &marks)
        skipOrdinal(&at)
        skipMarks(&at, &marks)
        guard !marks.contains(":"), !marks.contains("("), lexemes.indices.contains(at), let word = lexemes[at].folded
        else { return nil }
        guard let name = MonthNames.month(word) ?? MonthNames.roman(word).map({ ($0, .none) }) else {
            return sharedMonth(start, day: day, at: at)
        }
        at += 1
        skipSecondMonth(name.month, &at)
        let monthEnd = at
        skipMarks(&at, &marks)
        if let year = year(&at, marks: []), isNear(start, at) {
            let isFull = year.text.count == 4
            if isFull || isYearWord(at) {
                return made(
                    day, String(name.month), year.text, from: start, to: at, certainty: isFull ? 1 : 0.8,
                    ending: name.ending)
            }
        }
        return sharedYear(start, day: day, month: name.month, at: monthEnd)
    }

    /// The year of the period's end for «с 12 марта по 20 июня 2026 года».
    private func sharedYear(_ start: Int, day: String, month: Int, at: Int) -> (DateMention, Int)? {
        guard lexemes.indices.contains(at), lexemes[at].folded == DateScanner.until else { return nil }
        var next = at + 1
        var marks: [Character] = []
        skipMarks(&next, &marks)
        guard lexemes.indices.contains(next), let (end, _) = dayMonth(next) ?? numeric(next) else { return nil }
        let year = end.date.month < month ? end.date.year - 1 : end.date.year
        return made(day, String(month), String(year), from: start, to: at, certainty: 0.9)
    }

    /// Month and year of the period's end for «12–26.03.2026» and «с 12 по 26.03.2026».
    private mutating func sharedDay(_ start: Int) -> (DateMention, Int)? {
        guard let day = lexemes[start].number, day.count <= 2, lexemes.indices.contains(start + 2),
            lexemes[start + 1].mark == "-" || lexemes[start + 1].folded == DateScanner.until
        else { return nil }
        var next = start + 2
        var marks: [Character] = []
        skipMarks(&next, &marks)
        guard lexemes.indices.contains(next), lexemes[next].number != nil, marks.allSatisfy({ $0 == "\"" }),
            let (end, _) = numeric(next) ?? dayMonth(next), Int(day) ?? 0 < end.date.day, end.certainty > 0.8
        else { return nil }
        rangeEnd = next
        return made(
            day, String(end.date.month), String(end.date.year), from: start, to: start + 1, certainty: 0.85)
    }

    /// «от «20» октября» with its year lost or left out: the caller knows which.
    private func yearless(_ start: Int) -> (DateMention, Int)? {
        guard let day = lexemes[start].number, (1...2).contains(day.count), let year = assumedYear else { return nil }
        // «№ 25-дек» is a number with an index.
        guard start == 0 || lexemes[start - 1].mark != "№" else { return nil }
        var at = start + 1
        var marks: [Character] = []
        skipMarks(&at, &marks)
        guard marks.allSatisfy({ "\"-._".contains($0) }), isOneLine(start, at),
            let name = lexemes[at].folded.flatMap(MonthNames.month)
        else { return nil }
        return made(
            day, String(name.month), String(year(name.month, Int(day) ?? 0)), from: start, to: at + 1, certainty: 0.4,
            ending: name.ending)
    }

    /// «двадцать пятого сентября две тысячи двадцать шестого года», «бірінші қараша 2026 жыл».
    private func spelled(_ start: Int) -> (DateMention, Int)? {
        func words(_ from: Int, _ count: Int) -> [FoldedWord] {
            lexemes[min(from, lexemes.count)...].prefix(count).prefix { $0.folded != nil }.compactMap(\.folded)
        }
        guard lexemes[start].folded?.count ?? 0 >= 2, let day = DateWords.day(words(start, 2)) else { return nil }
        var at = start + day.length
        guard lexemes.indices.contains(at), let word = lexemes[at].folded, let name = MonthNames.month(word) else {
            return nil
        }
        at += 1
        if let year = DateWords.year(words(at, 4)) {
            return made(
                String(day.value), String(name.month), String(year.value), from: start, to: at + year.length,
                certainty: 0.9, ending: name.ending)
        }
        guard let year = number(&at), year.count == 4 else { return nil }
        return made(String(day.value), String(name.month), year, from: start, to: at, certainty: 0.9)
    }

    /// Month and year of the period's end for «с 12 по 20 марта 2026 года».
    private func sharedMonth(_ start: Int, day: String, at: Int) -> (DateMention, Int)? {
        guard lexemes.indices.contains(at), lexemes[at].folded == DateScanner.until else { return nil }
        var next = at + 1
        var marks: [Character] = []
        skipMarks(&next, &marks)
        guard lexemes.indices.contains(next), lexemes[next].number != nil, let (end, _) = dayMonth(next) else {
            return nil
        }
        return made(
            day, String(end.date.month), String(end.date.year), from: start, to: at, certainty: 0.9)
    }

    // MARK: Pieces

    private static let until = FoldedWord("по")
    private static let yearWords: Set<FoldedWord> = Set(
        ["г", "гг", "год", "года", "году", "ж", "жыл", "жылы", "жылғы", "жылдың", "жылдын", "жылги", "жылры"].map {
            FoldedWord($0)
        })
    private static let ordinals: Set<FoldedWord> = Set(
        ["го", "ое", "е", "ші", "шi", "шы", "инші", "ыншы", "нші"].map { FoldedWord($0) })

    private func number(_ at: inout Int) -> String? {
        guard lexemes.indices.contains(at), let text = lexemes[at].number else { return nil }
        at += 1
        return text
    }

    private func skipMarks(_ at: inout Int, _ marks: inout [Character]) {
        while lexemes.indices.contains(at), let mark = lexemes[at].mark, mark != ")" {
            marks.append(mark)
            at += 1
        }
    }

    private func skipOrdinal(_ at: inout Int) {
        if lexemes.indices.contains(at), let word = lexemes[at].folded, DateScanner.ordinals.contains(word) { at += 1 }
    }

    /// «шілде/июля».
    private func skipSecondMonth(_ month: Int, _ at: inout Int) {
        guard lexemes.indices.contains(at + 1), lexemes[at].mark == "/", let word = lexemes[at + 1].folded,
            MonthNames.month(word)?.month == month
        else { return }
        at += 2
    }

    private func isYearWord(_ at: Int) -> Bool {
        lexemes.indices.contains(at) && lexemes[at].folded.map(DateScanner.yearWords.contains) ?? false
    }

    private func isOneLine(_ start: Int, _ at: Int) -> Bool {
        lexemes.indices.contains(at) && lexemes[at].line == lexemes[start].line
    }

    private func isNear(_ start: Int, _ at: Int) -> Bool {
        lexemes[at - 1].line - lexemes[start].line <= 1
    }

    private func split(_ text: String, at count: Int) -> (String, String)? {
        (String(text.prefix(count)), String(text.dropFirst(count)))
    }

    private func made(
        _ day: String, _ month: String, _ year: String, from start: Int, to end: Int, certainty: Double,
        ending: MonthNames.Ending = .none
    ) -> (DateMention, Int)? {
        guard var day = Int(day), let month = Int(month), var number = Int(year) else { return nil }
        var certainty = certainty
        // «51.10.2026»: print's 3 read as 5 or 8; nothing else begins a day so.
        if (50...51).contains(day) || (80...81).contains(day), year.count == 4 {
            day = 30 + day % 10
            certainty *= 0.5
        }
        // Two digits: papers look back on births, and ahead on terms of a few years.
        if year.count == 2 { number += number <= 40 ? 2000 : 1900 }
        guard DateScanner.years.contains(number), let date = CalendarDate(year: number, month: month, day: day) else {
            return nil
        }
        let first = lexemes[start]
        let last = lexemes[end - 1]
        let mention = DateMention(
            date: date, line: first.line, lastLine: last.line, word: first.word, lastWord: last.word, ending: ending,
            certainty: certainty)
        return (mention, end)
    }
}
