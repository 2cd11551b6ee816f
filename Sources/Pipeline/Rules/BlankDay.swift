/// A line for the day of issue that nobody filled in: «Дата приказа «___» __________ 20__ г.», «Дата выдачи ________».
struct BlankDay {
    /// Whether the paper has one.
    let stands: Bool

    /// Looks through the lines of a paper that hold no date.
    ///
    /// - Parameter dates: all dates of the paper.
    init(of text: DocumentText, paper: IssueDateFinder.Paper, dates: [ReadDate]) {
        stands = paper.sheets.contains { sheet in
            let titles = paper.titles.indices.contains(sheet) ? paper.titles[sheet] : []
            return text.pages[sheet].lines.indices.contains { index in
                guard sheet != paper.sheets.first || index >= paper.first,
                    sheet != paper.sheets.last || index < paper.end ?? .max,
                    !dates.contains(where: { $0.sheet == sheet && $0.source == index })
                else { return false }
                let isByTitle = titles.contains { (-4...4).contains(index - $0) }
                return BlankDay.isBlank(text.pages[sheet].lines[index], isByTitle: isByTitle)
            }
        }
    }

    /// - Parameter isByTitle: near the title the blank of a day needs no label.
    private static func isBlank(_ line: TextLine, isByTitle: Bool) -> Bool {
        let words = line.words.map(\.text)
        guard let first = words.firstIndex(where: isLeftOut) else { return false }
        let isWhole = words[first...].allSatisfy { word in
            !word.contains(where: \.isNumber) || word.hasPrefix("20") || word.hasPrefix("19")
        }
        let isDay = words[first...].contains { $0.hasPrefix("20_") || $0.hasPrefix("20…") || $0.hasPrefix("20.") }
        if isDay, isByTitle, words[..<first].allSatisfy({ !$0.contains(where: \.isLetter) }) { return true }
        let label = words[..<first].joined(separator: " ").lowercased()
        return isWhole && label.split(separator: "/").contains { part in
            labels.contains(String(part.drop { $0 == " " }.reversed().drop { " :«\"“".contains($0) }.reversed()))
        }
    }

    /// A run of underscores or dots to write on.
    private static func isLeftOut(_ word: String) -> Bool {
        let core = word.filter { !"«»\"“”".contains($0) }
        return core.contains("__") || core.contains("....") || core.contains("……")
    }

    private static let labels: Set<String> = [
        "дата", "дата выдачи", "дата приказа", "дата составления", "дата издания", "дата оформления", "дата справки",
        "дата подписания", "дата документа", "дата заполнения", "дата листа", "дата заключения", "дата распоряжения",
        "дата уведомления", "выдан", "выдана", "выдано", "от", "приказ от", "күні", "берілген күні", "берілген уақыты",
        "бұйрық күні", "бұйрықтың күні", "құжат күні", "құжаттың күні", "толтырылған күні", "жасалған күні",
        "анықтама күні", "шығарылған күні", "қол қойылған күні", "берілді",
    ]
}
