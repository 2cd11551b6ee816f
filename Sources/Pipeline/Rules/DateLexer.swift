/// The pieces of a page's text that dates are made of.
struct DateLexeme: Sendable {
    enum Kind: Sendable, Hashable {
        /// Digits, with the letters that OCR put in their place (О, З, l …) already turned back.
        case number(String)
        case word(FoldedWord)
        /// One of `. , / - « » " : _ ( )`.
        case mark(Character)
    }

    var kind: Kind
    /// The index in `PageReading.lines`.
    var line: Int
    /// The index of its word in the line's words.
    var word: Int
    /// Stands in the word with the piece before it, without a space between.
    var isGlued: Bool

    var number: String? {
        if case .number(let digits) = kind { return digits }
        return nil
    }
    var folded: FoldedWord? {
        if case .word(let word) = kind { return word }
        return nil
    }
    var mark: Character? {
        if case .mark(let character) = kind { return character }
        return nil
    }
}

/// Cuts lines into numbers, words and marks.
enum DateLexer {
    /// The pieces of all lines of a page, in reading order.
    static func lexemes(of page: PageText, reading: PageReading) -> [DateLexeme] {
        reading.lines.enumerated().flatMap { index, line in
            page.lines[line.source].words.enumerated().flatMap { position, word in
                cut(word.text).enumerated().map { piece, kind in
                    DateLexeme(kind: kind, line: index, word: position, isGlued: piece > 0)
                }
            }
        }
    }

    /// The pieces of one printed word.
    static func cut(_ text: String) -> [DateLexeme.Kind] {
        // A plain word; of two letters alone it may be a number misread.
        let scalars = text.unicodeScalars
        if scalars.count > 2, scalars.allSatisfy({ (0x410...0x44F).contains($0.value) || $0 == "ё" }) {
            return [.word(FoldedWord(text))]
        }
        var kinds: [DateLexeme.Kind] = []
        var run: [Character] = []
        func flush() {
            if !run.isEmpty { kinds += pieces(of: run) }
            run = []
        }
        for character in text {
            if character.isLetter || character.isNumber || character == "|" {
                run.append(character)
            } else {
                flush()
                if let mark = mark(character) { kinds.append(.mark(mark)) }
            }
        }
        flush()
        return kinds
    }

    private static func mark(_ character: Character) -> Character? {
        switch character {
        case ".", ",", "/", ":", "_", "(", ")", "№": character
        case "·", "•", "‚": "."
        case "-", "‐", "‑", "–", "—", "−": "-"
        case "«", "»", "\"", "“", "”", "„", "'", "’", "‘", "`", "<", ">", "*": "\""
        default: nil
        }
    }

    /// A run of letters and digits: digits first, then what follows them («2026г», «12марта»).
    private static func pieces(of run: [Character]) -> [DateLexeme.Kind] {
        var digits = ""
        var hasDigit = false
        var index = 0
        while index < run.count, let digit = digit(run[index]) {
            // A look-alike letter belongs to the number only between or beside real digits.
            if !run[index].isASCIIDigit, !isBesideDigit(run, index) { break }
            hasDigit = hasDigit || run[index].isASCIIDigit
            digits.append(digit)
            index += 1
        }
        if digits.isEmpty || !hasDigit {
            let word = String(run)
            // «ОЗ» for 03: two look-alikes alone. The grammar only takes them beside other numbers.
            if run.count == 2, MonthNames.roman(FoldedWord(word)) == nil,
                let first = digit(run[0]), let second = digit(run[1]) {
                return [.number(String([first, second]))]
            }
            return [.word(FoldedWord(word))]
        }
        let rest = run[index...]
        return [.number(digits)] + (rest.isEmpty ? [] : [.word(FoldedWord(String(rest)))])
    }

    private static func isBesideDigit(_ run: [Character], _ index: Int) -> Bool {
        // From the letter, look-alikes may lie between it and a digit, in either direction.
        func reaches(_ step: Int) -> Bool {
            var at = index + step
            while run.indices.contains(at), digit(run[at]) != nil {
                if run[at].isASCIIDigit { return true }
                at += step
            }
            return false
        }
        // «2026з…» is a word's beginning, not a digit, when letters that are none follow.
        let after = run[(index + 1)...].drop { digit($0) != nil }
        return reaches(-1) && after.isEmpty || reaches(1)
    }

    private static func digit(_ character: Character) -> Character? {
        switch character {
        case "0"..."9": character
        case "O", "o", "О", "о", "Ө", "ө", "Q", "D": "0"
        case "З", "з", "Э", "э": "3"
        case "l", "I", "І", "|", "і", "i": "1"
        case "б": "6"
        case "S", "s": "5"
        case "В", "B": "8"
        case "Ч", "ч": "4"
        default: nil
        }
    }
}

extension Character {
    /// `0` to `9`, no digit of another script.
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
