import Testing

@testable import Pipeline

/// One paper or several: the types that a file of some pages holds.
struct SeveralPapersTests {
    private let rules = TypeClassifier(rules: TypeRules(catalog: .builtIn))

    private func keys(_ pages: String...) -> [String] {
        let text = DocumentText(pages: pages.enumerated().map { PrintedPage.page($0.element, number: $0.offset + 1) })
        return rules.classify(text).types.map(\.value.key)
    }

    private let sheet = "= Поликлиника\n\n^ ЛИСТ ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ\n\nВыдан: 02.11.2026\nВрач Ким В."
    private let order = "= ТОО «Мир»\n\n^ ПРИКАЗ\nО расторжении трудового договора\n\nУволить Ким А.\nДиректор"

    @Test
    func findsTwoTypesOnTwoPages() {
        #expect(keys(sheet, order) == ["sick_leave", "termination_order"])
        #expect(keys(order, sheet) == ["termination_order", "sick_leave"])
    }

    @Test
    func findsTwoTypesOnOnePage() {
        #expect(keys(sheet + "\n\n\n" + order) == ["sick_leave", "termination_order"])
    }

    @Test
    func takesTwoLanguagesForOnePaper() {
        #expect(keys("^ МҮГЕДЕКТІК ТУРАЛЫ АНЫҚТАМА\nБерілді", "^ СПРАВКА ОБ ИНВАЛИДНОСТИ\nВыдана") == ["disability"])
        #expect(keys("^ МҮГЕДЕКТІК ТУРАЛЫ АНЫҚТАМА\n^ СПРАВКА ОБ ИНВАЛИДНОСТИ\nВыдана") == ["disability"])
    }

    @Test
    func takesAnAnnexForAPartOfItsPaper() {
        #expect(keys(order, "= Приложение 1\n^ ЛИСТ ОЗНАКОМЛЕНИЯ\n1 Ким А. 02.11.2026") == ["termination_order"])
        #expect(keys(sheet, "Памятка пациенту. При ухудшении обратиться в поликлинику.") == ["sick_leave"])
    }

    @Test
    func skipsAnEmptyFirstPage() {
        #expect(keys("", sheet) == ["sick_leave"])
    }

    @Test
    func takesAHeadingInsideAPaperForNoPaper() {
        let epicrisis = """
            ^ ВЫПИСНОЙ ЭПИКРИЗ
            Пациент: Ким А. Поступил 01.11.2026, выписан 10.11.2026.

            Заключение
            Открыт лист нетрудоспособности № 5 с 01.11.2026. Справка ВКК не требуется.
            Выписка из истории болезни выдана на руки.
            """
        #expect(keys(epicrisis) == ["discharge"])
    }

    @Test
    func takesACompanionsSheetForOnePaperInBothLanguages() {
        let kazakh = "^ ЕҢБЕККЕ УАҚЫТША ЖАРАМСЫЗДЫҚ ПАРАҒЫ\nБерілген күні: 02.11.2026"
        let russian = "^ БОЛЬНИЧНЫЙ ЛИСТ НА СОПРОВОЖДАЮЩЕГО\nВыдан: 02.11.2026"
        #expect(keys(kazakh, russian) == ["sick_leave_companion"])
    }

    @Test
    func findsNothingInAnEmptyDocument() {
        #expect(keys("") == [])
        #expect(keys("|| ---") == [])
    }
}
