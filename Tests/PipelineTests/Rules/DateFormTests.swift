import Testing

@testable import Pipeline

/// Written forms of dates, as printed and as OCR gives them back, each with the days it holds (`-` for none) and why.
struct DateFormTests {
    @Test(arguments: TableRow.rows(forms))
    func readsTheForm(_ row: TableRow) {
        let page = PrintedPage.page(row.text.replacing(" / ", with: "\n"))
        let lexemes = DateLexer.lexemes(of: page, reading: PageReading(page))
        let found = DateScanner(lexemes).mentions().map(\.date.description)
        #expect((found.isEmpty ? "-" : found.joined(separator: " ")) == row.expected, "\(row.text): \(row.reason)")
    }

    @Test(arguments: TableRow.rows(months))
    func knowsTheMonth(_ row: TableRow) {
        let found = MonthNames.month(FoldedWord(row.text))?.month
        #expect(found.map(String.init) ?? "-" == row.expected, "\(row.text): \(row.reason)")
    }

    @Test
    func readsEveryDayOfAYearInEveryForm() {
        let russian = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
            .split(separator: " ")
        let kazakh = "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан"
            .split(separator: " ")
        let start = CalendarDate(year: 2026, month: 1, day: 1)?.daysSinceEpoch ?? 0
        for offset in 0..<365 {
            let date = CalendarDate(daysSinceEpoch: start + offset)
            let month = date.month - 1
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let forms = [
                "\(two(date.day)).\(two(date.month)).2026", "\(two(date.day)).\(two(date.month)).26", date.description,
                "\(two(date.day))/\(two(date.month))/2026", "\(date.day) \(russian[month]) 2026 года",
                "«\(two(date.day))» \(russian[month]) 2026 г.", "2026 года \(date.day) \(russian[month])",
                "2026 жылғы \(date.day) \(kazakh[month])", "2026 ж. «\(two(date.day))» \(kazakh[month])",
                "« \(date.day) »  \(russian[month])  2026г.", "\(two(date.day)).\(two(date.month)).2026 ж.",
            ]
            for form in forms {
                let page = PrintedPage.page("№ 17 \(form) г. Тараз")
                let found = DateScanner(DateLexer.lexemes(of: page, reading: PageReading(page))).mentions().map(\.date)
                #expect(found == [date], "\(form)")
            }
        }
    }

    private static let forms = """
        12.03.2026 | 2026-03-12 | plain
        12.03.2026г. | 2026-03-12 | year word glued
        12.03.2026 г. | 2026-03-12 | year word apart
        12.03.2026ж. | 2026-03-12 | Kazakh year word glued
        12.03.2026 жылы | 2026-03-12 | Kazakh year word
        2.3.2026 | 2026-03-02 | no leading zeros
        12.03.26 | 2026-03-12 | two-digit year
        12.03.26г. | 2026-03-12 | two-digit year, glued word
        15.07.85 | 1985-07-15 | two-digit year of a birth
        12/03/2026 | 2026-03-12 | slashes
        12/03/26 | 2026-03-12 | slashes, short year
        12-03-2026 | 2026-03-12 | dashes
        12–03–2026 | 2026-03-12 | long dashes
        4.XI.2026 | 2026-11-04 | month in Roman numerals
        10.VIII.2026 г. | 2026-08-10 | month in Roman numerals, long
        «7» II 2026 г. | 2026-02-07 | Roman numerals apart
        2026 ж./г. «19» шілде/июля | 2026-07-19 | both languages in one
        двадцать пятого сентября две тысячи двадцать шестого года | 2026-09-25 | written out
        первое ноября 2026 года | 2026-11-01 | day written out
        бесінші қараша 2026 жыл | 2026-11-05 | day written out, Kazakh
        12–26.03.2026 | 2026-03-12 2026-03-26 | days of a range share month and year
        с 12 по 26.03.2026 | 2026-03-12 2026-03-26 | the same with words
        51.10.2026 | 2026-10-31 | a 3 read as 5
        2026-03-12 | 2026-03-12 | ISO
        2026.03.12 | 2026-03-12 | year first with dots
        2026-03-12 10:22:31 | 2026-03-12 | time stamp
        12.03.2026 15:56 | 2026-03-12 | portal time stamp
        12 . 03 . 2026 | 2026-03-12 | spaces around the dots
        12. 03. 2026 | 2026-03-12 | spaces after the dots
        12,03,2026 | 2026-03-12 | commas for dots
        12.03,2026 | 2026-03-12 | one comma
        12·03·2026 | 2026-03-12 | middle dots
        12.032026 | 2026-03-12 | second dot lost
        1203.2026 | 2026-03-12 | first dot lost
        12 03 2026 | 2026-03-12 | both dots lost
        12.03 2026 | 2026-03-12 | second dot a space
        12.03.20 26 | 2026-03-12 | year torn
        1З.0З.2О26 | 2026-03-13 | Cyrillic З and О
        l2.O3.2026 | 2026-03-12 | Latin l and O
        ОЗ.12.2025 | 2025-12-03 | a day of look-alikes only
        12.ОЗ.2026 | 2026-03-12 | a month of look-alikes only
        I2.03.2026 | 2026-03-12 | capital I
        |2.03.2026 | 2026-03-12 | a stroke beside a digit
        12.03.202б | 2026-03-12 | Cyrillic б
        «12» марта 2026 г. | 2026-03-12 | quoted
        "12" марта 2026 года | 2026-03-12 | straight quotes
        “12” марта 2026 г. | 2026-03-12 | curly quotes
        « 12 »  марта  2026г. | 2026-03-12 | wide
        12 марта 2026 | 2026-03-12 | bare
        12 марта 2026 г | 2026-03-12 | no dot
        12марта 2026 г. | 2026-03-12 | glued month
        12-го марта 2026 года | 2026-03-12 | ordinal
        12 марта 26 г. | 2026-03-12 | short year with its word
        12 марта 26 | - | a short year needs its word
        12 мapтa 2026 г. | 2026-03-12 | Latin look-alikes in the month
        12 МАРТА 2026 ГОДА | 2026-03-12 | capitals
        12 марга 2026 г. | 2026-03-12 | OCR т to г
        5 мая 2026 г. | 2026-05-05 | short month
        5 июня 2026 г. | 2026-06-05 | June
        5 июля 2026 г. | 2026-07-05 | July
        5 нюня 2026 г. | 2026-06-05 | OCR и to н
        5 сентябpя 2026 г. | 2026-09-05 | look-alike р
        5 окт. 2026 г. | 2026-10-05 | abbreviated
        «05» марта / 2026 г. | 2026-03-05 | broken over lines
        2026 года 12 марта | 2026-03-12 | year first
        2026 г. 12 марта | 2026-03-12 | year first, short
        2026 жылғы 12 наурыз | 2026-03-12 | Kazakh
        2026 ж. «12» наурыз | 2026-03-12 | Kazakh journal form
        2026 жылдың 12 наурызы | 2026-03-12 | Kazakh genitive
        2026 жылғы «12» наурызда | 2026-03-12 | Kazakh locative
        2026 жылғы 12 наурыздағы | 2026-03-12 | Kazakh attributive
        12 наурыз 2026 ж. | 2026-03-12 | Kazakh, day first
        12-наурыз 2026 жыл | 2026-03-12 | Kazakh with a dash
        2026 жылгы 12 наурыз | 2026-03-12 | typed without Kazakh letters
        2026 жылғы 8 қыркүйек | 2026-09-08 | September
        2026 жылгы 8 кыркуйек | 2026-09-08 | September without Kazakh letters
        2026 жылғы 8 желтоқсан | 2026-12-08 | December
        2026 жылры 20 қараша | 2026-11-20 | OCR ғ to р
        с 12 по 20 марта 2026 года | 2026-03-12 2026-03-20 | shared month
        с 12 марта по 20 июня 2026 года | 2026-03-12 2026-06-20 | shared year
        с 28 декабря по 5 января 2026 г. | 2025-12-28 2026-01-05 | shared year over New Year
        с 12.03.2026 по 20.03.2026 | 2026-03-12 2026-03-20 | period
        12.03.2026-20.03.2026 | 2026-03-12 2026-03-20 | period with a dash
        12.03.2026 – 20.03.2026 | 2026-03-12 2026-03-20 | period with a long dash
        12.03.2026ж. бастап 20.03.2026ж. дейін | 2026-03-12 2026-03-20 | Kazakh period
        351.10.2026 г. | 2026-10-31 | a speck read as a digit
        121.10.2026 | - | 12, 11 or 21
        31.02.2026 | - | no such day
        12.13.2026 | - | no such month
        00.03.2026 | - | no day
        29.02.2024 | 2024-02-29 | leap day
        29.02.2026 | - | no leap year
        870215300123 | - | an individual number
        № 12/03-26 | - | a document number
        тел. 8 (727) 245-18-12 | - | a telephone
        тел. 21-10-25 | - | a short telephone
        БИН 120340400912 | - | a business number
        п. 3.2.1 | - | a clause
        ст. 49, п. 1 | - | an article
        J06.9 | - | a diagnosis
        125/80 мм рт. ст. | - | blood pressure
        8.00-17.30 | - | working hours
        1 250 000 тенге | - | a sum
        № 45 от 12.03.2026 | 2026-03-12 | after a number
        12.03.2026 № 45 | 2026-03-12 | before a number
        № 12 03.04.2026 | 2026-04-03 | a number right before
        «___» __________ 2026 г. | - | blanks
        «___» ______ 20__ г. | - | blanks
        Форма № 035-2/у | - | a form's number
        кабинет 12 марта | - | no year
        2026 год | - | year alone
        10.12.2020 года № ҚР ДСМ-244/2020 | 2020-12-10 | an order of the ministry
        """

    private static let months = """
        январь | 1 | nominative
        января | 1 | genitive
        январе | 1 | prepositional
        янв | 1 | abbreviated
        ФЕВРАЛЯ | 2 | capitals
        фeврaля | 2 | look-alikes
        март | 3 | nominative
        марту | 3 | dative
        апреля | 4 | genitive
        апpеля | 4 | look-alike
        мая | 5 | three letters
        май | 5 | nominative
        мае | 5 | prepositional
        июня | 6 | June
        июнь | 6 | June
        июля | 7 | July
        июль | 7 | July
        августа | 8 | genitive
        aвгуста | 8 | look-alike
        сентября | 9 | genitive
        сснтября | 9 | OCR
        октября | 10 | genitive
        октябrя | 10 | OCR
        ноября | 11 | genitive
        нояб | 11 | abbreviated
        декабря | 12 | genitive
        қаңтар | 1 | Kazakh
        қаңтарда | 1 | Kazakh locative
        кантар | 1 | folded
        ақпан | 2 | Kazakh
        ақпанның | 2 | Kazakh genitive
        наурыздан | 3 | Kazakh ablative
        сәуір | 4 | Kazakh
        сауiр | 4 | folded with a Latin i
        мамыр | 5 | Kazakh
        мамырдағы | 5 | Kazakh attributive
        маусым | 6 | Kazakh
        шілде | 7 | Kazakh
        шiлдесi | 7 | Kazakh possessive
        тамыз | 8 | Kazakh
        қыркүйек | 9 | Kazakh
        қыркүйегінде | 9 | softened stem
        қазан | 10 | Kazakh
        қараша | 11 | Kazakh
        қарашаға | 11 | Kazakh dative
        желтоқсан | 12 | Kazakh
        маршрут | - | another word
        тамызында | 8 | Kazakh possessive locative
        тамызық | - | another word
        декан | - | another word
        Маусымбаева | - | a surname
        """
}

/// `text | expected | reason`: a row of a table of tests.
struct TableRow: Sendable, CustomTestStringConvertible {
    var text: String
    var expected: String
    var reason: String
    var testDescription: String { text }

    static func rows(_ table: String) -> [TableRow] {
        table.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: " | ").map { $0.trimmingSpaces() }
            guard cells.count == 3 else { return nil }
            return TableRow(text: cells[0], expected: cells[1], reason: cells[2])
        }
    }
}
