/// What words around a name say about the person's part in the paper.
enum RoleCue: String, Hashable {
    /// «Ф.И.О.», «Т.А.Ә.»: a name follows; whose, the words beside it say.
    case label
    /// The one the paper is about: patient, worker, citizen, applicant; «выдана», «уволить», «берілсін».
    case holder
    /// The same, less surely.
    case weakHolder
    /// An order's verb with its object: stronger than the profession between it and the name.
    case order
    /// The adult on a companion's sheet.
    case companion
    /// The child in somebody's care.
    case child
    /// Doctor, director, secretary, signer, expert, clerk.
    case official
    /// Somebody else: the one who takes over, the other party, a representative.
    case other
    /// Employer's or institution's name follows.
    case organisation
    /// A street or a thing named after somebody.
    case place
}

/// The words that are cues, as patterns over folded words.
struct RoleLexicon {
    /// Words that make a cue, and which.
    struct Pattern {
        /// Folded words; one with `isPrefix` matches longer words too.
        var words: [(stem: String, isPrefix: Bool)]
        var cue: RoleCue
    }

    /// A cue that stands in the text.
    struct Match {
        var cue: RoleCue
        /// Its first and last token.
        var first: Int
        var last: Int
    }

    /// Cues that say something about the name after them.
    static let before = RoleLexicon(RoleWords.before)
    /// Cues that say something about the name before them.
    static let after = RoleLexicon(RoleWords.after)

    private static let activities = [
        "ичес", "иза", "изы", "изе", "изу", "изо", "ия", "ии", "ию", "ией", "ска", "ско", "ски",
    ]

    private static let surnameEndings: Set<String> = Set(
        ["ов", "ев", "ин"].flatMap { ending in ["", "а", "у", "ым", "ой", "е"].map { ending + $0 } }
            + ["енко", "ченко", "ук", "чук", "ян", "ский", "ская", "ского", "скому", "скую", "ским"])

    private var patterns: [String: [Pattern]] = [:]

    private init(_ lists: [(RoleCue, String)]) {
        for (cue, list) in lists {
            for entry in list.split(whereSeparator: { $0 == "," || $0.isNewline }) {
                let words = entry.split(separator: " ").map { word in
                    (
                        stem: NameLetters.folded(word.closes("*") ? word.dropLast() : word),
                        isPrefix: word.closes("*")
                    )
                }
                guard let first = words.first else { continue }
                patterns[String(first.stem.prefix(2)), default: []].append(Pattern(words: words, cue: cue))
            }
        }
    }

    /// The longest cue that starts at a token; patterns run over marks and line ends.
    func match(at token: Int, in flow: TextFlow) -> Match? {
        let folded = flow.tokens[token].folded
        guard flow.tokens[token].kind != .mark else { return nil }
        var best: Match?
        var bestLength = 0
        for pattern in patterns[String(folded.prefix(2))] ?? [] {
            guard let last = end(of: pattern, from: token, in: flow) else { continue }
            let length = pattern.words.reduce(0) { $0 + $1.stem.count + 1 }
            if length > bestLength {
                best = Match(cue: pattern.cue, first: token, last: last)
                bestLength = length
            }
        }
        return best
    }

    private func end(of pattern: Pattern, from token: Int, in flow: TextFlow) -> Int? {
        var position = token
        for (offset, word) in pattern.words.enumerated() {
            if offset > 0 {
                var following = flow.next(position)
                while let next = following, flow.tokens[next].isMark(",.-/()") { following = flow.next(next) }
                guard let next = following else { return nil }
                position = next
            }
            let folded = flow.tokens[position].folded
            guard word.isPrefix ? folded.begins(word.stem) : folded == word.stem else { return nil }
            // «травматологический отдел», «экспертиза», «хирургия»: what people do, and no person.
            if word.isPrefix, RoleLexicon.activities.contains(where: folded.dropFirst(word.stem.count).hasPrefix) {
                return nil
            }
            // «Бабушкин», «Внуков», «Маманов» are surnames and no cues.
            if word.isPrefix, flow.tokens[position].isNameLike,
                RoleLexicon.surnameEndings.contains(String(folded.dropFirst(word.stem.count)))
            {
                return nil
            }
        }
        return position
    }
}
