/// A value found in a document, with the evidence for it: where it stands and what found it.
public struct Finding<Value: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    public var value: Value
    /// 0 to 1, comparable between findings of one kind.
    public var confidence: Double
    /// The page, counted from 1; nil when it follows from the document as a whole.
    public var page: Int?
    /// Around the words it was read from.
    public var box: Box?
    /// The words it was read from, as they stand there.
    public var words: String
    /// The rule or model that found it, a short stable name (`title`, `label:fio`, `date:issued`).
    public var source: String

    /// Whether the words are of a text layer or were recognised from a picture; nil where no page is named.
    public var readFrom: PageText.Source?

    public init(
        value: Value, confidence: Double, page: Int? = nil, box: Box? = nil, words: String, source: String,
        readFrom: PageText.Source? = nil
    ) {
        self.value = value
        self.confidence = confidence
        self.page = page
        self.box = box
        self.words = words
        self.source = source
        self.readFrom = readFrom
    }

    /// The same finding, with where its page's words came from.
    func read(from text: DocumentText) -> Finding {
        var finding = self
        finding.readFrom = text.pages.first { $0.number == page }?.source
        return finding
    }
}
