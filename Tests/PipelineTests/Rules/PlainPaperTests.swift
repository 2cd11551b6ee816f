import Testing

@testable import Pipeline

/// Whole papers as plain text, in the wording of clinics, employers and state bodies, each with its type, whether it
/// is one paper, its issue date and the reason.
struct PlainPaperTests {
    @Test(arguments: PlainPapers.all)
    func readsTypeAndDate(_ paper: PlainPapers.Paper) {
        let text = PlainPapers.document(paper.text)
        let found = WholePaperTests.rules.classify(text)
        let extraction = WholePaperTests.rules.extract(text, found, today: WholePaperTests.today)
        #expect(paper.types.contains(extraction.docType?.value.key ?? "-"), "\(paper.reason)")
        #expect(
            paper.dates == ["any"] || paper.dates.contains(extraction.docDate?.value.description ?? "-"),
            "\(paper.reason)")
        #expect(extraction.singleDocType.value == paper.isSingle, "\(paper.reason)")
    }

    @Test
    func holdsEveryType() {
        let types = Set(PlainPapers.all.flatMap(\.types))
        #expect(types.isSuperset(of: DocumentTypeCatalog.builtIn.types.map(\.key)))
    }
}

/// The papers of `PlainPaperTests`: a line of `### types | one or several | dates | reason`, then the text; `---` parts
/// pages, runs of spaces part columns, and `any` stands where the date is not looked at.
enum PlainPapers {
    struct Paper: Sendable, CustomTestStringConvertible {
        var types: [String]
        var isSingle: Bool
        var dates: [String]
        var reason: String
        var text = ""
        var testDescription: String { reason }
    }

    static let all: [Paper] = [
        first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh,
    ].flatMap(papers)

    private static func papers(_ table: String) -> [Paper] {
        var found: [Paper] = []
        for line in table.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("### ") {
                let cells = line.dropFirst(4).split(separator: "|").map { $0.trimmingSpaces() }
                found.append(
                    Paper(
                        types: cells[0].split(separator: "+").map(String.init), isSingle: cells[1] == "one",
                        dates: cells[2].split(separator: "/").map(String.init), reason: cells[3]))
            } else if !found.isEmpty {
                found[found.count - 1].text += line + "\n"
            }
        }
        return found
    }

    /// Every letter as wide as the next, as a text layer read with its layout gives it.
    static func document(_ text: String) -> DocumentText {
        var pages: [PageText] = []
        var lines: [TextLine] = []
        var y = 40.0
        func flush() {
            pages.append(
                PageText(
                    number: pages.count + 1, width: 595, height: 842, source: .textLayer, confidence: 1, lines: lines))
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "---" {
                flush()
                (lines, y) = ([], 40)
                continue
            }
            let words = self.words(of: Array(line), y: y)
            if !words.isEmpty { lines.append(TextLine(words: words)) }
            y += 16
        }
        flush()
        return DocumentText(pages: pages)
    }

    private static func words(of line: [Character], y: Double) -> [Word] {
        let letter = 5.2
        var words: [Word] = []
        var start = 0
        for piece in line.split(separator: " ", omittingEmptySubsequences: false) {
            if !piece.isEmpty {
                let box = Box(x: 40 + Double(start) * letter, y: y, width: Double(piece.count) * letter, height: 11)
                words.append(Word(text: String(piece), box: box, confidence: 1))
            }
            start += piece.count + 1
        }
        return words
    }
}
