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
            // A double surname without its hyphen, or a double given name.
            let double = [words[0] + "-" + words[1]] + words[2...]
            let last = words[..<(words.count - 2)] + [words[words.count - 2] + "-" + words[words.count - 1]]
            let middle = [words[0], words[1] + "-" + words[2]] + words[3...]
            return [double, middle, Array(last)].filter { $0.count == 3 }.flatMap { three in
                [
                    SubmittedParts(surname: three[0], given: three[1], patronymic: three[2]),
                    SubmittedParts(surname: three[2], given: three[0], patronymic: three[1]),
                ]
            }
        }
    }

    /// The words, initials apart, ұлы and қызы with the name before them, a hyphen's halves together.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        for piece in name.split(whereSeparator: \.isWhitespace) {
            let parts = piece.split(separator: ".").map(String.init)
            for part in parts {
                if let previous = words.last, part.begins("-") || previous.closes("-") {
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
