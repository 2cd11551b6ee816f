/// Words that a model says stand on the page, found there: what is not found is not taken.
struct QuotedWords {
    /// The tokens of the flow that they are, without marks.
    let tokens: [Int]

    /// Finds the first place where the words follow each other, inside a column or cell or along a line. Letters are
    /// compared folded (case, ё, Kazakh letters, look-alikes), since a model mends those without a thought.
    init?(_ quote: String, in flow: TextFlow) {
        let words = quote.split(whereSeparator: \.isWhitespace).map {
            Word(text: String($0), box: Box(x: 0, y: 0, width: 0, height: 0), confidence: 1)
        }
        let wanted = NameTokenizer.tokens(
            of: words, page: 0, sources: Array(words.indices), isRecognised: flow.isRecognised.contains(true)
        ).filter { $0.kind != .mark }.map(\.folded)
        guard let first = wanted.first, wanted.count <= QuotedWords.wordsMax else { return nil }
        for start in flow.tokens.indices where flow.tokens[start].folded == first {
            for step in [flow.next, { $0 + 1 < flow.tokens.count ? $0 + 1 : nil }] {
                if let found = QuotedWords.walk(from: start, wanted, flow, step) {
                    tokens = found
                    return
                }
            }
        }
        return nil
    }

    /// A quote is a few words; a model that copies half of the page shows nothing.
    static let wordsMax = 24

    private static func walk(
        from start: Int, _ wanted: [String], _ flow: TextFlow, _ step: (Int) -> Int?
    ) -> [Int]? {
        var found = [start]
        var position = start
        for word in wanted.dropFirst() {
            repeat {
                guard let next = step(position) else { return nil }
                position = next
            } while flow.tokens[position].kind == .mark
            guard flow.tokens[position].folded == word else { return nil }
            found.append(position)
        }
        return found
    }

    /// The page, counted from 1.
    func page(in flow: TextFlow, of text: DocumentText) -> Int { text.pages[flow.tokens[tokens[0]].page].number }

    /// Around all of the words that stand on the first one's page.
    func box(in flow: TextFlow) -> Box {
        let page = flow.tokens[tokens[0]].page
        let boxes = tokens.filter { flow.tokens[$0].page == page }.map { flow.words[flow.tokens[$0].source].box }
        return boxes.dropFirst().reduce(boxes[0]) { $0.union($1) }
    }

    /// As they stand on the page.
    func words(in flow: TextFlow) -> String {
        var sources: [Int] = []
        for source in tokens.map({ flow.tokens[$0].source }) where sources.last != source { sources.append(source) }
        return sources.map { flow.words[$0].text }.joined(separator: " ")
    }
}
