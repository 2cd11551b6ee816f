internal import Foundation

/// The text layer of a PDF, as `pdftotext -tsv` prints it: one row per page, flow, line and word, with boxes in points
/// from the displayed page's top left.
struct TextLayer {
    /// One page's layer, before anybody has judged it.
    struct Page {
        var size: PageSize
        var pieces: [[Word]]

        var words: [Word] { pieces.flatMap(\.self) }
    }

    var pages: [Page] = []

    /// Reads the tool's output. Rows that are not as expected are skipped: what is lost is lost to the text layer only,
    /// and a page with too little text is read from its picture.
    init(tsv: Data) {
        // By bytes: breaking a text into characters costs more than all that is read from it.
        tsv.withUnsafeBytes { bytes in
            for row in bytes.split(separator: UInt8(ascii: "\n")) { append(row) }
        }
    }

    private mutating func append(_ row: Slice<UnsafeRawBufferPointer>) {
        let fields = row.split(separator: UInt8(ascii: "\t"), maxSplits: 11, omittingEmptySubsequences: false)
        guard fields.count == 12, fields[0].count == 1, let level = fields[0].first else { return }
        // What lines and words are made of; flows and rows that are not the tool's say nothing.
        switch level {
        case UInt8(ascii: "1"):
            guard let box = box(fields) else { return }
            pages.append(Page(size: PageSize(width: box.width, height: box.height), pieces: []))
        case UInt8(ascii: "4") where !pages.isEmpty:
            pages[pages.count - 1].pieces.append([])
        case UInt8(ascii: "5"):
            if let box = box(fields) { append(String(decoding: fields[11], as: UTF8.self), box) }
        default:
            break
        }
    }

    private func box(_ fields: [Slice<UnsafeRawBufferPointer>]) -> Box? {
        let numbers = fields[6...9].compactMap { Double(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 4 else { return nil }
        return Box(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }

    private mutating func append(_ text: String, _ box: Box) {
        guard let page = pages.indices.last else { return }
        var clean = text
        // Cc is exactly these (UnicodeData.txt).
        clean.unicodeScalars.removeAll {
            $0.properties.isWhitespace || $0.value < 0x20 || (0x7F...0x9F).contains($0.value)
        }
        guard !clean.isEmpty else { return }
        if pages[page].pieces.isEmpty { pages[page].pieces.append([]) }
        pages[page].pieces[pages[page].pieces.count - 1].append(Word(text: clean, box: box, confidence: 1))
    }
}

extension TextLayer.Page {
    /// The page with its size as displayed: the tool prints the size before /Rotate, and boxes after it. Where the turn
    /// is not known, words that lie beyond the size tell.
    func displayed(turnedBy turn: Int?) -> TextLayer.Page {
        guard turn.map({ $0 % 180 != 0 }) ?? liesBeyondItsSize else { return self }
        return TextLayer.Page(size: PageSize(width: size.height, height: size.width), pieces: pieces)
    }

    private var liesBeyondItsSize: Bool {
        let beyond = words.contains { word in
            word.box.x + word.box.width > size.width + 2 || word.box.y + word.box.height > size.height + 2
        }
        let fitsSwapped = words.allSatisfy { word in
            word.box.x + word.box.width <= size.height + 2 && word.box.y + word.box.height <= size.width + 2
        }
        return beyond && fitsSwapped
    }
}
