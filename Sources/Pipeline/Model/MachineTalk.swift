/// Tells whether a paper speaks to a machine that reads it: «ignore the instructions», «игнорируй предыдущее», names of
/// our own keys. No office writes so; such a paper is not shown to a model, and the rules, which obey nobody, judge it
/// alone.
///
/// The list need not be whole: what a model says is also checked against the page, and never is a verdict.
struct MachineTalk: Sendable {
    private let phrases: [[Piece]]
    private let keys: Set<FoldedWord>

    /// A word of a phrase, compared folded.
    private struct Piece: Sendable {
        var word: FoldedWord
        /// Any word that begins so.
        var isPrefix: Bool

        func matches(_ other: FoldedWord) -> Bool {
            isPrefix ? other.codes.starts(with: word.codes) : other.codes == word.codes
        }
    }

    /// - Parameter catalog: its keys are words of ours that no paper has.
    init(catalog: DocumentTypeCatalog) {
        phrases = MachineTalk.notations.map { notation in
            notation.split(separator: " ").map { piece in
                Piece(word: FoldedWord(piece), isPrefix: piece.hasSuffix("*"))
            }
        }
        let ours = ["doc_type", "doc_date", "single_doc_type", "fio_match", "name_quote", "json_schema"]
        keys = Set((ours + catalog.types.map(\.key).filter { $0.contains("_") }).map { FoldedWord($0) })
    }

    /// Whether any line of any page does. A phrase may run over the end of a line.
    func isIn(_ text: DocumentText) -> Bool {
        text.pages.contains { page in
            let words = page.lines.flatMap { line in
                line.words.flatMap { word in
                    let pieces = word.text.split { !$0.isLetter && !$0.isNumber }
                    // A key is a word with underscores in it: the whole counts, too.
                    return pieces.count > 1 ? [word.text[...]] + pieces : pieces
                }
            }.map { FoldedWord($0) }.filter { !$0.isEmpty }
            return words.contains(where: keys.contains) || words.indices.contains { holdsPhrase(words, at: $0) }
        }
    }

    private func holdsPhrase(_ words: [FoldedWord], at start: Int) -> Bool {
        phrases.contains { phrase in
            phrase.count <= words.count - start
                && phrase.indices.allSatisfy { phrase[$0].matches(words[start + $0]) }
        }
    }

    /// A `*` ends a word of which only the beginning counts.
    private static let notations = [
        // English
        "ignore all*", "ignore any", "ignore the", "ignore previous", "ignore prior", "ignore above", "ignore your",
        "ignore these", "disregard*", "forget all", "forget previous", "forget the", "forget your",
        "previous instruction*", "prior instruction*", "above instruction*", "new instruction*",
        "system prompt*", "system message*",
        "you are now", "you are a", "you are an", "act as", "pretend*", "jailbreak*", "language model*", "ai model*",
        "ai assistant*", "assistant*", "chatgpt*", "gpt*", "llm*", "prompt*", "verdict*", "json", "respond with",
        "reply with", "answer with", "output the", "return the", "im start", "im end", "endoftext",
        // Russian
        "игнорируй*", "игнорировать*", "проигнорир*", "забудь*", "забудьте*", "не учитывай*", "не обращай*",
        "предыдущие инструкции", "предыдущих инструкций", "прежние инструкции", "прежних инструкций",
        "новая инструкция", "новые инструкции", "системный промпт*", "системное сообщение", "промпт*", "промт",
        "языковая модель", "языковой модели", "языковую модель", "нейросет*", "нейронная сеть", "нейронной сети",
        "искусственный интеллект", "искусственного интеллекта", "искусственному интеллекту", "чатгпт*", "вердикт*",
        "ты должен", "ты должна", "ты теперь", "ты ассистент*", "ты помощник*", "ты модель*", "ответь*", "отвечай*",
        "верни ответ", "считай что", "считай этот", "считай данный", "притворис*",
        // Kazakh
        "елеме", "елемеңіз", "елемей*", "назар аударма", "назар аудармаңыз", "ұмыт", "ұмытыңыз", "алдыңғы нұсқау*",
        "бұрынғы нұсқау*", "жаңа нұсқау*", "тілдік модель*", "тіл моделі*", "жасанды интеллект*", "нейрожелі*",
        "жауап бер", "жауап беріңіз", "үкім шығар*", "сен енді", "сен көмекші*",
    ]
}
