/// Which case the words before a name ask for: «предоставить» the dative, «уволить» the accusative, «с» the
/// instrumental.
///
/// Tells `Ташматову Евгению` (he, dative) from the same letters for a woman in the accusative.
enum CaseGovernment {
    /// The cases that the nearest governing word before a token asks for; empty when none stands near.
    static func cases(before token: Int, in flow: TextFlow) -> Set<GrammaticalCase> {
        var position = flow.previous(token)
        var words = 0
        while let current = position, words < 5 {
            let found = flow.tokens[current]
            if found.isMark(":!.;") { return found.isMark(":") && words == 0 ? [.nominative] : [] }
            if found.kind == .word {
                words += 1
                for (cases, stems) in table where stems.contains(where: { matches($0, found.folded) }) { return cases }
            }
            position = flow.previous(current)
        }
        return []
    }

    private static func matches(_ stem: String, _ folded: String) -> Bool {
        stem.hasSuffix("*") ? folded.hasPrefix(stem.dropLast()) : folded == stem
    }

    private static let table: [(Set<GrammaticalCase>, [String])] = [
        (
            [.dative],
            [
                "предостав*", "выдан", "выдана", "выдано", "дан", "дана", "дано", "выплат*", "гражданину", "гражданке",
                "работнику", "работнице", "сотруднику", "сотруднице", "больному", "безработному", "пациенту",
                "пациентке",
                "заявителю", "сопровождающему", "сопровождающей", "работающему", "работающей", "врачу", "к", "кому",
            ]
        ),
        (
            [.accusative],
            [
                "уволить", "принять", "считать", "освободить", "перевести", "направить", "отстранить", "допустить",
                "отозвать",
                "возложить", "на", "признать", "доверяю",
            ]
        ),
        (
            [.instrumental],
            ["с", "со", "между", "работником", "работницей", "сотрудником", "гражданином", "врачом", "за"]
        ),
        (
            [.genitive],
            [
                "заявлени*", "обязанност*", "отношении", "у", "от", "гражданина", "гражданки", "работника", "работницы",
                "сотрудника", "сотрудницы", "больного", "пациента", "пациентки", "документы", "дело", "дела", "имя",
                "отпуск",
            ]
        ),
        ([.nominative], ["уважаемый", "уважаемая", "что", "гражданин", "гражданка", "пациент", "больной", "работник"]),
    ]
}
