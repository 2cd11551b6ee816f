/// A page prepared for the rules: folded words in reading order, letter-spaced titles and hyphenated words put
/// together, and for each line how it stands on the page.
struct PageReading: Sendable {
    let number: Int
    let width: Double
    let height: Double
    /// Only lines that hold a letter or digit; `source` leads back to `PageText.lines`.
    let lines: [ReadingLine]
    /// All words in reading order.
    let tokens: [ReadingToken]
    /// Orders in which the tokens may be read, as indices: the page line by line, and runs of two columns one column
    /// after the other, so that a phrase that wraps inside a column or a table cell is found.
    let streams: [[Int]]

    /// Prepares one page.
    init(_ page: PageText) {
        number = page.number
        width = max(page.width, 1)
        height = max(page.height, 1)
        var builder = PageReadingBuilder(page: page)
        builder.build()
        lines = builder.lines
        tokens = builder.tokens
        streams = [Array(builder.tokens.indices)] + builder.columnStreams()
    }
}

/// One word of a page as the rules compare it.
struct ReadingToken: Sendable {
    let folded: FoldedWord
    /// As printed, without the punctuation around it.
    let text: String
    /// The index in `PageReading.lines`.
    let line: Int
    /// The index in `PageText.lines[source].words` of the word that it is (the beginning of).
    let word: Int
    let box: Box
    /// Ends a sentence, a clause or one language's wording: `.`, `;`, `:`, `,` or `/` stood right after it.
    var mark: Character?
    /// Which stretch of the line it stands in, counted from 0: wide gaps part a line into stretches.
    let stretch: Int

    /// All its letters are capitals, and there are at least two.
    var isUpper: Bool {
        var letters = 0
        for character in text where character.isLetter {
            if character.isLowercase { return false }
            letters += 1
        }
        return letters >= 2
    }

    /// Its first letter is a capital.
    var isCapitalised: Bool { text.first(where: \.isLetter)?.isUppercase ?? false }
}

/// How a line stands on its page.
struct ReadingLine: Sendable {
    /// The index in `PageText.lines`.
    let source: Int
    /// Its words in `PageReading.tokens`.
    let tokens: Range<Int>
    let box: Box
    /// As printed.
    let text: String
    /// Its letters' height over that of the page's body text.
    let heightRatio: Double
    /// The share of capitals among its letters.
    let upperShare: Double
    /// Stands in the middle with room on both sides.
    let isCentred: Bool
    /// Fills the text column from edge to edge, as running text does.
    let isFull: Bool
    /// The step from the line above over the usual step; 1 for the first line.
    let stepAbove: Double
    /// How many stretches wide gaps part it into.
    let stretches: Int
}
