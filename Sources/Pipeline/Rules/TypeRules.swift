/// What tells the types of a catalog: their kinds and subjects with all wordings compiled into one lexicon.
struct TypeRules: Sendable {
    /// A compiled wording of a subject.
    struct SubjectPhrase: Sendable {
        var subject: PaperSubject
        var weight: Int
        var phrase: Phrase
    }

    let catalog: DocumentTypeCatalog
    let lexicon: StemLexicon
    let kinds: [(kind: PaperKind, phrase: Phrase)]
    /// Several words that name a kind together; they outweigh the kinds of their words.
    let compoundKinds: [(kind: PaperKind, phrase: Phrase)]
    /// The reasons that a printed form offers.
    let options: [Phrase]
    let subjects: [SubjectPhrase]
    /// Names and aliases of types that have no wordings of their own, and aliases of those that have.
    let aliases: [(key: String, phrase: Phrase)]
    /// Words that say in the text what a paper without a title is.
    let kindHints: [(kind: PaperKind, phrase: Phrase)]
    /// Words after which a paper speaks of other papers: its grounds.
    let grounds: [Phrase]
    /// Words that speak of papers in general.
    let generalities: [Phrase]
    /// Words of rules that a paper repeats.
    let regulations: [Phrase]
    /// The words «не» and its like, which turn a statement round.
    let negations: [Phrase]

    /// Compiles all wordings, and the names and aliases of the catalog's own types.
    ///
    /// - Parameter wordings: the subjects' wordings to go by; fewer of them show how papers in unlisted words are read.
    init(
        catalog: DocumentTypeCatalog, wordings: [PaperWordings.Row] = PaperWordings.known + PaperWordings.nearMisses
    ) {
        self.catalog = catalog
        var lexicon = StemLexicon()
        kinds = PaperWordings.kinds.flatMap { row in
            // «Трудового договора» is no title «Договор».
            row.words.split(whereSeparator: \.isWhitespace).map { word in
                (row.kind, lexicon.phrase(row.kind == .other && !word.hasPrefix("=") ? "=\(word)" : String(word)))
            }
        }
        compoundKinds = PaperWordings.compoundKinds.map { ($0.kind, lexicon.phrase($0.notation)) }
        options = PaperWordings.options.map { lexicon.phrase($0) }
        subjects = wordings.map {
            SubjectPhrase(subject: $0.subject, weight: $0.weight, phrase: lexicon.phrase($0.notation))
        }
        aliases = catalog.types.flatMap { type in
            let isBuiltIn = TypeRules.table.contains { $0.key == type.key }
            return ((isBuiltIn ? [] : [type.name]) + (catalog.aliases[type.key] ?? [])).compactMap { title in
                lexicon.phrase(words: title).map { (type.key, $0) }
            }
        }
        kindHints = PaperWordings.kindHints.map { ($0.kind, lexicon.phrase($0.notation)) }
        grounds = PaperWordings.grounds.map { lexicon.phrase($0) }
        generalities = PaperWordings.generalities.map { lexicon.phrase($0) }
        regulations = PaperWordings.regulations.map { lexicon.phrase($0) }
        negations = PaperWordings.negations.map { lexicon.phrase($0) }
        self.lexicon = lexicon
    }

    /// Which kinds of paper about a subject are of a built-in type. The first kind is the usual one.
    static let table: [(key: String, subject: PaperSubject, kinds: [PaperKind])] = [
        ("sick_leave", .sickness, [.sheet, .certificate]),
        ("sick_leave_companion", .companion, [.sheet, .certificate]),
        ("childcare_order", .childcare, [.order]),
        ("childcare_cert", .childcare, [.certificate]),
        ("discharge", .discharge, [.excerpt, .certificate, .conclusion]),
        ("vkk", .commission, [.conclusion, .certificate, .excerpt, .sheet]),
        ("disability", .disability, [.certificate, .excerpt, .conclusion]),
        ("capacity_loss", .capacityLoss, [.certificate, .conclusion, .excerpt]),
        ("termination_order", .termination, [.order]),
        ("termination_cert", .termination, [.certificate, .notice]),
        ("unemployed_cert", .unemployed, [.certificate, .notice]),
        ("unpaid_leave_order", .unpaidLeave, [.order]),
        ("no_income_cert", .noIncome, [.certificate]),
        ("job_seeker_notice", .jobSeeker, [.notice, .certificate]),
        ("unemployed_persons", .unemployedPersons, [.certificate, .notice]),
    ]

    /// Whether a word is the noun of some kind of paper.
    func isKindNoun(_ word: FoldedWord) -> Bool {
        kinds.contains { row in
            row.phrase.places.count == 1 && row.phrase.places[0].stems.contains { stem in
                let meant = lexicon.stems[stem]
                return WordLikeness.cost(of: word, as: meant.word, isPrefix: meant.isPrefix, limit: meant.limit) != nil
            }
        }
    }

    /// The type of a paper of that kind about that subject, if the catalog has it.
    func key(_ kind: PaperKind, _ subject: PaperSubject) -> String? {
        guard let row = TypeRules.table.first(where: { $0.subject == subject && $0.kinds.contains(kind) }) else {
            return nil
        }
        return catalog.type(key: row.key)?.key
    }

    /// The usual kind of a paper about a subject that only one type is about.
    func onlyKind(of subject: PaperSubject) -> PaperKind? {
        let rows = TypeRules.table.filter { $0.subject == subject }
        return rows.count == 1 ? rows[0].kinds.first : nil
    }

    /// The kinds that papers of a built-in type may be of; empty for an operator's own type.
    func kinds(of key: String) -> Set<PaperKind> {
        Set(TypeRules.table.first { $0.key == key }?.kinds ?? [])
    }

    /// Whether papers of that kind may be about that subject, known or near miss.
    func isCompatible(_ subject: PaperSubject, _ kinds: Set<PaperKind>) -> Bool {
        if subject.isKnown { return kinds.contains { key($0, subject) != nil } }
        switch subject {
        case .hiring, .transfer, .paidLeave, .studyLeave, .returnFromLeave, .otherOrder:
            return kinds.contains(.order)
        case .maternityLeave: return kinds.contains(.order) || kinds.contains(.certificate)
        case .workplace, .income, .otherCertificate, .professionalCapacity: return kinds.contains(.certificate)
        case .otherNotice: return kinds.contains(.certificate) || kinds.contains(.notice)
        case .otherExcerpt: return kinds.contains(.excerpt)
        case .sickness, .companion, .childcare, .discharge, .commission, .disability, .capacityLoss, .termination,
            .unpaidLeave, .noIncome, .unemployed, .unemployedPersons, .jobSeeker:
            return false
        }
    }
}
