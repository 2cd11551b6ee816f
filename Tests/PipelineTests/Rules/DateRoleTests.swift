import Testing

@testable import Pipeline

/// What the words around a date make of it: the role of the first date of each text (`/` breaks lines, `||` parts
/// cells), with the reason. `-` means that nothing says what the date is.
struct DateRoleTests {
    @Test(arguments: TableRow.rows(roles))
    func tellsTheRole(_ row: TableRow) {
        let page = PrintedPage.page(row.text.replacing(" / ", with: "\n"))
        let found = DateReader().dates(of: page, sheet: 0, titles: [])
        #expect(found.first.map { $0.role?.rawValue ?? "-" } == row.expected, "\(row.text): \(row.reason)")
    }

    @Test(arguments: TableRow.rows(apart))
    func knowsAnIssueLine(_ row: TableRow) {
        let page = PrintedPage.page(row.text.replacing(" / ", with: "\n"))
        let found = DateReader().dates(of: page, sheet: 0, titles: [])
        #expect(found.first.map { $0.isAlone ? "yes" : "no" } == row.expected, "\(row.text): \(row.reason)")
    }

    private static let roles = """
        Дата выдачи: 12.03.2026 | issued | label
        Дата выдачи справки 12.03.2026 | issued | longer label
        Дата составления: «12» марта 2026 г. | issued | label
        Дата документа 12.03.2026 | issued | label
        Дата приказа: 12.03.2026 | issued | the order's own date
        Дата: 12.03.2026 Номер: 14 | issued | bare label
        Выдан: 12.03.2026 | issued | participle as a label
        Справка выдана 12.03.2026 | issued | participle
        Заключение оформлено 12.03.2026 | issued | participle
        Берілген күні: 12.03.2026 | issued | Kazakh label
        Берілген күні / Дата выдачи: 12.03.2026 | issued | two languages
        Күні / Дата: 12.03.2026 | issued | two languages
        2026 жылғы 12 наурызда берілді | issued | Kazakh verb after it
        Құжат күні: 12.03.2026 | issued | Kazakh label
        Толтырылған күні 12.03.2026 | issued | filled in
        Дата составления || Номер / 12.03.2026 || 45 | issued | header above
        Күні / Дата || Нөмірі / 12.03.2026 || 45 | issued | header above, two languages
        Документ сформирован 12.03.2026 | formed | by a system
        Дата формирования: 12.03.2026 10:15 | formed | label
        Дата и время получения 12.03.2026 15:56 | formed | portal
        Алу күні мен уақыты: 12.03.2026 15:56 | formed | Kazakh portal
        Құжат қалыптастырылған күні 12.03.2026 | formed | Kazakh
        Подписано ЭЦП 12.03.2026 | formed | signature
        Дата выписки: 12.03.2026 | discharge | label
        Выписан 12.03.2026 | discharge | participle
        Шығарылған күні 12.03.2026 | discharge | Kazakh
        12.03.2026 шығарылды | discharge | Kazakh verb after it
        Дата заседания комиссии: 12.03.2026 | examination | commission
        Дата освидетельствования 12.03.2026 | examination | commission
        Комиссия отырысының күні: 12.03.2026 | examination | Kazakh
        Дата рождения: 12.03.1986 | birth | label
        Сапаров Ерік, 12.03.1986 г.р. | birth | after it
        Сапаров Ерік, 12.03.1986 года рождения | birth | after it
        Туған күні: 12.03.1986 | birth | Kazakh label
        1986 жылы 12.03.1986 туған | birth | Kazakh after it
        Сапаров Ерік, 12.03.1986 ж.т. | birth | Kazakh short
        родился 12.03.1986 | birth | verb
        трудовой договор № 14 от 12.03.2020 | reference | contract
        на основании заявления от 12.03.2026 | reference | application
        Основание: приказ № 4 от 12.03.2026 | reference | grounds
        утверждена приказом от 12.03.2020 № 175 | reference | approval
        согласно приказу № 4 от 12.03.2026 | reference | another order
        протокол № 8 от 12.03.2026 | reference | minutes
        2026 жылғы 12 наурыздағы № 4 бұйрық | reference | Kazakh attributive
        12.03.2026 өтініш негізінде | reference | Kazakh application
        Негіздеме: өтініш 12.03.2026 | reference | Kazakh grounds
        Закон РК от 7 января 2003 года | reference | law
        свидетельство о рождении от 12.03.2026 | birth | no issue date either way
        предыдущее заключение от 12.03.2026 | reference | an earlier paper
        лист нетрудоспособности № 4 от 12.03.2026 | reference | another paper
        Освобождён от работы на весь указанный в листе срок полностью. Дата оформления листа / 12.03.2026 | issued | \
        a label at the end of running text
        с 12.03.2026 по 20.03.2026 | periodStart | period
        в период с 12.03.2026 | periodStart | period
        начиная с 12.03.2026 | periodStart | period
        Дата начала: 12.03.2026 | periodStart | label
        2026 жылғы 12 наурыздан бастап | periodStart | Kazakh
        12.03.2026 бастап 20.03.2026 дейін | periodStart | Kazakh period
        12.03.2026 – 20.03.2026 | periodStart | joined by a dash
        до 12.03.2027 | periodEnd | end
        по 12.03.2027 включительно | periodEnd | end
        12.03.2027 дейін | periodEnd | Kazakh
        2027 жылғы 12 наурызға дейін | periodEnd | Kazakh
        Дата окончания 12.03.2027 | periodEnd | label
        действительна до 12.03.2027 | periodEnd | end of validity
        Явка на приём 12.03.2027 | ahead | next visit
        Дата переосвидетельствования: 12.03.2027 | ahead | next examination
        приступить к работе 12.03.2026 | ahead | back to work
        Келесі қаралу 12.03.2027 | ahead | Kazakh next visit
        Дата поступления: 12.03.2026 | event | admission
        поступил 12.03.2026 в отделение | event | admission
        Түскен күні 12.03.2026 | event | Kazakh admission
        уволен 12.03.2026 по собственному желанию | event | dismissal
        операция 12.03.2026: аппендэктомия | event | treatment
        Дата регистрации: 12.03.2026 | registration | register
        Дата постановки на учёт 12.03.2026 | registration | register
        Тіркелген күні: 12.03.2026 | registration | Kazakh register
        № 45 от 12.03.2026 | - | its place must tell
        № 45-л/с 12.03.2026 | - | a number's index is no preposition
        Поступила 12.03.2026, выписана 20.03.2026 | event | the word after the comma is the next date's
        Лист выписан 12.03.2026 | issued | a paper is written out, a patient discharged
        Справка дана 12.03.2026 | issued | participle beside its noun
        акт экспертизы № 5 от 12.03.2026 | reference | the number is another paper's
        Дата выдачи удостоверения: 12.03.2026 | reference | another paper's issue
        Кардиологом осмотрен Марта С. 12.03.2026 | - | names are no cues
        г. Алматы 12.03.2026 | - | its place must tell
        """

    private static let apart = """
        № 45 от 12.03.2026 | yes | number and date
        12.03.2026 || № 45 || г. Алматы | yes | three columns
        г. Усть-Каменогорск || 12 марта 2026 года | yes | a town of two words
        Алматы қаласы || 12.03.2026 | yes | Kazakh town
        Исх. № 45/1 от «12» марта 2026 г. | yes | outgoing number
        Рег. № 45 Дата выдачи 12.03.2026 | yes | register number and label
        2026 жылғы 12 наурыз № 45 | yes | Kazakh
        ПРИКАЗ № 45 от 12.03.2026 | yes | the title itself
        12.03.2026 | yes | nothing else
        т. Шымкент || 12.03.2026 | yes | a misread town mark
        Принят на работу 12.03.2026 | no | sentence
        с 12.03.2026 по 20.03.2026 | no | period
        Сапаров Ерік 12.03.2026 | no | a name, no town
        1 Сапаров Е. 12.03.2026 | no | a row of a list
        Показатель || 12.03.2026 || 14.03.2026 | no | two days
        Основание: заявление от 12.03.2026 | no | grounds
        """
}
