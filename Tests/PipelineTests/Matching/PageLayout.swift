import Pipeline

/// Sets text on a page the way a typewriter would, so that the boxes say what stands beside and below what.
struct PageLayout {
    private var words: [Word] = []
    private var top = 50.0
    private static let letter = 6.0
    private static let height = 11.0
    static let left = 50.0

    /// A document of one page.
    static func document(recognised: Bool = false, _ build: (inout PageLayout) -> Void) -> DocumentText {
        var layout = PageLayout()
        build(&layout)
        return DocumentText(pages: [layout.page(1, recognised)])
    }

    /// A line at the left margin.
    mutating func line(_ text: String, at x: Double = left) {
        set(text, x, top)
        top += 15
    }

    /// A paragraph, broken at a width in letters.
    mutating func paragraph(_ text: String, width: Int = 70, at x: Double = left) {
        for line in PageLayout.broken(text, width) { self.line(line, at: x) }
    }

    /// Cells side by side, each at its own offset and broken at its width in letters.
    mutating func row(_ cells: [String], widths: [Int] = [30, 34, 16, 16]) {
        var x = PageLayout.left
        var bottom = top
        for (cell, width) in zip(cells, widths) {
            var y = top
            for line in PageLayout.broken(cell, width - 3) {
                set(line, x, y)
                y += 15
            }
            bottom = max(bottom, y)
            x += Double(width) * PageLayout.letter
        }
        top = bottom + 3
    }

    /// Free space.
    mutating func gap() { top += 40 }

    private mutating func set(_ text: String, _ start: Double, _ y: Double) {
        var x = start
        for word in text.split(separator: " ") {
            let width = Double(word.count) * PageLayout.letter
            words.append(
                Word(
                    text: String(word), box: Box(x: x, y: y, width: width, height: PageLayout.height), confidence: 0.95)
            )
            x += width + PageLayout.letter
        }
    }

    private func page(_ number: Int, _ recognised: Bool) -> PageText {
        var lines: [Double: [Word]] = [:]
        for word in words { lines[word.box.y, default: []].append(word) }
        return PageText(
            number: number, width: 600, height: 900, source: recognised ? .ocr : .textLayer, confidence: 1,
            lines: lines.sorted { $0.key < $1.key }.map { TextLine(words: $0.value.sorted { $0.box.x < $1.box.x }) })
    }

    private static func broken(_ text: String, _ width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if !last.isEmpty, last.count + word.count + 1 > width {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : last + " " + word
            }
        }
        return lines
    }
}
