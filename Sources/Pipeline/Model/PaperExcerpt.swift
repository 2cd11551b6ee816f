/// A paper's text as a language model is shown it: data between two marks that nothing in the text can write.
struct PaperExcerpt: Sendable {
    /// The text with its marks.
    let text: String
    /// Letters of the paper in it, all pages together.
    let letters: Int

    /// About 8,000 tokens of Russian: what a small model reads at once, and more than a paper of three pages holds.
    static let charactersMax = 16_000
    /// Papers have no longer lines; a longer one is a trick or a broken page.
    static let lineCharactersMax = 400

    /// The lines of all pages up to the limit, later pages losing first.
    init(_ document: DocumentText) {
        var lines: [String] = []
        var left = PaperExcerpt.charactersMax
        pages: for page in document.pages {
            if document.pages.count > 1 { lines.append("[page \(page.number)]") }
            for line in page.lines {
                let clean = PaperExcerpt.disarmed(line.text.prefix(PaperExcerpt.lineCharactersMax))
                guard clean.count < left else {
                    lines.append("[the rest is left out]")
                    break pages
                }
                left -= clean.count + 1
                lines.append(clean)
            }
        }
        text = "<paper>\n" + lines.joined(separator: "\n") + "\n</paper>"
        letters = document.pages.reduce(0) { sum, page in
            sum + page.lines.reduce(0) { $0 + $1.text.count(where: \.isLetter) }
        }
    }

    /// The line without what could end the data or look like a mark of ours: brackets of tags, control and invisible
    /// characters (a paper can hide text in tag characters or turn its direction).
    private static func disarmed(_ line: Substring) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            switch scalar {
            case "<": scalars.append("‹")
            case ">": scalars.append("›")
            case "[": scalars.append("(")
            case "]": scalars.append(")")
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .privateUse, .unassigned, .surrogate, .lineSeparator, .paragraphSeparator:
                    scalars.append(" ")
                default: scalars.append(scalar)
                }
            }
        }
        return String(scalars)
    }
}
