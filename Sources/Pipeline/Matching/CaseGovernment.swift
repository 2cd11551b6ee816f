/// Which case the words before a name ask for: «предоставить» the dative, «уволить» the accusative, «с» the
/// instrumental.
///
/// Tells `Ташматову Евгению` (he, dative) from the same letters for a woman in the accusative.
enum CaseGovernment {
    /// The cases that the nearest governing word before a token asks for; empty when none stands near.
    static func cases(before token: Int, in flow: TextFlow) -> Set<GrammaticalCase> {
        if let label = label(of: token, in: flow) { return governed(by: label, in: flow) ?? [.nominative] }
        var position = flow.previous(token)
        var words = 0
        while let current = position, words < 5 {
            let found = flow.tokens[current]
            if found.isMark("."), let before = flow.previous(current), isAbbreviation(flow.tokens[before]) {
                position = before
                continue
            }
            if found.isMark(":!.;") {
                guard found.isMark(":"), words == 0, let before = flow.previous(current) else { return [] }
                return governed(by: before, in: flow) ?? [.nominative]
            }
            if found.kind == .word {
                words += 1
                if let cases = table.first(where: { $0.words.hold(found.folded) })?.cases { return cases }
            }
            position = flow.previous(current)
        }
        return []
    }

    /// «г.», a number of a date.
    private static func isAbbreviation(_ token: NameToken) -> Bool {
        token.kind == .number || token.kind == .word && token.folded.count <= 2
    }

    /// The last word of the cell to the left, when the name opens its own cell.
    private static func label(of token: Int, in flow: TextFlow) -> Int? {
        let segment = flow.segmentOfToken[token]
        guard flow.previousInSegment(token) == nil, flow.hasLabelBeside(segment), let left = flow.segments[segment].left
        else { return nil }
        let words = flow.segments[left].range.filter {
            flow.tokens[$0].kind == .word || flow.tokens[$0].kind == .initial
        }
        return words.first { flow.tokens[$0].folded == "кому" } ?? words.last
    }

    /// «Кому:», «Выдана:», «УВОЛИТЬ:» ask for their case over the colon; other labels for the nominative.
    private static func governed(by token: Int, in flow: TextFlow) -> Set<GrammaticalCase>? {
        let folded = flow.tokens[token].folded
        return table.first { $0.cases.isDisjoint(with: [.genitive, .instrumental]) && $0.words.hold(folded) }?.cases
    }

    /// Folded words, and beginnings of words (with a star).
    private struct Words {
        private var whole: Set<String> = []
        private var beginnings: [String] = []

        init(_ list: String) {
            for word in list.split(whereSeparator: \.isWhitespace) {
                let folded = NameLetters.folded(word.prefix { $0 != "*" })
                if word.closes("*") { beginnings.append(folded) } else { whole.insert(folded) }
            }
        }

        func hold(_ folded: String) -> Bool {
            whole.contains(folded) || beginnings.contains(where: folded.begins)
        }
    }

    private static let table: [(cases: Set<GrammaticalCase>, words: Words)] = [
        (
            [.dative],
            Words(
                """
                предостав* выдан выдана выдано выдать дан дана дано выплат* гражданину гражданке работнику работнице
                сотруднику сотруднице больному безработному пациенту пациентке заявителю сопровождающему
                сопровождающей работающему работающей врачу к кому отцу родителю опекуну застрахованному
                получателю налогоплательщику лицу присвоить установить объявить разрешить
                """)
        ),
        ([.dative, .genitive], Words("матери опекунши дочери")),
        (
            [.accusative],
            Words(
                """
                уволить принять считать освободить перевести направить отстранить допустить отозвать возложить на
                признать доверяю зарегистрировать назначить исключить снять поставить включить
                """)
        ),
        (
            [.instrumental],
            Words(
                """
                с со между работником работницей сотрудником сотрудницей гражданином гражданкой врачом за матерью отцом
                ребенком
                """)
        ),
        (
            [.genitive],
            Words(
                """
                заявлени* обязанност* отношении у от гражданина гражданки работника работницы сотрудника сотрудницы
                больного пациента пациентки документы дело дела имя отпуск увольнении прекращении расторжении лице
                налогоплательщика
                """)
        ),
        (
            [.nominative],
            Words("уважаемый уважаемая что гражданин гражданка пациент больной больная работник лицо")
        ),
    ]
}
