/// Finds whose paper a document is.
///
/// DESIGN. Every person named in the document is found first, with the name in the nominative (`MentionScanner`,
/// `NameReading`). Each mention is then weighed by the words around it (`RoleScore`): label, sentence, column head,
/// caption. Mentions of one person are put together; the person with the most evidence is the holder, if there is any
/// evidence at all: a paper that names only its doctor has no holder.
public struct PersonFinder: Sendable {
    /// A finder holds no state.
    public init() {}

    /// The person the paper is about, in the nominative; nil when the paper names none.
    ///
    /// - Parameter type: the paper's type where it is known: on a companion's sheet the companion is the holder.
    public func holder(in document: DocumentText, type: DocumentType?) -> Finding<PersonName>? {
        let flow = TextFlow(document)
        let mentions = MentionScanner.mentions(in: flow)
        guard !mentions.isEmpty else { return nil }
        let index = MentionIndex(mentions)
        let weighed = mentions.map {
            WeighedMention($0, RoleScore(of: $0, among: index, in: flow), isAlone: flow.isAlone($0))
        }
        let people = Person.grouped(weighed).sorted { $0.score > $1.score }
        guard let holder = people.first, holder.score >= Person.threshold else { return nil }
        return holder.finding(in: flow, runnerUp: people.dropFirst().first?.score ?? 0)
    }
}

/// A mention with what its surroundings say.
struct WeighedMention {
    /// The mention itself.
    var mention: NameMention
    /// What the words around it say.
    var role: RoleScore
    /// Role and form together.
    var score: Double

    /// - Parameter isAlone: whether the name fills its line or cell.
    init(_ mention: NameMention, _ role: RoleScore, isAlone: Bool) {
        self.mention = mention
        self.role = role
        let form: Double
        switch mention.form {
        case .full: form = 2
        case .short: form = isAlone ? 1.2 : 0.8
        case .initials: form = 0.2
        }
        // «Фамилия», «Имя», «Отчество» as separate fields: only a form about this person has them.
        score = form + role.value + (mention.source == "name:fields" ? 5 : 0)
    }
}
