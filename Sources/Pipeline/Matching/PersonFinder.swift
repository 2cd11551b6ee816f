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
        let isCompanions = type?.key == "sick_leave_companion"
        let weighed = mentions.map {
            WeighedMention(
                $0, RoleScore(of: $0, among: index, in: flow, isCompanionsSheet: isCompanions),
                isAlone: flow.isAlone($0))
        }
        let people = PersonFinder.ranked(Person.grouped(weighed), in: flow)
        guard let holder = people.first else { return nil }
        guard holder.score >= Person.threshold else { return PersonFinder.onlyShort(people, in: flow) }
        return holder.person.finding(in: flow, score: holder.score, runnerUp: people.dropFirst().first?.score ?? 0)
    }

    /// «По результатам осмотра Демира Эмре …»: surname and given name in running text, and no other name of a person
    /// of whom nothing speaks against.
    private static func onlyShort(
        _ people: [(person: Person, score: Double)], in flow: TextFlow
    ) -> Finding<PersonName>? {
        let open = people.filter { person in
            person.person.mentions.contains {
                $0.mention.form == .short && $0.role.value >= 0 && $0.mention.reading.score >= 4.5
                    && !(flow.next($0.mention.last).map(flow.isPatronymicsEnd) ?? false)
            }
        }
        let named = people.count { person in
            person.person.mentions.contains { $0.mention.form > .initials && $0.role.value >= 0 }
        }
        guard open.count == 1, named == 1 else { return nil }
        return open[0].person.finding(in: flow, score: open[0].score, runnerUp: 0)
    }

    /// The likeliest holder first. Who is named on later pages only (memos, lists of readers, annexes) comes after
    /// whoever the first page with a name is about.
    private static func ranked(_ people: [Person], in flow: TextFlow) -> [(person: Person, score: Double)] {
        func pages(_ person: Person) -> [Int] { person.mentions.map { flow.tokens[$0.mention.first].page } }
        let first = people.flatMap(pages).min() ?? 0
        let hasHolder = people.contains { person in
            person.score >= Person.threshold && pages(person).contains(first)
                && person.mentions.contains { $0.mention.form > .initials }
        }
        return people.map { person in
            let isLate = hasHolder && !pages(person).contains(first)
            return (person, person.score - (isLate ? lateness : 0))
        }.sorted { $0.score > $1.score }
    }

    /// What a name on later pages only falls behind by.
    private static let lateness = 4.0
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
