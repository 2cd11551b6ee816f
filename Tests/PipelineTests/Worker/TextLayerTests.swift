import Foundation
import TestSupport
import Testing

@testable import Pipeline

/// Which text layers are believed, and how their words become lines.
@Suite struct TextLayerTests {
    private static let russian = """
        Справка выдана Ахметовой Айгуль Сериковне в том что она действительно находилась на амбулаторном лечении \
        с диагнозом острый бронхит и освобождена от работы с первого по десятое ноября дата выдачи подпись врача
        """
    private static let kazakh = """
        Анықтама Нұрлан Қайратұлы Сәбитовке берілді ол шынымен де жұмыссыз ретінде тіркелген және қазіргі уақытта \
        табыс алмайды анықтама талап етілген жерге ұсыну үшін берілді халықты жұмыспен қамту орталығының директоры
        """

    private static func words(_ text: String) -> [Word] {
        text.split(separator: " ").map {
            Word(text: String($0), box: Box(x: 0, y: 0, width: 10, height: 10), confidence: 1)
        }
    }

    @Test(arguments: [russian, kazakh]) func believesLanguage(_ text: String) {
        for surroundings in [TextSoundness.Surroundings.noPicture, .pictures, .coveringPicture] {
            #expect(TextSoundness.isSound(Self.words(text), among: surroundings))
        }
    }

    /// Latin letters in place of Cyrillic ones that look the same: sloppy typing and attempts to deceive, but no reason
    /// to read the page's picture instead.
    @Test func believesLookAlikes() {
        let text = Self.russian.replacing("а", with: "a").replacing("о", with: "o").replacing("с", with: "c")
        #expect(TextSoundness.isSound(Self.words(text), among: .pictures))
    }

    @Test func doesNotBelieveGarbage() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed)
        let noise = Array("аеиоутрмнцшщ1Il|")
        let text = String(Self.russian.map { random.next() % 100 < 35 ? noise[Int(random.next() % 16)] : $0 })
        #expect(!TextSoundness.isSound(Self.words(text), among: .coveringPicture), "seed \(seed)")
    }

    /// A font without a Unicode table: letters of the wrong alphabet.
    @Test func doesNotBelieveMojibake() {
        let text =
            "Cïðàâêà âûäàíà Àõìåòîâîé Àéãóëü Ñåðèêîâíå â òîì ÷òî îíà íàõîäèëàñü íà ëå÷åíèè "
            + String(repeating: "ðàáîòû ", count: 30)
        for surroundings in [TextSoundness.Surroundings.noPicture, .pictures, .coveringPicture] {
            #expect(!TextSoundness.isSound(Self.words(text), among: surroundings))
        }
    }

    @Test func wantsMoreThanASignatureLineBesidePictures() {
        let line = Self.words("Документ подписан электронной цифровой подписью проверить на портале")
        #expect(!TextSoundness.isSound(line, among: .pictures))
        #expect(!TextSoundness.isSound(line, among: .coveringPicture))
        #expect(TextSoundness.isSound(line, among: .noPicture), "without a picture it is all there is")
    }

    @Test func readsTheToolsRows() throws {
        let rows = """
            level\tpage_num\tpar_num\tblock_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
            1\t1\t0\t0\t0\t0\t0.000000\t0.000000\t595.2\t841.8\t-1\t###PAGE###
            3\t1\t0\t0\t0\t0\t50\t132\t218\t12\t-1\t###FLOW###
            4\t1\t0\t0\t0\t0\t50\t132\t218\t12\t-1\t###LINE###
            5\t1\t0\t0\t0\t0\t50.00\t132.77\t57.81\t12.00\t100\tСПРАВКА
            5\t1\t0\t0\t0\t1\t111.62\t132.77\t7.34\t12.00\t100\t"о\u{1}"
            not a row at all
            1\t2\t0\t0\t0\t0\t0\t0\t100\t200\t-1\t###PAGE###
            5\t2\t0\t0\t0\t0\t1\t2\t3\t4\t100\t###PAGE###
            """
        let layer = TextLayer(tsv: Data(rows.utf8))
        #expect(layer.pages.count == 2)
        #expect(layer.pages[0].size == PageSize(width: 595.2, height: 841.8))
        #expect(layer.pages[0].words.map(\.text) == ["СПРАВКА", "\"о\""])
        #expect(layer.pages[0].words[0].box == Box(x: 50, y: 132.77, width: 57.81, height: 12))
        #expect(layer.pages[1].words.map(\.text) == ["###PAGE###"])
    }

    /// The same three words on a page that is read in each of the four directions give the same lines and boxes.
    @Test func setsPagesUpright() {
        let upright = [
            [
                Word(text: "один", box: Box(x: 10, y: 10, width: 30, height: 8), confidence: 1),
                Word(text: "два", box: Box(x: 50, y: 10, width: 20, height: 8), confidence: 1),
            ],
            [Word(text: "три", box: Box(x: 10, y: 30, width: 25, height: 8), confidence: 1)],
        ]
        let (width, height) = (200.0, 100.0)
        let expected = LineAssembler.assemble(upright, width: width, height: height)
        #expect(expected.lines.map(\.text) == ["один два", "три"])
        func turned(_ turn: (Box) -> Box) -> [[Word]] {
            upright.map { $0.map { Word(text: $0.text, box: turn($0.box), confidence: 1) } }
        }
        let clockwise = turned { Box(x: height - $0.y - $0.height, y: $0.x, width: $0.height, height: $0.width) }
        let over = turned {
            Box(x: width - $0.x - $0.width, y: height - $0.y - $0.height, width: $0.width, height: $0.height)
        }
        let counter = turned { Box(x: $0.y, y: width - $0.x - $0.width, width: $0.height, height: $0.width) }
        for (pieces, size) in [(clockwise, (height, width)), (over, (width, height)), (counter, (height, width))] {
            let result = LineAssembler.assemble(pieces, width: size.0, height: size.1)
            #expect(result.lines == expected.lines)
            #expect(result.width == width && result.height == height)
        }
    }

    @Test func joinsPiecesOfARowAndKeepsRowsApart() {
        func piece(_ text: String, x: Double, y: Double) -> [Word] {
            [Word(text: text, box: Box(x: x, y: y, width: 40, height: 10), confidence: 1)]
        }
        let pieces = [
            piece("справа", x: 300, y: 12), piece("ниже", x: 10, y: 22), piece("слева", x: 10, y: 10),
            piece("ещё", x: 300, y: 24),
        ]
        let lines = LineAssembler.assemble(pieces, width: 600, height: 100).lines
        #expect(lines.map(\.text) == ["слева справа", "ниже ещё"])
    }
}
