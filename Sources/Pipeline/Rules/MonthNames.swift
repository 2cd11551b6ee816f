/// The names of the months in Russian (any case, usual abbreviations) and Kazakh (any ending), as OCR may print them.
enum MonthNames {
    /// What a Kazakh ending on a month makes of the date: «12 наурызда», «12 наурыздан», «12 наурыздағы № 4 бұйрық».
    enum Ending: Sendable, Hashable {
        case none, from, until, at, of
    }

    /// The month that a word names, and its Kazakh ending; nil when it names none.
    static func month(_ word: FoldedWord) -> (month: Int, ending: Ending)? {
        guard word.count >= 3, word.count <= 15 else { return nil }
        var best: (month: Int, cost: Int, name: FoldedWord, isKazakh: Bool)?
        for entry in names {
            let rest = word.codes.count - entry.name.count
            guard rest <= (entry.isKazakh ? 6 : entry.isPrefix ? 3 : 0),
                !entry.isKazakh || rest < 2 || endings.contains(FoldedWord(codes: Array(word.codes.suffix(rest)))),
                let cost = WordLikeness.cost(of: word, as: entry.name, isPrefix: entry.isPrefix)
            else { continue }
            if cost < best?.cost ?? .max { best = (entry.month, cost, entry.name, entry.isKazakh) }
        }
        guard let best else { return nil }
        return (best.month, best.isKazakh ? ending(of: word, after: best.name) : .none)
    }

    private static func ending(of word: FoldedWord, after name: FoldedWord) -> Ending {
        let rest = FoldedWord(codes: Array(word.codes.dropFirst(name.count)))
        let table: [(Ending, [FoldedWord])] = [
            (.of, words("дагы деги тагы теги ындагы индеги дагыдан")),
            (.from, words("дан ден тан тен нан нен ынан инен")),
            (.until, words("га ге ка ке ына ине")), (.at, words("да де та те ында инде")),
        ]
        return table.first { $0.1.contains(rest) }?.0 ?? .none
    }

    /// «I» to «XII», in Latin letters or Cyrillic ones that look alike.
    static func roman(_ word: FoldedWord) -> Int? {
        romans.firstIndex(of: word).map { $0 + 1 }
    }

    private static let romans = words("I II III IV V VI VII VIII IX X XI XII")

    /// Endings of two letters and more that a Kazakh month may carry; surnames begin with months too.
    private static let endings = Set(
        words(
            """
            да де та те дан ден тан тен нан нен га ге ка ке на не ды ди ты ти ны ни дын дин тын тин нын нин мен бен пен
            дагы деги тагы теги ында инде ынан инен ына ине ынын инин ындагы индеги ынды инди сы си сында синде
            сынан сына
            """.replacing("\n", with: " ")))

    private static func words(_ list: String) -> [FoldedWord] {
        list.split(separator: " ").map { FoldedWord($0) }
    }

    private static let names: [(month: Int, name: FoldedWord, isPrefix: Bool, isKazakh: Bool)] = {
        let stems = [
            "январ", "феврал", "март", "апрел", "", "июн", "июл", "август", "сентябр", "октябр", "ноябр", "декабр",
        ]
        // Three letters must be exact (`WordLikeness`), so the full forms of the short months stand here as well.
        let whole = [
            "янв", "фев", "мар", "апр", "май мая мае маю", "июня июнь июне июню", "июля июль июле июлю", "авг",
            "сен сент", "окт", "ноя нояб", "дек",
        ]
        let kazakh = [
            "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша",
            "желтоқсан",
        ]
        var table: [(month: Int, name: FoldedWord, isPrefix: Bool, isKazakh: Bool)] = []
        for month in 1...12 {
            if !stems[month - 1].isEmpty { table.append((month, FoldedWord(stems[month - 1]), true, false)) }
            for word in words(whole[month - 1]) { table.append((month, word, false, false)) }
            table.append((month, FoldedWord(kazakh[month - 1]), true, true))
        }
        return table
    }()
}
