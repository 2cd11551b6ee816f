import TestSupport

@testable import Pipeline

/// Makes of a page's text what no reader should give and any may: letters lost and swapped, words torn and joined,
/// lines broken, cells moved, boxes without size or sense.
struct SpoiltText {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed) }

    /// A spoilt copy.
    mutating func spoilt(_ text: DocumentText) -> DocumentText {
        var pages = text.pages
        for index in pages.indices {
            if chance(50) { pages[index].source = .ocr }
            for _ in 0...random.below(4) { spoil(&pages[index]) }
        }
        if chance(10), let page = pages.first { pages.append(page) }
        if chance(5) { pages = pages.reversed() }
        if chance(4) { pages.insert(PageText(empty: pages.count + 1), at: 0) }
        return DocumentText(pages: pages)
    }

    /// A page of nothing but words that the rules look for, in any order and place.
    mutating func invented() -> DocumentText {
        var lines: [TextLine] = []
        for row in 0..<random.below(30) {
            let words = (0..<random.below(9)).map { _ in
                Word(
                    text: random.pick(SpoiltText.pieces),
                    box: Box(
                        x: Double(random.below(560)), y: Double(row * 16 + random.below(9)),
                        width: Double(random.below(90)), height: Double(random.below(20))),
                    confidence: 0.5)
            }
            lines.append(TextLine(words: words))
        }
        var page = PageText(empty: 1)
        page.lines = lines
        return DocumentText(pages: [page])
    }

    private mutating func chance(_ percent: Int) -> Bool { random.below(100) < percent }

    private mutating func spoil(_ page: inout PageText) {
        guard !page.lines.isEmpty else { return }
        let at = random.below(page.lines.count)
        switch random.below(12) {
        case 0: page.lines.remove(at: at)
        case 1: page.lines.insert(page.lines[random.below(page.lines.count)], at: at)
        case 2: breakLine(at, of: &page)
        case 3: page.lines[at].words.reverse()
        case 4: page.lines.swapAt(at, random.below(page.lines.count))
        case 5: page.lines[at].words = []
        case 6: joinLines(at, of: &page)
        case 7:
            let odd = random.pick([-1, 0, 1e-9, 1e12, .infinity, .nan])
            changeWords(in: &page) { word, _ in word.box.width = odd }
        case 8: changeWords(in: &page) { word, random in word.box.x = Double(random.below(900)) - 100 }
        case 9: changeWords(in: &page) { word, random in word.box.y += Double(random.below(40)) - 20 }
        default: changeWords(in: &page) { word, random in word.text = SpoiltText.spoilt(word.text, &random) }
        }
    }

    /// The first words stay, the others go on below, as a line does that a column's edge breaks.
    private mutating func breakLine(_ at: Int, of page: inout PageText) {
        let words = page.lines[at].words
        guard words.count > 1 else { return }
        let cut = 1 + random.below(words.count - 1)
        var rest = Array(words[cut...])
        let shift = (rest.first?.box.x ?? 0) - (words.first?.box.x ?? 0)
        for index in rest.indices {
            rest[index].box.x -= shift
            rest[index].box.y += 9
        }
        page.lines[at].words = Array(words[..<cut])
        page.lines.insert(TextLine(words: rest), at: at + 1)
        if chance(30), let last = page.lines[at].words.indices.last { page.lines[at].words[last].text += "-" }
    }

    private mutating func joinLines(_ at: Int, of page: inout PageText) {
        guard at + 1 < page.lines.count else { return }
        page.lines[at].words += page.lines[at + 1].words
        page.lines.remove(at: at + 1)
    }

    /// Every word of a share of the page.
    private mutating func changeWords(in page: inout PageText, _ change: (inout Word, inout SeededRandom) -> Void) {
        let share = random.pick([2, 10, 40, 100])
        for line in page.lines.indices {
            for word in page.lines[line].words.indices where chance(share) {
                change(&page.lines[line].words[word], &random)
            }
        }
    }

    private static func spoilt(_ text: String, _ random: inout SeededRandom) -> String {
        var letters = Array(text)
        switch random.below(6) {
        case 0 where !letters.isEmpty: letters.remove(at: random.below(letters.count))
        case 1: letters.insert(contentsOf: random.pick(pieces), at: random.below(letters.count + 1))
        case 2 where letters.count > 1: letters.swapAt(0, random.below(letters.count))
        case 3: return random.pick(pieces)
        case 4: return text.uppercased()
        default: return String(letters.prefix(random.below(letters.count + 1)))
        }
        return String(letters)
    }

    private static let pieces = [
        "", " ", "-", "--", "_", "___", "№", "«", "»", "«_18_»", "__октября__", "20_26_", "20__", "(", ")", ":", ".",
        "§", "12.03.2026", "12.03.", "03", "2026", "7", "июля", "наурыз", "31.02.2026", "99.99.9999", "с", "по", "от",
        "бастап", "00000000000000000000000000", "½", "٣", "Ⅳ", "é", "\u{301}", "\u{FEFF}", "👩‍👩‍👧", "ПРИКАЗ", "приказ",
        "СПРАВКА", "АНЫҚТАМА", "П", "Р", "И", "К", "Ф.И.О.", "И.", "И.И.", "И.О.", "Иванов", "-Иванов", "Иванов-",
        "ұлы", "қызы", "улы", "Серік", "ребёнка", "сопровождающий", "Фамилия", "Имя", "Отчество", "дата", "күні",
        "выдачи", "туралы", "о", "безработного", "нетрудоспособности", "г.", "ж.", "/", "|", "M", "ИвановИ.И.",
        "Дата:12.11.2026", "12.11.2026-", "-12.11.2026", "пере-", "ёё", "Ы", "А-А", "--А", "оглы",
    ]
}

extension PageText {
    /// A page without a word.
    fileprivate init(empty number: Int) {
        self.init(number: number, width: 595, height: 842, source: .textLayer, confidence: 1, lines: [])
    }
}
