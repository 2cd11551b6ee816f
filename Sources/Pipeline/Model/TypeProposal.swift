/// The type that a model proposes, taken only with words of the page that show it.
struct TypeProposal {
    var key: String
    var quote: String

    /// «Приказ» alone shows no type.
    private static let lettersMin = 8

    /// The type with the words that show it; nil when it is none of the catalog or the words are not on the page.
    func finding(in flow: TextFlow, of text: DocumentText, _ catalog: DocumentTypeCatalog) -> Finding<DocumentType>? {
        guard let type = catalog.type(key: key), let place = QuotedWords(quote, in: flow) else { return nil }
        let words = place.words(in: flow)
        guard words.count(where: \.isLetter) >= TypeProposal.lettersMin else { return nil }
        return Finding(
            value: type, confidence: SecondReader.confidence, page: place.page(in: flow, of: text),
            box: place.box(in: flow), words: words, source: "llm:\(Prompts.classifyName)")
    }
}
