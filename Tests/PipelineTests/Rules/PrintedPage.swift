@testable import Pipeline

/// Pages as a reader gives them, set from plain text: boxes follow from the place of each line and letter.
///
/// A line's first characters say how it stands: `^ ` centred and larger (a title), `= ` centred, `> ` at the right
/// edge, `~ ` in small print (captions), none at the left. ` || ` parts stretches of a line (columns, table cells), an
/// empty line leaves room.
enum PrintedPage {
    static func document(_ pages: String...) -> DocumentText {
        DocumentText(pages: pages.enumerated().map { page($0.element, number: $0.offset + 1) })
    }

    static func page(_ text: String, number: Int = 1) -> PageText {
        let letter = 6.0
        let height = 11.0
        let step = 16.0
        let width = 595.0
        var lines: [TextLine] = []
        var y = 40.0
        for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
            defer { y += step }
            let source = String(raw)
            let style = source.prefix(2)
            let isStyled = ["^ ", "= ", "> ", "~ "].contains(String(style))
            let line = isStyled ? String(source.dropFirst(2)) : source
            let scale = style == "^ " ? 1.2 : style == "~ " ? 0.7 : 1
            let cells = line.components(separatedBy: " || ")
            var words: [Word] = []
            for (index, cell) in cells.enumerated() {
                let length = Double(cell.count) * letter * scale
                var x: Double
                switch style {
                case "^ ", "= ": x = max(50, (width - length) / 2)
                case "> ": x = max(50, width - 45 - length)
                default: x = 50
                }
                if cells.count > 1 { x = 50 + Double(index) * (width - 95) / Double(cells.count) }
                for word in cell.split(separator: " ") {
                    let size = Double(word.count) * letter * scale
                    words.append(
                        Word(
                            text: String(word), box: Box(x: x, y: y, width: size, height: height * scale),
                            confidence: 1))
                    x += size + letter * scale
                }
            }
            if !words.isEmpty { lines.append(TextLine(words: words)) }
        }
        return PageText(
            number: number, width: width, height: 842, source: .textLayer, confidence: 1, lines: lines)
    }
}

extension String {
    /// The pieces between a separator.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var pieces: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            pieces.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        pieces.append(String(rest))
        return pieces
    }
}
