/// What kinds of paper a file holds, and where each one says so.
public struct Classification: Sendable {
    /// The known types found, the file's main one first; empty when the file is of no known type. `page`, `box` and
    /// `words` are the title's (or, for a bare «СПРАВКА», the phrase's that told the type).
    public var types: [Finding<DocumentType>]
    /// False when the file holds papers of more than one known type.
    public var single: Finding<Bool>
    /// The papers that the file holds, in page order: known, unknown and annexes alike.
    public var sections: [Section]
    /// The pages prepared for the rules, so that whoever reads on need not do it again; empty where nobody has.
    var readings: [PageReading] = []
    /// The first paper's title says outright that it is of a kind that does not count.
    var namesAnother = false
    /// For the key of each type found: what speaks for it.
    var grounds: [String: TypeGrounds] = [:]

    /// One paper, or one language version of it, inside a file.
    public struct Section: Sendable, Hashable, Codable {
        /// Where it starts; counted from 1.
        public var page: Int
        /// The index in that page's `lines` of its first line.
        public var line: Int
        /// The title as it stands there; empty when the section has none (an annex, an untitled page).
        public var title: String
        /// The index in that page's `lines` of the title's first line; nil without a title.
        public var titleLine: Int?
        /// The key of its type; nil when it is of no known type.
        public var typeKey: String?
        /// All lines of the title, as indices in that page's `lines`, rising.
        var titleLines: [Int] = []
        /// What the nouns of its title say; empty when it has none.
        var kinds: Set<PaperKind> = []

        public init(page: Int, line: Int, title: String, titleLine: Int?, typeKey: String?) {
            self.page = page
            self.line = line
            self.title = title
            self.titleLine = titleLine
            self.typeKey = typeKey
        }
    }

    public init(types: [Finding<DocumentType>], single: Finding<Bool>, sections: [Section]) {
        self.types = types
        self.single = single
        self.sections = sections
    }
}
