/// A submitted name cut into parts, in one of the orders that people write them in.
struct SubmittedParts: Hashable {
    /// The surname; a double one with its hyphen.
    var surname: String
    /// The given name or its initial.
    var given: String
    /// Nil when none was submitted.
    var patronymic: String?

    /// The possible arrangements, the usual one (surname, given name, patronymic) first.
    static func arrangements(of name: String) -> [SubmittedParts] {
        let words = words(of: name)
        switch words.count {
        case ..<2: return []
        case 2:
            return [
                SubmittedParts(surname: words[0], given: words[1]), SubmittedParts(surname: words[1], given: words[0]),
            ]
        case 3 where PatronymicForm.isApart(NameLetters.folded(words[1])):
            // «Турсунбек уулу Азамат»: the father's name stands in the surname's place.
            return [SubmittedParts(surname: words[0] + " " + words[1], given: words[2])]
        case 3:
            return [(0, 1, 2), (2, 0, 1), (1, 0, 2), (0, 2, 1), (1, 2, 0), (2, 1, 0)].map {
                SubmittedParts(surname: words[$0.0], given: words[$0.1], patronymic: words[$0.2])
            }
        default:
            // A double surname without its hyphen, a double given name, a patronymic of several words.
            guard words.count <= longest else { return [] }
            return thirds(of: words.count).flatMap { first, second in
                let parts = [words[..<first], words[first..<second], words[second...]]
                let three = parts.map { $0.joined(separator: "-") }
                return [
                    SubmittedParts(surname: three[0], given: three[1], patronymic: three[2]),
                    SubmittedParts(surname: three[2], given: three[0], patronymic: three[1]),
                ]
            }
        }
    }

    /// The most words that one person's name has: two of them in each part at most, patronymics in ұлы counted once.
    private static let longest = 5

    /// Why a name cannot be cut into parts: too few words, or those of several people.
    static func fault(of name: String) -> String {
        let count = words(of: name).count
        return count < 2
            ? "the submitted name is one word, too little to compare"
            : "the submitted name has \(count) words, more than one person's name has"
    }

    /// Where three parts of so many words may begin: the longest surname first.
    private static func thirds(of count: Int) -> [(first: Int, second: Int)] {
        (1...(count - 2)).reversed().flatMap { first in
            ((first + 1)...(count - 1)).map { (first, $0) }
        }
    }

    /// The words, initials apart, ұлы and қызы with the name before them, a hyphen's halves together where two words
    /// are left then («Иванов - Иван» are two).
    private static func words(of name: String) -> [String] {
        let joined = words(of: name, joining: true)
        return joined.count < 2 ? words(of: name, joining: false) : joined
    }

    private static func words(of name: String, joining: Bool) -> [String] {
        var words: [String] = []
        for piece in name.split(whereSeparator: \.isWhitespace) {
            let parts = piece.split(separator: ".").map(String.init)
            for part in parts {
                if joining, let previous = words.last, part.begins("-") || previous.closes("-") {
                    words[words.count - 1] = previous + part
                } else if let previous = words.last, words.count > 1,
                    PatronymicForm.isApart(NameLetters.folded(NameLetters.cyrillized(part)))
                {
                    words[words.count - 1] = previous + part
                } else {
                    words.append(part)
                }
            }
        }
        return words.map { $0.trimmingPrefix("-") }.map { String($0.closes("-") ? $0.dropLast() : $0) }
            .filter { !$0.isEmpty }
    }
}
