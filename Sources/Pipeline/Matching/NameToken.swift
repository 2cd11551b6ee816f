import Foundation

/// The smallest piece of text that the search for names looks at.
struct NameToken {
    /// What a token is.
    enum Kind: Hashable {
        case word
        /// One capital letter with its dot.
        case initial
        case number
        /// One punctuation character; a run of underscores is one.
        case mark
    }

    /// Word, initial, number or mark.
    var kind: Kind
    /// As printed, look-alikes turned into Cyrillic.
    var text: String
    /// Lower case and folded.
    var folded: String
    /// Where it stands.
    var box: Box
    /// The confidence of the word it was cut from, 0 to 1.
    var confidence: Double
    /// Index of the page.
    var page: Int
    /// Inside quotation marks: an organisation's name, a position.
    var isQuoted = false
    /// First in its segment (a cell, a column's line).
    var startsSegment = false
    /// The word on the page it was cut from, for quoting the page.
    var source: Int

    /// A capitalised or upper-case word of letters, long enough for a name.
    var isNameLike: Bool {
        guard kind == .word, !isQuoted else { return false }
        var scalars = text.unicodeScalars.makeIterator()
        guard let first = scalars.next(), NameLetters.isUppercase(first), scalars.next() != nil else { return false }
        return text.unicodeScalars.allSatisfy {
            NameLetters.isCyrillic($0) || NameLetters.isLatin($0) || $0 == "-" || $0 == "'" || $0 == "’"
        }
    }

    /// Whether it is all capitals, two at least.
    var isUppercased: Bool {
        text.unicodeScalars.count > 1
            && text.unicodeScalars.allSatisfy {
                NameLetters.lowercased($0) != $0 || $0 == "-"
            }
    }

    /// Whether it is this punctuation character.
    func isMark(_ marks: String) -> Bool { kind == .mark && text.count == 1 && marks.contains(text) }
}

/// Cuts the words of a line into tokens.
enum NameTokenizer {
    /// The tokens of words that stand beside each other.
    ///
    /// - Parameter isRecognised: whether they were read from a picture, where marks over letters are lost.
    static func tokens(of words: [Word], page: Int, sources: [Int], isRecognised: Bool) -> [NameToken] {
        var tokens: [NameToken] = []
        for (word, source) in zip(joiningSpacedLetters(words), sources) where !word.text.isEmpty {
            append(word, page: page, source: source, isRecognised, to: &tokens)
        }
        return tokens
    }

    private static func append(
        _ word: Word, page: Int, source: Int, _ isRecognised: Bool, to tokens: inout [NameToken]
    ) {
        let text =
            word.text.unicodeScalars.contains { (0x300...0x36F).contains($0.value) }
            ? word.text.precomposedStringWithCanonicalMapping : word.text
        let scalars = Array(text.unicodeScalars)
        func add(_ kind: NameToken.Kind, _ piece: String) {
            tokens.append(
                NameToken(
                    kind: kind, text: piece, folded: kind == .mark ? piece : NameLetters.folded(piece), box: word.box,
                    confidence: word.confidence, page: page, source: source))
        }
        var index = 0
        while index < scalars.count {
            let start = index
            if isLetter(scalars[index]) || isDigit(scalars[index]) {
                while index < scalars.count, isInside(scalars, index) { index += 1 }
                let piece = String(String.UnicodeScalarView(scalars[start..<index]))
                let hasDot = index < scalars.count && scalars[index] == "."
                if appendLetters(piece, hasDot: hasDot, isRecognised, add: add) { index += 1 }
            } else {
                index += 1
                while scalars[start] == "_", index < scalars.count, scalars[index] == "_" { index += 1 }
                if scalars[start].properties.isWhitespace { continue }
                add(.mark, String(String.UnicodeScalarView(scalars[start..<min(index, start + 1)])))
            }
        }
    }

    /// Adds a run of letters and digits; true when the dot after it belongs to it (an initial).
    private static func appendLetters(
        _ piece: String, hasDot: Bool, _ isRecognised: Bool, add: (NameToken.Kind, String) -> Void
    ) -> Bool {
        guard piece.unicodeScalars.contains(where: isLetter) else {
            add(.number, piece)
            return false
        }
        let cyrillized = NameLetters.cyrillized(piece)
        let word = isRecognised ? mended(cyrillized) : cyrillized
        if word.unicodeScalars.count == 1 {
            guard let scalar = word.unicodeScalars.first else { return false }
            if hasDot, NameLetters.isUppercase(scalar) {
                add(.initial, lookalikeInitial(word))
                return true
            }
            add(.word, word)
            return false
        }
        if hasDot, let last = word.unicodeScalars.last, NameLetters.isUppercase(last),
            let before = word.dropLast().unicodeScalars.last, !NameLetters.isUppercase(before), before != "-"
        {
            // A surname that stands against its initials: «ИвановИ.И.».
            add(.word, String(word.dropLast()))
            add(.initial, lookalikeInitial(String(word.suffix(1))))
            return true
        }
        for part in splitCamel(word) { add(.word, part) }
        return false
    }

    /// й at the end loses its mark easily (`Юлдашевои`, `Николаи`); no name ends in these letters.
    private static func mended(_ word: String) -> String {
        let endings = ["ои", "еи", "ыи", "аи", "уи", "ОИ", "ЕИ", "ЫИ", "АИ", "УИ"]
        guard word.unicodeScalars.count >= 4, endings.contains(where: word.closes) else { return word }
        return word.dropLast() + (word.closes("и") ? "й" : "Й")
    }

    /// A lone capital is Cyrillic on papers in Russian and Kazakh, whatever alphabet the look-alike came from.
    private static func lookalikeInitial(_ letter: String) -> String {
        NameLetters.cyrillized("Я" + letter).dropFirst().description
    }

    /// `АхметовДанияр` to two words; `МакДональд` stays, as its first half is too short for a name with a capital.
    private static func splitCamel(_ word: String) -> [String] {
        let scalars = Array(word.unicodeScalars)
        guard scalars.count >= 8 else { return [word] }
        for index in 4..<(scalars.count - 3)
        where NameLetters.isUppercase(scalars[index]) && !NameLetters.isUppercase(scalars[index - 1])
            && scalars[index - 1] != "-" && !NameLetters.isUppercase(scalars[index + 1]) && isLetter(scalars[index - 1])
        {
            let first = String(String.UnicodeScalarView(scalars[..<index]))
            return [first] + splitCamel(String(String.UnicodeScalarView(scalars[index...])))
        }
        return [word]
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        NameLetters.isCyrillic(scalar) || NameLetters.isLatin(scalar)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (48...57).contains(scalar.value) }

    /// Whether the scalar belongs to the word around it: letters, digits, and a hyphen or apostrophe between letters.
    private static func isInside(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        let scalar = scalars[index]
        if isLetter(scalar) || isDigit(scalar) { return true }
        guard ["-", "‐", "‑", "'", "’", "ʼ"].contains(scalar), index > 0, index + 1 < scalars.count else {
            return false
        }
        return isLetter(scalars[index - 1]) && isLetter(scalars[index + 1])
    }

    /// `П Р И К А З` to one word: at least four single letters in a row, cut where the gap is wider than usual.
    private static func joiningSpacedLetters(_ words: [Word]) -> [Word] {
        func isSingle(_ word: Word) -> Bool {
            word.text.unicodeScalars.count == 1 && word.text.unicodeScalars.allSatisfy(isLetter)
        }
        guard words.count >= 4, words.count(where: isSingle) >= 4 else { return words }
        var joined = words
        var start = 0
        while start < words.count {
            var end = start
            while end < words.count, isSingle(words[end]) { end += 1 }
            if end - start >= 4 { join(&joined, start..<end) }
            start = max(end, start + 1)
        }
        return joined
    }

    /// Joins single letters in place: the first word of each group takes all letters, the others become empty.
    private static func join(_ words: inout [Word], _ range: Range<Int>) {
        let gaps = range.dropFirst().map { words[$0].box.x - words[$0 - 1].box.x - words[$0 - 1].box.width }
        let usual = gaps.sorted()[gaps.count / 2]
        var head = range.lowerBound
        for (offset, index) in range.dropFirst().enumerated() {
            if gaps[offset] > usual * 1.7 + 1 {
                head = index
            } else {
                words[head].text += words[index].text
                words[head].box = words[head].box.union(words[index].box)
                words[index].text = ""
            }
        }
    }
}
