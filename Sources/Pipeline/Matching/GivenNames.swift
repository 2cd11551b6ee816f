/// Lists of given names: they help to tell gender, case and order of parts, and are never required.
enum GivenNames {
    /// Whether a folded word in the nominative is a known name of this gender.
    static func knows(_ folded: String, _ gender: Gender) -> Bool {
        switch gender {
        case .male: male.contains(folded)
        case .female: female.contains(folded)
        }
    }

    /// Whether a folded word is a known name of either gender.
    static func knows(_ folded: String) -> Bool { male.contains(folded) || female.contains(folded) }

    private static let male = set(of: russianMale, kazakhMale, otherMale)
    private static let female = set(of: russianFemale, kazakhFemale, otherFemale)

    private static func set(of lists: String...) -> Set<String> {
        Set(lists.flatMap { $0.split(whereSeparator: \.isWhitespace).map(NameLetters.folded) })
    }
}
