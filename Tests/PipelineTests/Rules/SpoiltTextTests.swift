import Foundation
import Testing

@testable import Pipeline

/// The rules run in the server's process: no text may end it. A trap ends the tests as well; the seed printed last says
/// which document it was.
struct SpoiltTextTests {
    private static let rules = DocumentRules(
        person: { PersonFinder().holder(in: $0, type: $1) },
        match: { submitted, found in
            let match = NameMatcher().match(submitted: submitted, found: found.value, readFromPicture: true)
            return (match.isMatch, match.why)
        },
        settle: { NameMatcher().settled($1.value, submitted: $0, readFromPicture: true) })

    /// `IDP_FUZZ_SEED` repeats a run, `IDP_FUZZ_DOCUMENTS` makes it longer.
    @Test func everyTextIsJudged() {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["IDP_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: .min ... .max)
        let count = environment["IDP_FUZZ_DOCUMENTS"].flatMap { Int($0) } ?? 160
        print("spoilt texts: seed \(seed)")
        var maker = SpoiltText(seed: seed)
        let papers = HolderPapers.all.map { ($0.text, $0.fio) } + WholePaperTests.papers().map { ($0.text, "") }
        for index in 0..<count {
            let (paper, fio) = papers[Int((seed &+ UInt64(index)) % UInt64(papers.count))]
            let whole = index % 2 == 0 ? PlainPapers.document(paper) : PrintedPage.document(paper)
            let text = index % 8 == 7 ? maker.invented() : maker.spoilt(whole)
            let (verdict, reasons, extraction) = judge(text, fio: fio)
            #expect(verdict == reasons.isEmpty, "seed \(seed), document \(index)")
            let found = [extraction.docType?.page, extraction.fio?.page, extraction.docDate?.page].compactMap(\.self)
            #expect(found.allSatisfy { page in text.pages.contains { $0.number == page } || page <= text.pages.count })
        }
    }

    @Test(arguments: ["", "-", "- -", "И.", "....", "ұлы қызы", "А Б В Г Д Е Ж З", "Иванов - Иван", "\u{301} \u{301}"])
    func everySubmittedNameIsCompared(_ fio: String) {
        let found = PersonName(surname: "Ахметова", given: "Сая", patronymic: "Қанатқызы")
        for name in [found, PersonName(surname: "", given: ""), PersonName(surname: "-", given: "-", patronymic: "-")] {
            let match = NameMatcher().match(submitted: fio, found: name, readFromPicture: true)
            #expect(!match.isMatch)
            #expect(!match.why.isEmpty)
        }
    }

    /// The first date of the note begins in the right cell and ends at the next line's left edge: its last word stands
    /// in an earlier stretch than its first one.
    @Test func aDateMayRunFromTheRightCellOverTheLinesEnd() {
        let text = PrintedPage.document(
            """
            ^ ЛИСТОК НЕТРУДОСПОСОБНОСТИ
            серия КЗ || выдан «09» ноября 2026 г.
            Ф.И.О. || Қонысбай Гүлжан Есеновна
            лиц. 41597432 || утв. приказом от 30.10.
            2020 г. № ҚР ДСМ-175/2020
            Пациент ознакомлен || с Кодексом РК от 7
            июля 2020 года, согласие получено. Подпись
            """)
        let (_, _, extraction) = judge(text, fio: "Қонысбай Гүлжан Есеновна")
        #expect(extraction.docDate?.value.description == "2026-11-09")
        let dates = DateReader().dates(of: text.pages[0], sheet: 0, titles: [0])
        let broken = dates.first { $0.mention.line != $0.mention.lastLine }
        #expect(broken?.mention.date.description == "2020-07-07")
        #expect(broken?.standing == .inText)
    }

    /// The last line's only word is the end of one that the line above broke off: no word is left on it.
    @Test func aLineMayHoldNothingButTheEndOfAWord() {
        let text = PrintedPage.document(
            """
            ^ СПРАВКА
            12.11.2026
            Дана Ахметовой Сае Канатовне о том, что она признана безработ-
            ной
            """)
        let (_, _, extraction) = judge(text, fio: "Ахметова Сая Канатовна")
        #expect(extraction.docType?.value.key == "unemployed_cert")
        #expect(extraction.docDate?.value.description == "2026-11-12")
    }

    private func judge(_ text: DocumentText, fio: String) -> (Bool, [VerdictReason], Extraction) {
        let (rules, today) = (SpoiltTextTests.rules, WholePaperTests.today)
        let found = rules.settled(rules.extract(text, rules.classify(text), today: today), fio: fio)
        let (checks, reasons) = rules.check(found, fio: fio, today: today)
        return (checks.verdict, reasons, found)
    }
}
