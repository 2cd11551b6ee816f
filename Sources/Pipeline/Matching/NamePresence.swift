/// Whether a paper names the applicant at all, be it as its holder or not: what tells a paper of another person from
/// one whose holder was misread.
enum NamePresence {
    /// Whether all full words of a submitted name stand side by side somewhere, in any order and case form.
    ///
    /// Endings are left out of the comparison, so that cases agree; another patronymic or given name does not.
    static func stands(_ fio: String, in text: DocumentText) -> Bool {
        let stems = fio.split { !$0.isLetter && $0 != "-" }.map { folded($0) }.filter { $0.count >= 3 }
            .map { String($0.prefix(max(2, $0.count - 2))) }
        guard stems.count >= 2 else { return false }
        return text.pages.contains { page in
            let words = page.lines.flatMap(\.words).map { folded($0.text) }.filter { !$0.isEmpty }
            return words.indices.contains { start in
                guard stems.contains(where: words[start].hasPrefix) else { return false }
                let window = words[start..<min(start + stems.count + 1, words.count)]
                return stems.allSatisfy { stem in window.contains { $0.hasPrefix(stem) } }
            }
        }
    }

    private static func folded(_ word: some StringProtocol) -> String {
        NameLetters.folded(NameLetters.cyrillized(String(word.filter { $0.isLetter || $0 == "-" })))
    }
}
