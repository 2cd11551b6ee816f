/// A wording as data: words in order, with room for other words between them.
///
/// `без_сохранен* заработн*|зарплат*`: words parted by spaces may have up to three others between them, words joined by
/// `_` stand next to each other, a leading `~` allows a dozen others before it (a name with a post), `|` parts
/// alternatives, a trailing `*` stands for any ending, and a leading `=` allows one look-alike letter at most and `==`
/// none (for words whose neighbours mean something else). Words are compared folded and with the tolerance of
/// `WordLikeness`.
struct Phrase: Sendable, Hashable {
    /// One place of the phrase: any of these stems.
    struct Place: Sendable, Hashable {
        var stems: [Int]
        /// How many other words may stand before it.
        var gap: Int
    }

    var places: [Place]
}

/// A word, or the beginning of one, that phrases are made of.
struct Stem: Sendable, Hashable {
    var word: FoldedWord
    var isPrefix: Bool
    /// The highest cost of `WordLikeness` that still counts.
    var limit: Int
}

/// All stems of a set of phrases, each once, so that a page's words are compared with each only once.
struct StemLexicon: Sendable {
    private(set) var stems: [Stem] = []
    private var index: [Stem: Int] = [:]
    /// What rules most stems out for a word, side by side, so that a word passes a thousand stems in a microsecond.
    private var sieve: [Sieve] = []

    private struct Sieve {
        var letters: UInt64
        var budget: Int8
        /// The shortest and the longest word that may be near enough.
        var shortest: Int16
        var longest: Int16
    }

    /// The stems that a word may be a form of, each with the cost of `WordLikeness`, rising.
    func stems(of word: FoldedWord) -> [(stem: Int, cost: Int)] {
        let (letters, count) = (word.letters, Int16(clamping: word.count))
        var found: [(stem: Int, cost: Int)] = []
        sieve.withUnsafeBufferPointer { sieve in
            for (index, row) in sieve.enumerated() {
                // Each letter that the word lacks costs at least half an edit.
                guard (row.letters & ~letters).nonzeroBitCount <= row.budget, count >= row.shortest,
                    count <= row.longest
                else { continue }
                let stem = stems[index]
                if let cost = WordLikeness.cost(of: word, as: stem.word, isPrefix: stem.isPrefix, limit: stem.limit) {
                    found.append((index, cost))
                }
            }
        }
        return found
    }

    /// Reads a wording in the notation that `Phrase` explains.
    mutating func phrase(_ notation: String) -> Phrase {
        var places: [Phrase.Place] = []
        for group in notation.split(separator: " ") {
            for (position, place) in group.split(separator: "_").enumerated() {
                let isFar = place.hasPrefix("~")
                let stems = (isFar ? place.dropFirst() : place).split(separator: "|").map { stem(String($0)) }
                places.append(Phrase.Place(stems: stems, gap: position > 0 || places.isEmpty ? 0 : isFar ? 12 : 3))
            }
        }
        precondition(!places.isEmpty, "a phrase has at least one word")
        return Phrase(places: places)
    }

    /// A phrase of plain words, whose endings may differ: for names that an operator writes.
    mutating func phrase(words: String) -> Phrase? {
        let stems = PageReadingBuilder.pieces(of: words).map { FoldedWord($0.text) }.filter { $0.count > 2 }
        guard !stems.isEmpty else { return nil }
        return Phrase(
            places: stems.enumerated().map { position, word in
                // Russian and Kazakh endings are at most three letters on the words that such names are made of.
                let kept = word.count > 7 ? word.count - 3 : word.count > 5 ? word.count - 2 : word.count
                let isPrefix = word.count > 3
                let stem = Stem(
                    word: FoldedWord(codes: Array(word.codes.prefix(kept))), isPrefix: isPrefix, limit: .max)
                return Phrase.Place(stems: [intern(stem)], gap: position == 0 ? 0 : 3)
            })
    }

    private mutating func stem(_ notation: String) -> Int {
        let limit = notation.hasPrefix("==") ? 0 : notation.hasPrefix("=") ? 1 : Int.max
        return intern(Stem(word: FoldedWord(notation), isPrefix: notation.hasSuffix("*"), limit: limit))
    }

    private mutating func intern(_ stem: Stem) -> Int {
        if let known = index[stem] { return known }
        index[stem] = stems.count
        stems.append(stem)
        let budget = min(stem.limit, WordLikeness.budget(length: stem.word.count))
        sieve.append(
            Sieve(
                letters: stem.word.letters, budget: Int8(budget),
                shortest: Int16(stem.word.count - budget / 2),
                longest: stem.isPrefix ? .max : Int16(stem.word.count + budget / 2)))
        return stems.count - 1
    }
}

/// Where the stems of a lexicon occur on a page, and from that where phrases do.
struct PhraseMatcher {
    /// One place where a phrase stands: indices into `PageReading.tokens`, in reading order.
    struct Match {
        var tokens: [Int]
        /// The sum of the words' costs.
        var cost: Int
        var first: Int { tokens.first ?? 0 }
        var last: Int { tokens.last ?? 0 }
    }

    private let page: PageReading
    /// For each stream, for each stem: the positions in the stream, rising, with their cost.
    private var occurrences: [[[Place]]] = []
    /// For each stream, for each position: how many words of letters stand before it. Numbers fill no gap, for dates
    /// stand between any two words of a phrase («шарты 2026 жылғы 10 қарашада бұзылды»).
    private var ranks: [[Int]] = []

    /// Where a stem stands in a stream, and at what cost.
    private typealias Place = (position: Int, cost: Int)

    /// Compares every word of a page with every stem, each distinct word once.
    init(_ page: PageReading, lexicon: StemLexicon) {
        self.page = page
        var known: [FoldedWord: [(stem: Int, cost: Int)]] = [:]
        let hits = page.tokens.map { token in
            if let found = known[token.folded] { return found }
            let isWord = token.folded.hasLetter || token.folded.count <= 3
            let found = isWord ? lexicon.stems(of: token.folded) : []
            known[token.folded] = found
            return found
        }
        for stream in page.streams {
            var positions = [[Place]](repeating: [], count: lexicon.stems.count)
            for (position, token) in stream.enumerated() {
                for hit in hits[token] { positions[hit.stem].append((position, hit.cost)) }
            }
            occurrences.append(positions)
            var rank = 0
            ranks.append(
                stream.map { token in
                    defer { rank += page.tokens[token].folded.hasLetter ? 1 : 0 }
                    return rank
                })
        }
    }

    /// All places where the phrase stands, each first word once.
    func matches(of phrase: Phrase) -> [Match] {
        var found: [Match] = []
        for (index, positions) in occurrences.enumerated() {
            // Most phrases have a word that the page lacks.
            guard phrase.places.allSatisfy({ $0.stems.contains { !positions[$0].isEmpty } }) else { continue }
            for stem in phrase.places[0].stems {
                for start in positions[stem] {
                    guard let match = follow(phrase, from: start, stream: index, positions: positions),
                        !found.contains(where: { $0.first == match.first })
                    else { continue }
                    found.append(match)
                }
            }
        }
        return found
    }

    private func follow(_ phrase: Phrase, from start: Place, stream index: Int, positions: [[Place]]) -> Match? {
        let stream = page.streams[index]
        let rank = ranks[index]
        var match = Match(tokens: [stream[start.position]], cost: start.cost)
        var at = start.position
        for place in phrase.places.dropFirst() {
            var next: Place?
            for stem in place.stems {
                for candidate in positions[stem]
                where candidate.position > at && rank[candidate.position] - rank[at] <= 1 + place.gap {
                    if next.map({ (candidate.position, candidate.cost) < ($0.position, $0.cost) }) ?? true {
                        next = candidate
                    }
                }
            }
            guard let next else { return nil }
            let step = page.tokens[stream[next.position]].line - page.tokens[stream[at]].line
            guard (0...2).contains(step) else { return nil }
            at = next.position
            match.tokens.append(stream[at])
            match.cost += next.cost
        }
        return match
    }
}
