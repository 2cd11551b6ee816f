/// The letters that text recognition really takes for each other.
///
/// Two names that differ by one such confusion may be one name, read wrongly. Pairs that tell real surnames apart are left
/// out even where a bad scan may confuse them, because a false accept is worse than a false reject: а/о, е/и, д/т, л/р and
/// everything else with л, к/г, б/п, с/з, and all that no engine mixes up.
enum LetterConfusion {
    /// Whether two folded words become equal by one confusion; `described` says which, for the clerk.
    static func single(_ one: String, _ other: String) -> String? {
        let (first, second) = (Array(one), Array(other))
        guard abs(first.count - second.count) <= 1, first != second else { return nil }
        let start = zip(first, second).prefix { $0 == $1 }.count
        for (left, right) in pairs {
            for (mine, theirs) in [(left, right), (right, left)] {
                // The confusion may begin before the first difference, where the two forms share letters.
                for begin in max(0, start - 1)...start
                where has(mine, first, at: begin) && has(theirs, second, at: begin)
                    && first[(begin + mine.count)...].elementsEqual(second[(begin + theirs.count)...]) {
                    return "\(String(mine))/\(String(theirs))"
                }
            }
        }
        return nil
    }

    private static func has(_ piece: [Character], _ word: [Character], at index: Int) -> Bool {
        index + piece.count <= word.count && word[index..<index + piece.count].elementsEqual(piece)
    }

    private static let pairs: [([Character], [Character])] = [
        // One stroke more or less.
        ("и", "й"), ("и", "н"), ("н", "п"), ("ш", "щ"), ("ц", "щ"), ("и", "ц"), ("ь", "ъ"), ("ь", "ы"), ("г", "ғ"),
        // Open and closed bowls.
        ("е", "с"), ("э", "з"), ("о", "ө"), ("о", "с"), ("в", "ө"), ("в", "з"), ("а", "э"), ("б", "6"), ("ь", "б"),
        // Kazakh letters that lose or change their mark past what folding makes equal.
        ("к", "х"), ("к", "ж"), ("у", "ц"), ("н", "к"), ("н", "ц"),
        // Two letters for one.
        ("ы", "ьи"), ("ы", "ьт"), ("ю", "ио"), ("ю", "но"), ("и", "ии"), ("ш", "ии"), ("м", "ьт"), ("ж", "хс"),
        // A letter lost beside its double, a soft sign lost.
        ("сс", "с"), ("нн", "н"), ("мм", "м"), ("ь", ""),
    ].map { (Array($0.0), Array($0.1)) }
}
