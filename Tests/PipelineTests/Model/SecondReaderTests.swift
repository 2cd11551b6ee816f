import Dependencies
import Observability
import Testing

@testable import Pipeline

/// When a model is asked, what of its answers is believed, and that the rules' answer stands otherwise.
struct SecondReaderTests {
    private static let fio = "Ахметов Данияр Маратович"

    /// A paper in words that no list of the rules has: neither its type nor its date is found.
    private static let unlisted = PrintedPage.document(
        """
        = Медицинский центр «Шипа»
        ^ ОСВОБОЖДЕНИЕ ОТ ТРУДА
        Пациент: Ахметов Данияр Маратович, 14.02.1990 года рождения.
        Освобождается от выхода на службу вследствие простуды сроком на десять дней.
        Случай зафиксирован у нас 12.11.2026 и внесён в систему на посту, основание: заявление от 09.11.2026.
        Врач: Петров Пётр Петрович
        """)

    /// A paper that the rules are sure of.
    private static let plain = PrintedPage.document(
        """
        ^ ЛИСТ О ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ
        № 12345
        Дата выдачи: 12.11.2026
        Пациент: Ахметов Данияр Маратович
        Освобождён от работы с 12.11.2026 по 20.11.2026
        Врач: Петров П.П.
        """)

    @Test func isNotAskedWhereTheRulesAreSure() {
        let model = ScriptedModel()
        let reading = SecondReading(Self.plain, model, fio: Self.fio)
        #expect(reading.verdict, "\(reading.reasons)")
        #expect(model.asked.isEmpty)
        #expect(reading.consultations.isEmpty)
    }

    @Test func findsTheTypeThatTheRulesDoNot() throws {
        let model = ScriptedModel(ScriptedModel.type("sick_leave", quote: "освобождение от труда"))
        let reading = SecondReading(Self.unlisted, model, fio: Self.fio)
        try #require(reading.own.docType == nil, "the paper must be unlisted")
        let type = try #require(reading.found.docType)
        #expect(type.value.key == "sick_leave")
        #expect(type.source == "llm:classify-v1")
        #expect(type.words == "ОСВОБОЖДЕНИЕ ОТ ТРУДА")
        #expect(type.page == 1 && type.box != nil)
        #expect(type.confidence < 0.75, "a model is no authority")
        #expect(reading.outcome(.docType) == .taken)
    }

    /// Types: words of the page that show it, a type of the catalog.
    @Test(arguments: [
        ("sick_leave", "лист нетрудоспособности"), ("sick_leave", ""), ("sick_leave", "труда"),
        ("sick_leave", "ОСВОБОЖДЕНИЕ ТРУДА"), ("passport", "ОСВОБОЖДЕНИЕ ОТ ТРУДА"), ("", ""),
    ])
    func takesNoTypeThatThePageDoesNotShow(key: String, quote: String) {
        let reading = SecondReading(
            Self.unlisted, ScriptedModel(ScriptedModel.type(key, quote: quote)), fio: Self.fio)
        #expect(reading.found.docType == nil)
        #expect(reading.outcome(.docType) == .refused)
        #expect(reading.reasons.contains(.docTypeUnknown))
    }

    @Test func aModelThatKnowsNothingChangesNothing() {
        let answers = ScriptedModel.type("unknown", quote: "").merging(ScriptedModel.fields()) { $1 }
        let reading = SecondReading(Self.unlisted, ScriptedModel(answers), fio: Self.fio)
        #expect(reading.found.docType == nil && reading.found.docDate == reading.own.docDate)
        #expect(reading.outcome(.docType) == .nothing)
    }

    /// Dates of the paper, each with whether it may be the date of issue.
    @Test(arguments: [
        ("2026-11-12", true), ("1990-02-14", false), ("2026-11-09", false), ("2026-11-13", false),
        ("2027-11-12", false), ("12.11.2026", false), ("yesterday", false),
    ])
    func takesOnlyADateThatStandsThereForNothingElse(date: String, isTaken: Bool) throws {
        let answers = ScriptedModel.type("sick_leave", quote: "освобождение от труда")
            .merging(ScriptedModel.fields(date: date)) { $1 }
        let reading = SecondReading(Self.unlisted, ScriptedModel(answers), fio: Self.fio, askBelow: 1)
        #expect((reading.found.docDate?.source == "llm:extract-v1") == isTaken, "\(reading.found.docDate as Any)")
        if isTaken {
            let found = try #require(reading.found.docDate)
            #expect(found.value.description == date)
            #expect(found.words.contains("12.11.2026") && found.page == 1)
        } else {
            #expect(reading.outcome(.docDate) == .refused)
            #expect(reading.found.docDate == nil)
        }
    }

    @Test(arguments: [
        ("обращение студентки Нгуен Тхи Лан и оказание ей помощи", "Нгуен Тхи Лан"),
        ("лечение прошёл Сунь Ят Сен", "Сунь Ят Сен"),
        ("лечение прошла Шарма Прия Лакшми и выписана", "Шарма Прия Лакшми"),
    ])
    func findsANameThatNoRuleKnowsForOne(line: String, name: String) throws {
        let text = PrintedPage.document(
            """
            ^ ЛИСТ О ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ
            Дата выдачи: 12.11.2026
            Настоящим подтверждается \(line)
            Врач: Петров Пётр Петрович
            """)
        let reading = SecondReading(text, ScriptedModel(ScriptedModel.fields(name)), fio: name, askBelow: 1)
        let fio = try #require(reading.found.fio)
        #expect(fio.value.full == name, "\(fio)")
        #expect(fio.words.hasPrefix(name) && fio.source == "llm:extract-v1")
        #expect(reading.own.fio?.value.full != name, "the rules must not know it")
    }

    /// A part of a longer name is another person's name.
    @Test(arguments: ["Хван Сун", "Сун Хи", "Ахметов Данияр"])
    func cutsNothingOutOfALongerName(name: String) {
        let text = PrintedPage.document(
            """
            ^ ЛИСТ О ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ
            Дата выдачи: 12.11.2026
            Настоящим подтверждается обращение, больной: Хван Сун Хи, проживает в городе Алматы
            Пациент Ахметов Данияр Маратович
            """)
        let reading = SecondReading(text, ScriptedModel(ScriptedModel.fields(name)), fio: name, askBelow: 1)
        #expect(reading.found.fio == reading.own.fio)
        #expect(reading.outcome(.fio) == .refused)
    }

    /// Names, each of which the paper does not give to its holder.
    @Test(arguments: [
        ("Петров Пётр Петрович", "the doctor"), ("Сидоров Иван Ильич", "nobody"),
        ("Ахметов Данияр", "half of a name"), ("Освобождение От Труда", "no name"), ("Шипа Шипа Шипа", "a clinic"),
    ])
    func takesNoNameThatIsNotTheHolders(name: String, whose: String) {
        let reading = SecondReading(
            Self.unlisted, ScriptedModel(ScriptedModel.fields(name)), fio: name, askBelow: 1)
        #expect(reading.found.fio?.source.hasPrefix("llm") != true, "\(whose): \(reading.found.fio as Any)")
        #expect(reading.reasons.contains(.fioMismatch), "\(whose)")
        #expect(reading.outcome(.fio) == .refused, "\(whose)")
    }

    @Test func agreesWithWhatTheRulesHaveFound() {
        let model = ScriptedModel(ScriptedModel.fields("Ахметов Данияр Маратович", date: "2026-11-12"))
        let reading = SecondReading(Self.plain, model, fio: Self.fio, askBelow: 1)
        #expect(reading.outcome(.fio) == .agreed && reading.outcome(.docDate) == .agreed)
        #expect(reading.found.fio == reading.own.fio && reading.found.docDate == reading.own.docDate)
    }

    @Test(arguments: [
        DependencyFailure(outcome: "timeout", kind: .timeout), .init(outcome: "http_500", kind: .transient),
        .init(outcome: "refused", kind: .permanent),
    ])
    func theRulesAnswerStandsWhereTheModelFails(failure: DependencyFailure) {
        let reading = SecondReading(Self.unlisted, ScriptedModel(failing: failure), fio: Self.fio)
        #expect(reading.found == reading.own)
        #expect(!reading.consultations.isEmpty)
        #expect(reading.consultations.allSatisfy { $0.outcome == .failed })
    }

    @Test func aTitleThatNamesAnotherPaperIsNoQuestion() {
        let text = PrintedPage.document(
            """
            ^ ПРИКАЗ
            = о предоставлении отпуска по беременности и родам
            12.11.2026 № 45
            Предоставить Ахметовой Айгуль Маратовне отпуск с 12.11.2026
            Директор Петров П.П.
            """)
        let model = ScriptedModel(ScriptedModel.type("childcare_order", quote: "отпуска по беременности и родам"))
        let reading = SecondReading(text, model, fio: "Ахметова Айгуль Маратовна")
        #expect(reading.found.docType == nil)
        #expect(!model.asked.contains { $0.name == "classify-v1" })
    }

    @Test func hardlyAnyTextIsNoQuestion() {
        let model = ScriptedModel(ScriptedModel.type("sick_leave", quote: "справка"))
        _ = SecondReading(PrintedPage.document("Справка"), model, fio: Self.fio)
        #expect(model.asked.isEmpty)
    }

    @Test func isShownThePaperAndNeverTheApplicant() throws {
        let model = ScriptedModel()
        _ = SecondReading(Self.unlisted, model, fio: "Тайный Заявитель Секретович")
        #expect(model.asked.map(\.name) == ["classify-v1", "extract-v1"])
        for prompt in model.asked {
            #expect(prompt.material.hasPrefix("<paper>\n") && prompt.material.hasSuffix("\n</paper>"))
            #expect(prompt.material.contains("Ахметов Данияр Маратович"))
            #expect(!(prompt.instructions + prompt.material).contains("Тайный"))
            #expect(!prompt.instructions.contains("{"), "a place that nobody filled")
        }
        let instructions = try #require(model.asked.first).instructions
        for type in DocumentTypeCatalog.builtIn.types {
            #expect(instructions.contains("\(type.key): \(type.name)"))
        }
    }
}
