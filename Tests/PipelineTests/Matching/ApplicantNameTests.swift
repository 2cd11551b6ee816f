import Observability
import Testing

@testable import Pipeline

@Suite struct ApplicantNameTests {
    @Test(
        "A good name is taken and tidied",
        arguments: [
            ("Досжанов Арман", "Досжанов Арман"), ("  Досжанов   Арман  ", "Досжанов Арман"),
            ("Досжанов\u{A0}Арман\tОразович", "Досжанов Арман Оразович"), ("Досжанов\nАрман", "Досжанов Арман"),
            ("Әбіш Ұлжан Қанатқызы", "Әбіш Ұлжан Қанатқызы"), ("Салтыков–Щедрин Михаил", "Салтыков-Щедрин Михаил"),
            ("O’Brien Patrick", "O'Brien Patrick"), ("Müller Jürgen", "Müller Jürgen"), ("Ли А.", "Ли А."),
            ("Досжанов А.О.", "Досжанов А.О."), ("А.О. Досжанов", "А.О. Досжанов"), ("А.О.Досжанов", "А.О.Досжанов"),
            ("Андреи\u{306} Королёв", "Андрей Королёв"), ("Королe\u{308}в Юрий", "Королëв Юрий"),
            ("Короле\u{308}в Юрий", "Королёв Юрий"), ("\u{FEFF}Досжанов Арман\u{200B}", "Досжанов Арман"),
            ("Мамедов Али Гасан оглы", "Мамедов Али Гасан оглы"), ("досжанов арман", "досжанов арман"),
        ])
    func good(raw: String, tidied: String) throws {
        #expect(try ApplicantName(validating: raw).text == tidied)
    }

    @Test(
        "A bad name is refused with the field and what would be right, and never repeated",
        arguments: [
            ("", "empty"), ("   ", "empty"), ("Ли", "shorter"), ("Досжанов", "one word"),
            ("Досжанов-Арманов", "one word"),
            ("123456 789", "letters"), ("Досжанов Арман 2", "letters"), ("Досжанов, Арман", "letters"),
            ("Досжанов Арман!", "letters"),
            ("Досжанов <b>Арман</b>", "letters"), ("Досжанов / Арман", "letters"), ("王 小明明", "letters"),
            ("а\u{0}б в", "letters"),
            ("... ---", "one word"), ("А. Б.", "no full word"), ("Досжанов -", "one word"),
            ("Досжанов №Арман", "letters"),
            ("Досжанов × Арман", "letters"), ("Досжанов 😀", "letters"),
        ])
    func bad(raw: String, reason: String) {
        let error = #expect(throws: ServiceError.self) { try ApplicantName(validating: raw) }
        #expect(error?.code == .validationError)
        #expect(error?.fields.map(\.field) == ["fio"])
        #expect(error?.fields.first?.message.contains(reason) == true)
        if raw.count > 3 { #expect(error?.fields.first?.message.contains(raw) == false) }
    }

    @Test("Length is counted in characters after tidying, both ends inside")
    func lengths() throws {
        #expect(try ApplicantName(validating: "А Бв").text == "А Бв")
        let longest = String(repeating: "ә", count: 98) + "    " + String(repeating: "ё", count: 101)
        #expect(try ApplicantName(validating: longest).text.count == 200)
        #expect(throws: ServiceError.self) { try ApplicantName(validating: longest + "я") }
        #expect(throws: ServiceError.self) {
            try ApplicantName(validating: String(repeating: "Арман ", count: 2000))
        }
    }
}
