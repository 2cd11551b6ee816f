import Testing

@testable import Pipeline

/// Papers whose layout says what a word does: captions below the line, two halves of a sheet, blanks filled in, a name
/// over the title, notes and lists on a page of their own.
struct FormLayoutTests {
    struct Paper: Sendable, CustomTestStringConvertible {
        var type: String
        var isSingle = true
        var date: String
        var fio: String
        var reason: String
        var pages: [String]
        var testDescription: String { reason }
    }

    private static let rules = DocumentRules(
        person: { PersonFinder().holder(in: $0, type: $1) }, match: { _, _ in (true, "") })

    @Test(arguments: FormLayoutTests.papers)
    func readsAllFour(_ paper: Paper) {
        let text = DocumentText(
            pages: paper.pages.enumerated().map { PrintedPage.page($0.element, number: $0.offset + 1) })
        let found = FormLayoutTests.rules.extract(
            text, FormLayoutTests.rules.classify(text), today: WholePaperTests.today)
        #expect(found.docType?.value.key ?? "-" == paper.type, "\(paper.reason)")
        #expect(found.singleDocType.value == paper.isSingle, "\(paper.reason)")
        #expect(found.docDate?.value.description ?? "-" == paper.date, "\(paper.reason)")
        #expect(found.fio?.value.full ?? "-" == paper.fio, "\(paper.reason)")
    }

    static let papers = blanks + captions + tables + halves + letters

    private static let blanks = [
        Paper(
            type: "no_income_cert", date: "2026-11-04", fio: "Сатыбалдин Ерлан Муратович",
            reason: "day and month written into the lines of a blank",
            pages: [
                """
                ТОО «Алтын дән»
                № 41 || «_4_» __ноября___ 2026 г.
                ^ СПРАВКА
                Дана Сатыбалдину Ерлану Муратовичу в том, что с 01.06.2026 он доходов не получал.
                Директор || Абенов К.К.
                """
            ]),
        Paper(
            type: "sick_leave", date: "2026-11-02", fio: "Сатыбалдин Ерлан Муратович",
            reason: "a label before the blank, the year's end filled in as well",
            pages: [
                """
                ^ БОЛЬНИЧНЫЙ ЛИСТ
                Выдан _02_ __11__ 2026 г. серия Б
                Дата выдачи: «__02__» _ноября_ 20_26_ г.
                Ф.И.О. больного Сатыбалдин Ерлан Муратович
                Освобождён от работы с 02.11.2026 по 09.11.2026
                """
            ]),
        Paper(
            type: "termination_order", date: "-", fio: "Сатыбалдин Ерлан Муратович", reason: "a blank left empty",
            pages: [
                """
                ^ ПРИКАЗ
                «____» ______________ 20__ г. || № ___
                = О расторжении трудового договора
                Расторгнуть трудовой договор с Сатыбалдиным Ерланом Муратовичем.
                """
            ]),
    ]

    private static let captions = [
        Paper(
            type: "discharge", date: "2026-11-12", fio: "Оспанова Динара Кайратовна",
            reason: "three values in a row, the caption of each below it",
            pages: [
                """
                ^ ВЫПИСНОЙ ЭПИКРИЗ
                Оспанова Динара Кайратовна || 14.02.1990
                ~ (фамилия, имя, отчество) || (дата рождения)
                01.11.2026 || 12.11.2026
                ~ дата поступления || дата выписки
                Диагноз: острый бронхит
                """
            ]),
        Paper(
            type: "capacity_loss", date: "2026-11-10", fio: "Оспанова Динара Кайратовна",
            reason: "a department's name over the name, a caption with more words than usual below it",
            pages: [
                """
                = Хирургический отдел медико-социальной экспертизы
                ^ СПРАВКА о степени утраты общей трудоспособности
                Оспанова Динара Кайратовна
                ~ фамилия, имя, отчество застрахованного участника
                40 % || 10.11.2026
                ~ степень утраты || дата выдачи
                """
            ]),
        Paper(
            type: "disability", date: "2026-10-15", fio: "Оспанова Динара Кайратовна",
            reason: "two cells in a row: «Ф.И.О.» is a label, the office above is none",
            pages: [
                """
                Форма № 12 || Отдел медико-социальной экспертизы
                СПРАВКА ОБ ИНВАЛИДНОСТИ || № 551200
                Ф.И.О. || Оспанова Динара Кайратовна
                Выдано || 15.10.2026
                Начальник || С.С. Тлеубаев
                """
            ]),
    ]

    private static let tables = [
        Paper(
            type: "vkk", date: "2026-11-11", fio: "Жаксылыков Н А",
            reason: "one row of a protocol: the date and the person under their heads",
            pages: [
                """
                ^ ЗАКЛЮЧЕНИЕ ВКК
                № || Дата || Пациент || Возраст || Решение
                45 || 11.11.26 || Жаксылыков Н.А. || 45 лет || лечение до 20.11.26
                Председатель || Сулейменова А.К.
                """
            ]),
        Paper(
            type: "capacity_loss", date: "-", fio: "Жаксылыков Нурлан Асхатович",
            reason: "the day of the examination is no day of issue",
            pages: [
                """
                ^ СПРАВКА о степени утраты общей трудоспособности
                Жаксылыков Нурлан Асхатович
                Дата освидетельствования: 11.11.2026
                Степень утраты: 40 % до 11.11.2027
                """
            ]),
        Paper(
            type: "vkk", date: "2026-11-11", fio: "Жаксылыков Нурлан Асхатович",
            reason: "an extract from the commission's protocol",
            pages: [
                """
                ^ ВЫПИСКА ИЗ ПРОТОКОЛА ВРАЧЕБНО-КОНСУЛЬТАТИВНОЙ КОМИССИИ
                № 12 от 11.11.2026
                Пациент: Жаксылыков Нурлан Асхатович
                """
            ]),
    ]

    private static let halves = [
        Paper(
            type: "sick_leave_companion", date: "2026-11-16", fio: "Лаптева Инна Олеговна",
            reason: "the patient's half and the half of whoever accompanies",
            pages: [
                """
                ^ ЛИСТ НЕТРУДОСПОСОБНОСТИ ПО УХОДУ ЗА БОЛЬНЫМ РЕБЁНКОМ
                Данные пациента || Данные сопровождающего лица
                Лаптев Тимур Артёмович || Лаптева Инна Олеговна
                09.03.2023 || ИИН 900101400123
                Дата выдачи: 16.11.2026
                """
            ]),
        Paper(
            type: "sick_leave_companion", date: "2026-11-16", fio: "Лаптева Инна Олеговна",
            reason: "the same with a label in each half",
            pages: [
                """
                ^ СПРАВКА О НЕТРУДОСПОСОБНОСТИ ПО УХОДУ ЗА РЕБЁНКОМ
                Ребёнок || Ухаживающий
                Ф.И.О. Лаптев Тимур Артёмович || Ф.И.О. Лаптева Инна Олеговна
                Выдана 16.11.2026
                """
            ]),
        Paper(
            type: "unemployed_cert", isSingle: false, date: "2026-11-05", fio: "Лаптева Инна Олеговна",
            reason: "an order that says its subject in its text under another paper on the same page",
            pages: [
                """
                КГУ «Карьерный центр»
                ^ СПРАВКА
                № 18 от 05.11.2026
                Лаптева Инна Олеговна состоит на учёте в центре как безработная с 01.11.2026.
                ТОО «Тулпар»
                ^ ПРИКАЗ
                10.10.2026 || № 5
                Расторгнуть трудовой договор с Лаптевой Инной Олеговной.
                """
            ]),
    ]

    private static let letters = [
        Paper(
            type: "job_seeker_notice", date: "2026-11-09", fio: "Каримов Руслан Тимурович",
            reason: "written to the person above the title, signed beside the date",
            pages: [
                """
                Центр занятости города Риддер
                > Каримову Руслану Тимуровичу
                ^ Уведомление № 77
                Сообщаем, что Вы зарегистрированы в качестве лица, ищущего работу.
                09.11.2026 || А.М. Жунусов
                """
            ]),
        Paper(
            type: "childcare_cert", date: "2026-11-09", fio: "Каримова Алина Рустамовна",
            reason: "an official in full on a page of notes",
            pages: [
                """
                ТОО «Тулпар»
                ^ СПРАВКА
                № 4 от 09.11.2026
                Каримова Алина Рустамовна находится в отпуске по уходу за ребёнком.
                """,
                """
                = Памятка
                Уважаемый клиент! Приём граждан ведёт Дюсенов Марат Кайратович по средам.
                Последний больничный лист был закрыт в 2023 году.
                """,
            ]),
        Paper(
            type: "childcare_order", date: "2026-10-20", fio: "Каримова Алина Рустамовна",
            reason: "readers of an order in full on a list",
            pages: [
                """
                ТОО «Тулпар»
                = приказ
                г. Тараз || 20.10.2026
                № 118-л
                = Об отпуске по уходу за ребёнком
                Предоставить Каримовой Алине Рустамовне отпуск по уходу за ребёнком с 01.11.2026.
                """,
                """
                = Лист ознакомления
                № || Ф.И.О. || Дата
                1 || Дюсенов Марат Кайратович || 21.10.2026
                """,
            ]),
        Paper(
            type: "termination_cert", date: "2026-10-30", fio: "Каримова Алина Рустамовна",
            reason: "number and date behind the sender's name",
            pages: [
                """
                ТОО «Тулпар Логистик» № 512-к от 30.10.2026
                ^ Справка
                Подтверждаем, что трудовой договор с Каримовой Алиной Рустамовной расторгнут 12.10.2026.
                """
            ]),
    ]
}
