/// A rectangle on a page in the page's own units (pixels of the read picture, or PDF points), origin top left.
public struct Box: Sendable, Hashable, Codable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The smallest box that holds both.
    public func union(_ other: Box) -> Box {
        let left = min(x, other.x)
        let top = min(y, other.y)
        let right = max(x + width, other.x + other.width)
        let bottom = max(y + height, other.y + other.height)
        return Box(x: left, y: top, width: right - left, height: bottom - top)
    }
}

/// One word as it stands on the page.
public struct Word: Sendable, Hashable, Codable {
    public var text: String
    public var box: Box
    /// 0 to 1; 1 for a word of a text layer.
    public var confidence: Double

    public init(text: String, box: Box, confidence: Double) {
        self.text = text
        self.box = box
        self.confidence = confidence
    }
}

/// Words that stand on one line, left to right. A wide gap inside (columns, table cells) does not end a line; the
/// boxes tell.
public struct TextLine: Sendable, Hashable, Codable {
    public var words: [Word]

    public init(words: [Word]) {
        self.words = words
    }

    /// The words with single spaces between them.
    public var text: String { words.map(\.text).joined(separator: " ") }

    /// The box around all words; nil for an empty line.
    public var box: Box? { words.dropFirst().reduce(words.first?.box) { $0?.union($1.box) } }
}

/// The text of one page, top to bottom.
public struct PageText: Sendable, Hashable, Codable {
    /// Where the words came from.
    public enum Source: String, Sendable, Codable {
        /// The PDF's own text layer.
        case textLayer = "text_layer"
        /// Recognised from a picture.
        case ocr
    }

    /// Counted from 1.
    public var number: Int
    /// In the units of the boxes.
    public var width: Double
    public var height: Double
    public var source: Source
    /// 0 to 1: 1 for a text layer, the engine's mean word confidence otherwise.
    public var confidence: Double
    public var lines: [TextLine]
    /// How its picture is made again; nil for texts that come from elsewhere.
    public var sheet: PageSheet?

    public init(
        number: Int, width: Double, height: Double, source: Source, confidence: Double, lines: [TextLine]
    ) {
        self.number = number
        self.width = width
        self.height = height
        self.source = source
        self.confidence = confidence
        self.lines = lines
    }
}

/// The text of a document, page by page: what the rules read.
public struct DocumentText: Sendable, Hashable, Codable {
    public var pages: [PageText]

    public init(pages: [PageText]) {
        self.pages = pages
    }
}
