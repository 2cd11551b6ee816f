import Testing

@testable import Pipeline

/// Each row says what differs, and why that is or is not the same person.
@Suite struct NameMatcherTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var submitted: String
        var found: PersonName
        var outcome: NameMatch.Outcome
        var part: NameMatch.Part

        /// `submitted | found | part | outcome`.
        init(_ text: String) {
            let cells = text.split(separator: "|").map { $0.trimmingPrefix(" ") }
                .map { String($0.hasSuffix(" ") ? $0.dropLast() : $0) }
            let words = cells[1].split(separator: " ", maxSplits: 2).map(String.init)
            submitted = cells[0]
            found = PersonName(surname: words[0], given: words[1], patronymic: words.dropFirst(2).first)
            part = NameMatch.Part(rawValue: cells[2]) ?? .surname
            outcome = NameMatch.Outcome(rawValue: cells[3]) ?? .differs
        }

        var testDescription: String { "\(submitted) / \(found.full)" }
    }

    @Test(
        "The same person, written otherwise",
        arguments: [
            // Letter for letter, case, spaces, order.
            "Досжанов Арман Оразович | Досжанов Арман Оразович | surname | same",
            "ДОСЖАНОВ АРМАН ОРАЗОВИЧ | Досжанов Арман Оразович | given | same",
            "досжанов арман оразович | Досжанов Арман Оразович | patronymic | same",
            "  Досжанов   Арман   Оразович | Досжанов Арман Оразович | surname | same",
            "Арман Оразович Досжанов | Досжанов Арман Оразович | surname | same",
            "Арман Досжанов Оразович | Досжанов Арман Оразович | given | same",
            "Арман Досжанов | Досжанов Арман | given | same",
            "Досжанов Арман | Досжанов Арман | patronymic | absent",
            // ё and е.
            "Королев Артем Семенович | Королёв Артём Семёнович | surname | spelling",
            "Королёв Артём Семёнович | Королев Артем Семенович | patronymic | spelling",
            // Kazakh letters as people write them.
            "Нургалиев Нурлан Адилович | Нұрғалиев Нұрлан Әділович | surname | spelling",
            "Омирзак Алия Кайраткызы | Өмірзақ Әлия Қайратқызы | patronymic | spelling",
            "Әбіш Ұлжан Қанатқызы | Абиш Улжан Канаткызы | surname | spelling",
            "Абыш Улжан Канаткызы | Әбіш Ұлжан Қанатқызы | surname | spelling",
            "Исаева Гульнар Маратовна | Исаева Гүлнар Маратовна | given | spelling",
            "Исаева Гюлнар Маратовна | Исаева Гүлнар Маратовна | given | spelling",
            "Исаева Ляззат Маратовна | Исаева Ләззат Маратовна | given | spelling",
            "Тулегенов Асан Маратович | Төлегенов Асан Маратович | surname | spelling",
            "Хамитова Кунсулу Маратовна | Һамитова Күнсұлу Маратовна | given | spelling",
            // Latin look-alikes.
            "Дocжaнoв Apмaн Opaзoвич | Досжанов Арман Оразович | surname | same",
            "Досжанов Арман Оразович | Дocжaнoв Apмaн Opaзoвич | given | same",
            // Transliteration by several schemes, either way.
            "Doszhanov Arman Orazovich | Досжанов Арман Оразович | surname | transliteration",
            "Dosjanov Arman Orazovitch | Досжанов Арман Оразович | patronymic | transliteration",
            "Akhmetov Daniyar | Ахметов Данияр | given | transliteration",
            "Ahmetov Daniiar | Ахметов Данияр | surname | transliteration",
            "Yuliya Shcherbakova | Щербакова Юлия | surname | transliteration",
            "Iuliia Shcherbakova | Щербакова Юлия | given | transliteration",
            "Tsoy Viktor Yuryevich | Цой Виктор Юрьевич | patronymic | transliteration",
            "Qasym Aıdos Qanatuly | Қасым Айдос Қанатұлы | surname | transliteration",
            "Нұрлан Ахметов | Akhmetov Nurlan | given | transliteration",
            // Initials on either side agree.
            "Досжанов Арман Оразович | Досжанов А О | given | initial",
            "Досжанов А.О. | Досжанов Арман Оразович | patronymic | initial",
            "А.О.Досжанов | Досжанов Арман Оразович | given | initial",
            "Әбіш Ұлжан Қанатқызы | Әбіш У К | patronymic | initial",
            // ұлы and қызы joined, apart, hyphenated.
            "Қасым Айдос Қанатұлы | Қасым Айдос Қанат ұлы | patronymic | spelling",
            "Қасым Айдос Қанат ұлы | Қасым Айдос Қанатұлы | patronymic | same",
            "Қасым Айдос Қанат-ұлы | Қасым Айдос Қанатұлы | patronymic | spelling",
            "Қасым Айдос Канат улы | Қасым Айдос Қанатұлы | patronymic | spelling",
            "Мамедов Али Гасан оглы | Мамедов Али Гасан-оглы | patronymic | spelling",
            "Айдос Қанат ұлы Қасым | Қасым Айдос Қанатұлы | surname | same",
            // Double surnames with and without the hyphen.
            "Салтыков-Щедрин Михаил Олегович | Салтыков-Щедрин Михаил Олегович | surname | same",
            "Салтыков Щедрин Михаил Олегович | Салтыков-Щедрин Михаил Олегович | surname | same",
            "Салтыков - Щедрин Михаил Олегович | Салтыков-Щедрин Михаил Олегович | surname | same",
            // One letter that recognition confuses.
            "Зайцев Андрей Олегович | Заицев Андрей Олегович | surname | reading_error",
            "Щербаков Андрей Олегович | Шербаков Андрей Олегович | surname | reading_error",
            "Досжанов Арман Оразович | Досжапов Арман Оразович | surname | reading_error",
            "Төлеуова Асель Олеговна | Телеуова Асель Олеговна | surname | reading_error",
            "Тілеуов Асан Серікұлы | Тілеуов Асан Сержулы | patronymic | reading_error",
            "Қасым Айдос Олегович | Хасым Айдос Олегович | surname | reading_error",
            "Коваль Андрей Олегович | Ковалъ Андрей Олегович | surname | reading_error",
            "Мельник Андрей Олегович | Мелник Андрей Олегович | surname | reading_error",
            "Гусейнов Андрей Сергеевич | Гусейнов Андрей Ссргеевич | patronymic | reading_error",
        ].map(Row.init))
    func same(row: Row) {
        let match = NameMatcher().match(submitted: row.submitted, found: row.found, readFromPicture: true)
        #expect(match.isMatch, "\(match.why)")
        #expect(match.parts.first { $0.part == row.part }?.outcome == row.outcome)
        #expect(match.parts.map(\.part) == [.surname, .given, .patronymic])
    }

    @Test(
        "Another person, or not surely the same",
        arguments: [
            // Another patronymic, also of the same root or the same initial.
            "Досжанов Арман Омарович | Досжанов Арман Оразович | patronymic | differs",
            "Досжанов Арман Оразалиевич | Досжанов Арман Оразович | patronymic | differs",
            "Исаева Айнур Маратовна | Исаева Айнур Муратовна | patronymic | differs",
            "Исаева Айнур Викторовна | Исаева Айнур Витальевна | patronymic | differs",
            // A form of its own, legally another name.
            "Қасым Айдос Серікович | Қасым Айдос Серікұлы | patronymic | differs",
            "Касым Айдос Сериковна | Қасым Айдос Серікқызы | patronymic | differs",
            "Касым Айдос Серикулы | Қасым Айдос Серікқызы | patronymic | differs",
            // Another given name, also with the same initial or root.
            "Досжанов Армат Оразович | Досжанов Арман Оразович | given | differs",
            "Досжанов Айдос Оразович | Досжанов Арман Оразович | given | differs",
            "Исаева Айгуль Маратовна | Исаева Айгерим Маратовна | given | differs",
            "Исаев Александр Маратович | Исаев Алексей Маратович | given | differs",
            "Исаева Наталья Маратовна | Исаева Натэлла Маратовна | given | differs",
            "Орлова Мария Маратовна | Орлова Марина Маратовна | given | differs",
            "Орлова Дана Маратовна | Орлова Дина Маратовна | given | differs",
            "Орлова Алия Маратовна | Орлова Алина Маратовна | given | differs",
            // The other gender's ending.
            "Абдрахманов Тимур Оразович | Абдрахманова Тимур Оразович | surname | differs",
            "Абдрахманова Айнур Оразовна | Абдрахманов Айнур Оразовна | surname | differs",
            "Островский Айнур Оразовна | Островская Айнур Оразовна | surname | differs",
            "Досжанов Арман Оразовна | Досжанов Арман Оразович | patronymic | differs",
            // A neighbour surname: letters that recognition does not confuse.
            "Ахметов Тимур Оразович | Ахмедов Тимур Оразович | surname | differs",
            "Досжанов Тимур Оразович | Досжонов Тимур Оразович | surname | differs",
            "Берлин Тимур Оразович | Бирлин Тимур Оразович | surname | differs",
            "Кожухов Тимур Оразович | Колухов Тимур Оразович | surname | differs",
            "Тулегенов Тимур Оразович | Турегенов Тимур Оразович | surname | differs",
            "Исаев Тимур Оразович | Исаков Тимур Оразович | surname | differs",
            "Ибраев Тимур Оразович | Ибрагимов Тимур Оразович | surname | differs",
            "Ким Тимур Оразович | Кин Тимур Оразович | surname | differs",
            "Пак Тимур Оразович | Пан Тимур Оразович | surname | differs",
            "Сериков Тимур Оразович | Серков Тимур Оразович | surname | differs",
            "Жумабаев Тимур Оразович | Жумабеков Тимур Оразович | surname | differs",
            "Төлегенов Тимур Оразович | Төлепенов Тимур Оразович | surname | differs",
            "Саулебаев Тимур Оразович | Сауленаев Тимур Оразович | surname | differs",
            // Only one side has the patronymic: a clerk must look.
            "Досжанов Арман | Досжанов Арман Оразович | patronymic | missing_in_submitted",
            "Досжанов Арман Оразович | Досжанов Арман | patronymic | missing_on_paper",
            "Досжанов Арман Оразович | Досжанов А | patronymic | missing_on_paper",
            // Initials that do not agree.
            "Досжанов Арман Оразович | Досжанов Б О | given | differs",
            "Досжанов Арман Оразович | Досжанов А Б | patronymic | differs",
            "Исаев А.О. | Досжанов Арман Оразович | surname | differs",
            // Transliterations of other names.
            "Ahmedov Daniyar | Ахметов Данияр | surname | differs",
            "Akhmetova Daniyar | Ахметов Данияр | surname | differs",
            "Doszhanov Armat Orazovich | Досжанов Арман Оразович | given | differs",
            // One half of a double surname.
            "Салтыков Михаил Олегович | Салтыков-Щедрин Михаил Олегович | surname | differs",
            // Somebody else altogether.
            "Ким Виктор Юрьевич | Досжанов Арман Оразович | surname | differs",
            "Посторонний Человек Иванович | Досжанов Арман Оразович | given | differs",
            "Иной Ким Виктор Юрьевич | Ким Виктор Юрьевич | surname | differs",
        ].map(Row.init))
    func another(row: Row) {
        let match = NameMatcher().match(submitted: row.submitted, found: row.found, readFromPicture: true)
        #expect(!match.isMatch)
        #expect(match.parts.first { $0.part == row.part }?.outcome == row.outcome)
        #expect(match.why.contains(row.part.rawValue))
    }

    @Test("A reading error is forgiven once, and only where something was read")
    func readingErrors() {
        let matcher = NameMatcher()
        let one = PersonName(surname: "Заицев", given: "Андрей", patronymic: "Олегович")
        let two = PersonName(surname: "Заицев", given: "Андреи", patronymic: "Олегович")
        #expect(matcher.match(submitted: "Зайцев Андрей Олегович", found: one, readFromPicture: true).isMatch)
        #expect(!matcher.match(submitted: "Зайцев Андрей Олегович", found: one, readFromPicture: false).isMatch)
        #expect(!matcher.match(submitted: "Зайцев Андрей Олегович", found: two, readFromPicture: true).isMatch)
    }

    /// The corpus makes neighbour surnames by these changes in the middle of the word; recognition never excuses
    /// them.
    @Test("No change of one letter to another vowel, л or р is excused")
    func neighbours() {
        let names = [
            "Бекмуханбетов", "Утегенова", "Іргебаев", "Өмірзақов", "Ғалымжанова", "Қойшыбаев", "Пономарёва", "Хван",
        ]
        for name in names {
            let letters = Array(name)
            for index in letters.indices.dropFirst() {
                for change: Character in ["а", "о", "е", "и", "л", "р", "т", "д"] where letters[index] != change {
                    let isSpelling = NameLetters.folded(String(letters[index])) == NameLetters.folded(String(change))
                    let isMarked = "өіү".contains(letters[index])
                    guard !isSpelling, !isMarked else { continue }
                    var other = letters
                    other[index] = change
                    let isConfused = LetterConfusion.single(name.lowercased(), String(other).lowercased()) != nil
                    let isAllowed =
                        "нй".contains(letters[index]) && change == "и" || letters[index] == "с" && change == "е"
                        || letters[index] == "с" && change == "о"
                        || "ғ".contains(letters[index]) && "тр".contains(change)
                    #expect(!isConfused || isAllowed, "\(name) / \(String(other))")
                }
            }
        }
    }

    @Test("The reason names the part and both words")
    func reason() {
        let found = PersonName(surname: "Ахмедов", given: "Тимур", patronymic: "Оразович")
        let match = NameMatcher().match(submitted: "Ахметов Тимур Оразович", found: found, readFromPicture: true)
        #expect(match.why == "surname differs: «Ахметов» submitted, «Ахмедов» on the paper")
    }

    @Test("Two initials that agree are enough, one is not")
    func initials() {
        let matcher = NameMatcher()
        let one = PersonName(surname: "Хван", given: "А")
        let two = PersonName(surname: "Хван", given: "А", patronymic: "С")
        #expect(!matcher.match(submitted: "Хван Алихан", found: one, readFromPicture: true).isMatch)
        #expect(matcher.match(submitted: "Хван Алихан", found: one, readFromPicture: true).why.contains("one initial"))
        #expect(matcher.match(submitted: "Хван Алихан Сергеевич", found: two, readFromPicture: true).isMatch)
    }

    @Test("A submitted single word never matches")
    func singleWord() {
        let found = PersonName(surname: "Ахмедов", given: "Тимур")
        #expect(!NameMatcher().match(submitted: "Ахмедов", found: found, readFromPicture: true).isMatch)
        #expect(!NameMatcher().match(submitted: "", found: found, readFromPicture: true).isMatch)
    }

    /// Two people's names in one field are no name of one person, and the reason must say so.
    @Test(arguments: [
        ("Ахметов Данияр Маратович Ким Лада Олеговна", "6 words"), ("Ахметов", "one word"), ("-", "one word"),
    ])
    func tellsWhyANameCannotBeCompared(_ submitted: String, _ why: String) {
        let found = PersonName(surname: "Ахметов", given: "Данияр", patronymic: "Маратович")
        let match = NameMatcher().match(submitted: submitted, found: found, readFromPicture: false)
        #expect(!match.isMatch)
        #expect(match.why.contains(why))
    }

    /// Double surnames and given names without their hyphens, and a hyphen with spaces around it.
    @Test(arguments: [
        ("Салтыков Щедрин Анна Мария Егоровна", "Салтыков-Щедрин", "Анна-Мария", "Егоровна"),
        ("Анна Мария Егоровна Салтыков Щедрин", "Салтыков-Щедрин", "Анна-Мария", "Егоровна"),
        ("Салтыков - Щедрин Анна Егоровна", "Салтыков-Щедрин", "Анна", "Егоровна"),
    ])
    func cutsLongNames(_ submitted: String, _ surname: String, _ given: String, _ patronymic: String) {
        let found = PersonName(surname: surname, given: given, patronymic: patronymic)
        #expect(NameMatcher().match(submitted: submitted, found: found, readFromPicture: false).isMatch)
    }
}
