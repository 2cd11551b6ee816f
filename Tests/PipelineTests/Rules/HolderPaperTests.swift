import Testing

@testable import Pipeline

/// Whole papers as plain text with all that is read off them: type, whether it is one paper, issue date and holder.
struct HolderPaperTests {
    private static let rules = DocumentRules(
        person: { text, type in PersonFinder().holder(in: text, type: type) },
        match: { submitted, found in
            let match = NameMatcher().match(submitted: submitted, found: found.value, readFromPicture: false)
            return (match.isMatch, match.why)
        },
        settle: { NameMatcher().settled($1.value, submitted: $0, readFromPicture: false) })

    @Test(arguments: HolderPapers.all)
    func readsAllFour(_ paper: HolderPapers.Paper) {
        let (rules, text) = (HolderPaperTests.rules, PlainPapers.document(paper.text))
        let found = rules.extract(text, rules.classify(text), today: WholePaperTests.today)
        let extraction = rules.settled(found, fio: paper.fio)
        #expect(paper.types.contains(extraction.docType?.value.key ?? "-"), "\(paper.reason)")
        #expect(extraction.singleDocType.value == paper.isSingle, "\(paper.reason)")
        #expect(
            paper.date == "any" || extraction.docDate?.value.description ?? "-" == paper.date, "\(paper.reason)")
        #expect(paper.fio == "any" || extraction.fio?.value.full ?? "-" == paper.fio, "\(paper.reason)")
        // Whoever may act on a confidence must not be told more than there is.
        for confidence in [extraction.docType?.confidence, extraction.docDate?.confidence, extraction.fio?.confidence] {
            #expect(confidence.map { (0.05...0.999).contains($0) } ?? true, "\(paper.reason)")
        }
    }

    @Test
    func holdsEveryType() {
        let types = Set(HolderPapers.all.flatMap(\.types))
        #expect(types.isSuperset(of: DocumentTypeCatalog.builtIn.types.map(\.key)))
    }
}

/// The papers of `HolderPaperTests`: a line of `### types | one or several | date | holder | reason` (or the reason on
/// the next line, after `#: `), then the text; `---` parts pages, runs of spaces part columns, and `any` stands where a
/// field is not looked at.
enum HolderPapers {
    struct Paper: Sendable, CustomTestStringConvertible {
        var types: [String]
        var isSingle: Bool
        var date: String
        var fio: String
        var reason: String
        var text = ""
        var testDescription: String { reason }
    }

    static let all: [Paper] = [first, second, third, fourth, fifth, sixth].flatMap(papers)

    private static func papers(_ table: String) -> [Paper] {
        var found: [Paper] = []
        for line in table.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("### ") {
                let cells = line.dropFirst(4).split(separator: "|").map { $0.trimmingSpaces() }
                found.append(
                    Paper(
                        types: cells[0].split(separator: "+").map(String.init), isSingle: cells[1] == "one",
                        date: cells[2], fio: cells[3], reason: cells.count > 4 ? cells[4] : ""))
            } else if line.hasPrefix("#: "), !found.isEmpty {
                found[found.count - 1].reason = String(line.dropFirst(3))
            } else if !found.isEmpty {
                found[found.count - 1].text += line + "\n"
            }
        }
        return found
    }
}
