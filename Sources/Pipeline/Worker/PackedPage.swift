/// A page's text as it travels from worker to server: columns instead of one object per word, which makes JSON of it
/// about four times smaller and faster to read.
struct PackedPage: Codable {
    var number: Int
    var width: Double
    var height: Double
    var source: PageText.Source
    var confidence: Double
    var sheet: PageSheet?
    /// Lines with line feeds between them, words with spaces between them.
    var text: String
    /// Left, top, width and height of each word in turn, in tenths of the page's unit.
    var boxes: [Int]
    /// Confidence of each word in per cent; empty when all are certain.
    var confidences: [Int]

    init(_ page: PageText) {
        number = page.number
        width = page.width
        height = page.height
        source = page.source
        confidence = page.confidence
        sheet = page.sheet
        text = page.lines.map(\.text).joined(separator: "\n")
        let words = page.lines.flatMap(\.words)
        boxes = words.flatMap { word in
            [word.box.x, word.box.y, word.box.width, word.box.height].map { Int(($0 * 10).rounded()) }
        }
        confidences = page.source == .ocr ? words.map { Int(($0.confidence * 100).rounded()) } : []
    }

    /// The page as values; nil when the columns do not fit together (a worker that lies).
    func unpacked() -> PageText? {
        var lines: [TextLine] = []
        var index = 0
        for line in text.split(separator: "\n") {
            var words: [Word] = []
            for word in line.split(separator: " ") {
                guard boxes.count >= index * 4 + 4, confidences.isEmpty || index < confidences.count else { return nil }
                let box = boxes[(index * 4)..<(index * 4 + 4)].map { Double($0) / 10 }
                let certainty = confidences.isEmpty ? 1 : Double(confidences[index]) / 100
                words.append(
                    Word(
                        text: String(word), box: Box(x: box[0], y: box[1], width: box[2], height: box[3]),
                        confidence: certainty))
                index += 1
            }
            lines.append(TextLine(words: words))
        }
        guard boxes.count == index * 4 else { return nil }
        var page = PageText(
            number: number, width: width, height: height, source: source, confidence: confidence, lines: lines)
        page.sheet = sheet
        return page
    }
}

/// An outline as it travels.
struct PackedOutline: Codable {
    /// One of the two is set.
    struct Page: Codable {
        var text: PackedPage?
        var picture: PicturePlan?
    }

    var format: DocumentFormat
    var pages: [Page]

    init(_ outline: DocumentOutline) {
        format = outline.format
        pages = outline.pages.map { page in
            switch page {
            case .text(let text): Page(text: PackedPage(text), picture: nil)
            case .picture(let plan): Page(text: nil, picture: plan)
            }
        }
    }

    /// The outline as values; nil when a page is neither text nor picture.
    func unpacked() -> DocumentOutline? {
        var unpacked: [DocumentOutline.Page] = []
        for page in pages {
            if let text = page.text?.unpacked() {
                unpacked.append(.text(text))
            } else if let plan = page.picture {
                unpacked.append(.picture(plan))
            } else {
                return nil
            }
        }
        return DocumentOutline(format: format, pages: unpacked)
    }
}
