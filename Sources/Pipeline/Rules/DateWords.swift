/// Numbers and years written out: «двадцать пятого сентября две тысячи двадцать шестого года», «бесінші қараша».
enum DateWords {
    /// A day of the month written out as one or two words («пятого», «двадцать пятое», «жиырма бесінші»), and how many
    /// words it takes.
    static func day(_ words: [FoldedWord]) -> (value: Int, length: Int)? {
        number(words, below: 32)
    }

    /// «две тысячи двадцать шестого», «екі мың жиырма алтыншы»: a year of this century, and how many words it takes.
    static func year(_ words: [FoldedWord]) -> (value: Int, length: Int)? {
        guard words.count >= 3, thousands.contains(where: { isLike(words[0], $0.0) && isLike(words[1], $0.1) }),
            let rest = number(Array(words.dropFirst(2)), below: 100)
        else { return nil }
        return (2000 + rest.value, 2 + rest.length)
    }

    /// A cardinal ten with an ordinal unit, or an ordinal alone.
    private static func number(_ words: [FoldedWord], below limit: Int) -> (value: Int, length: Int)? {
        guard let first = words.first else { return nil }
        if words.count > 1, let ten = tens.first(where: { isLike(first, $0.word) })?.value,
            let unit = ordinals.first(where: { $0.value < 10 && isLike(words[1], $0.stem) })?.value, ten + unit < limit
        {
            return (ten + unit, 2)
        }
        guard let found = ordinals.first(where: { isLike(first, $0.stem) }), found.value < limit else { return nil }
        return (found.value, 1)
    }

    /// A stem with a case ending of at most four letters.
    private static func isLike(_ word: FoldedWord, _ stem: FoldedWord) -> Bool {
        guard word.codes.starts(with: stem.codes) || word.count > 6 else { return false }
        return word.count <= stem.count + 4 && WordLikeness.cost(of: word, as: stem, isPrefix: true, limit: 2) != nil
    }

    private static let thousands = [("две", "тысяч"), ("екі", "мың")].map { (FoldedWord($0.0), FoldedWord($0.1)) }

    private static let tens: [(value: Int, word: FoldedWord)] = [
        (20, "двадцать"), (30, "тридцать"), (40, "сорок"), (50, "пятьдесят"),
        (10, "он"), (20, "жиырма"), (30, "отыз"), (40, "қырық"), (50, "елу"),
    ].map { ($0.0, FoldedWord($0.1)) }

    /// The longer stems first: «пятнадцат» begins like «пят».
    private static let ordinals: [(value: Int, stem: FoldedWord)] = [
        (11, "одиннадцат"), (12, "двенадцат"), (13, "тринадцат"), (14, "четырнадцат"), (15, "пятнадцат"),
        (16, "шестнадцат"), (17, "семнадцат"), (18, "восемнадцат"), (19, "девятнадцат"), (10, "десят"),
        (20, "двадцат"), (30, "тридцат"), (1, "перв"), (2, "втор"), (3, "трет"), (4, "четверт"), (5, "пят"),
        (6, "шест"), (7, "седьм"), (8, "восьм"), (9, "девят"),
        (1, "бірінші"), (2, "екінші"), (3, "үшінші"), (4, "төртінші"), (5, "бесінші"), (6, "алтыншы"),
        (7, "жетінші"), (8, "сегізінші"), (9, "тоғызыншы"), (10, "оныншы"), (20, "жиырмасыншы"), (30, "отызыншы"),
    ].map { ($0.0, FoldedWord($0.1)) }
}
