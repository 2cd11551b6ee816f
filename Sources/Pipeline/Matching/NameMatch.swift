/// The outcome of comparing a submitted name with the name on the paper: part by part, each with its reason.
public struct NameMatch: Sendable, Hashable, Codable {
    /// The parts of a name.
    public enum Part: String, CaseIterable, Sendable, Codable {
        case surname, given, patronymic
    }

    /// How a part compares.
    public enum Outcome: String, CaseIterable, Sendable, Codable {
        /// Letter for letter, case apart.
        case same
        /// Another spelling of the same: ё/е, Kazakh letters written with Russian ones, look-alikes, ұлы joined.
        case spelling
        /// One side is in Latin letters and transliterates to the other.
        case transliteration
        /// One side has only the initial, and it agrees.
        case initial
        /// One letter differs, and it is one that text recognition confuses.
        case readingError = "reading_error"
        /// Neither side has this part.
        case absent
        /// Only the submitted name has this part.
        case missingOnPaper = "missing_on_paper"
        /// Only the paper has this part.
        case missingInSubmitted = "missing_in_submitted"
        /// Another name.
        case differs

        /// Whether a part with this outcome lets the names match.
        public var agrees: Bool {
            switch self {
            case .same, .spelling, .transliteration, .initial, .readingError, .absent: true
            case .missingOnPaper, .missingInSubmitted, .differs: false
            }
        }
    }

    /// One part compared.
    public struct PartMatch: Sendable, Hashable, Codable {
        public var part: Part
        /// As submitted; nil when the submitted name lacks it.
        public var submitted: String?
        /// As on the paper, in the nominative; nil when the paper lacks it.
        public var found: String?
        public var outcome: Outcome
        /// In words that a clerk can check on the page.
        public var why: String

        public init(part: Part, submitted: String?, found: String?, outcome: Outcome, why: String) {
            self.part = part
            self.submitted = submitted
            self.found = found
            self.outcome = outcome
            self.why = why
        }
    }

    /// Whether the paper is made out to the submitted name.
    public var isMatch: Bool
    /// Surname, given name, patronymic, in this order.
    public var parts: [PartMatch]
    /// One sentence for the check: what agrees, or what does not and how.
    public var why: String

    /// Puts a comparison together.
    public init(isMatch: Bool, parts: [PartMatch], why: String) {
        self.isMatch = isMatch
        self.parts = parts
        self.why = why
    }
}
