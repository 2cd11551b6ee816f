/// Mends given names and patronymics that recognition got wrong by one letter, where the lists of names leave no
/// doubt.
///
/// Surnames are never mended: any spelling may be somebody's.
enum ReadingRepair {
    /// The known name of this gender that one confusion away from the word; the word itself when known or when none
    /// is.
    static func given(_ word: String, _ gender: Gender) -> String {
        let folded = NameLetters.folded(word)
        guard folded.count >= 4, !GivenNames.knows(folded) else { return word }
        return variants(of: word).first {
            GivenNames.knows(NameLetters.folded($0), gender)
        }.map(NameLetters.titleCased) ?? word
    }

    /// The patronymic that is one confusion away from a word that is none, or whose father's name nobody bears.
    static func patronymic(_ word: String) -> String {
        // «ұпы» and «қьзы» are nothing else.
        var word = word
        for (broken, whole) in [("ұпы", "ұлы"), ("упы", "улы"), ("қьзы", "қызы"), ("кьзы", "кызы")]
        where NameLetters.lowercased(word).closes(broken) {
            word = NameLetters.lowercased(word).dropLast(broken.count) + whole
        }
        let folded = NameLetters.folded(word)
        guard folded.count >= 6, !isCertain(folded) else { return word }
        let isForm = PatronymicForm(folded) != nil
        let variants = variants(of: word)
        let sure = variants.first { isCertain(NameLetters.folded($0)) }
        return sure ?? (isForm ? nil : variants.first { PatronymicForm(NameLetters.folded($0)) != nil }) ?? word
    }

    /// Also л for п, which tells surnames apart but hardly two known given names.
    private static func variants(of word: String) -> [String] {
        let lower = NameLetters.lowercased(word)
        let indices = lower.indices.filter { lower[$0] == "п" }
        return LetterConfusion.variants(of: lower)
            + indices.map { lower[..<$0] + "л" + lower[lower.index(after: $0)...] }
    }

    /// Whether the father's name inside a folded patronymic is a known one.
    private static func isCertain(_ folded: String) -> Bool {
        guard let form = PatronymicForm(folded) else { return false }
        let nominative = form.nominative(of: folded)
        for (ending, stems) in fathers where nominative.closes(ending) {
            let stem = nominative.dropLast(ending.count)
            if stems.contains(where: { GivenNames.knows(stem + $0, .male) }) { return true }
        }
        return false
    }

    /// Endings of patronymics, and what the father's name adds to the stem before them.
    private static let fathers: [(String, [String])] = [
        ("ович", ["", "о"]), ("овна", ["", "о"]), ("ьевич", ["ий", "ь"]), ("ьевна", ["ий", "ь"]),
        ("евич", ["й", "ь", "е", ""]),
        ("евна", ["й", "ь", "е", ""]), ("ич", ["а", "я"]), ("инична", ["а", "я"]), ("ична", ["а", "я"]), ("улы", [""]),
        ("кызы", [""]), ("оглы", [""]), ("угли", [""]), ("кизи", [""]), ("уулу", [""]),
    ]
}
