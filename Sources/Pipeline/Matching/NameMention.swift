/// A person named somewhere in a document.
struct NameMention {
    /// How the name stands there; a fuller form is the better evidence.
    enum Form: Int, Comparable {
        /// Surname with initials.
        case initials
        /// Surname and given name.
        case short
        /// Surname, given name and patronymic.
        case full

        static func < (lhs: Form, rhs: Form) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    /// How fully the person is named.
    var form: Form
    /// The name in the nominative.
    var reading: NameReading
    /// Its tokens, in the order of the page.
    var tokens: [Int]
    /// The surname as printed, for comparing with other mentions.
    var printedSurname: String
    /// How it was found: the stable name that goes into `Finding.source`.
    var source: String

    /// The first token on the page.
    var first: Int { tokens[0] }
    /// The last token on the page.
    var last: Int { tokens[tokens.count - 1] }
}
