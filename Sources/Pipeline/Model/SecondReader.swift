public import Dependencies
internal import Observability

// DESIGN: the rules read every paper; a language model is a second reader for the fields that they are unsure of.
//
//   asked      for a type that the rules do not find or find with a confidence below the threshold, unless the title
//              says outright that it is another paper; for a holder and a date of issue likewise
//   not asked  about papers of several types (which one counts is no question of reading), papers with hardly any text,
//              and papers that speak to a machine
//   given      the text of the paper as data, never the applicant's name: a model cannot find what it does not know of
//   believed   as far as the page bears it out: a type that the catalog has, by words that stand there; a name that
//              stands there and is nobody else's; a date that stands there and is nothing else's
//   never      asked for a verdict. The four checks are the rules', over whatever was found.
//
// Each question may take half of the time that the run has left, so that the rules' answer is always in time. Whatever
// goes wrong, the rules' answer stands, and `Finding.source` says whose it is.

/// Asks a language model about the fields of a paper that the rules are unsure of. Safe on any thread; calls block.
public struct SecondReader: Sendable {
    /// What is told while papers are read, for metrics and logs.
    public struct Hooks: Sendable {
        /// What came of one field.
        public var consulted: @Sendable (Consultation) -> Void
        /// A question had no answer: the run's id and why.
        public var failed: @Sendable (String, DependencyFailure) -> Void

        /// Tells nobody unless told to.
        public init(
            consulted: @escaping @Sendable (Consultation) -> Void = { _ in },
            failed: @escaping @Sendable (String, DependencyFailure) -> Void = { _, _ in }
        ) {
            self.consulted = consulted
            self.failed = failed
        }
    }

    /// A validated answer of a model counts as right this often. Not measured, since models differ: low enough for a
    /// review where reviews are asked for below 75 %.
    static let confidence = 0.7
    /// A page with fewer letters has nothing to read.
    private static let lettersMin = 40
    /// Types whose papers may carry no date but the leave's.
    private static let leaveTypes: Set<String> = ["childcare_order", "childcare_cert"]

    private let model: any LanguageModel
    private let catalog: DocumentTypeCatalog
    private let askBelow: Double
    private let talk: MachineTalk
    private let dates = DateReader()
    private let hooks: Hooks

    /// - Parameters:
    ///   - catalog: the types that count.
    ///   - askBelow: fields whose confidence is lower, 0 to 1, are asked about, and those that were not found.
    public init(
        model: any LanguageModel, catalog: DocumentTypeCatalog, askBelow: Double, hooks: Hooks = Hooks()
    ) {
        self.model = model
        self.catalog = catalog
        self.askBelow = askBelow
        self.hooks = hooks
        talk = MachineTalk(catalog: catalog)
    }

    /// The classification with the model's type where the rules are unsure of theirs, and what came of asking.
    func classification(
        _ own: Classification, of text: DocumentText, _ request: JudgeRequest
    ) -> (Classification, [Consultation]) {
        let known = own.types.first
        guard own.types.count <= 1, !own.namesAnother, isUnsure(known?.confidence) else { return (own, []) }
        let excerpt = PaperExcerpt(text)
        guard excerpt.letters >= Self.lettersMin else { return (own, []) }
        func told(_ outcome: Consultation.Outcome) -> [Consultation] {
            tell([Consultation(field: .docType, outcome: outcome, prompt: Prompts.classifyName)])
        }
        guard !talk.isIn(text) else { return (own, told(.withheld)) }
        let prompt = Prompts.classify(excerpt, catalog)
        guard let answer = ask(prompt, request, as: Prompts.TypeAnswer.self) else { return (own, told(.failed)) }
        if answer.type == "unknown" { return (own, told(.nothing)) }
        let proposal = TypeProposal(key: answer.type, quote: answer.quote)
        guard let finding = proposal.finding(in: TextFlow(text), of: text, catalog) else {
            return (own, told(.refused))
        }
        if finding.value.key == known?.value.key { return (own, told(.agreed)) }
        var refined = own
        refined.types = [finding]
        return (refined, told(.taken))
    }

    /// The extraction with the model's name and date where the rules are unsure of theirs, and what came of asking.
    func extraction(
        _ own: Extraction, of text: DocumentText, _ classification: Classification, _ request: JudgeRequest
    ) -> (Extraction, [Consultation]) {
        let open = [
            isUnsure(own.fio?.confidence) ? Consultation.Field.fio : nil,
            isUnsure(own.docDate?.confidence) ? .docDate : nil,
        ].compactMap(\.self)
        guard !open.isEmpty else { return (own, []) }
        let excerpt = PaperExcerpt(text)
        guard excerpt.letters >= Self.lettersMin else { return (own, []) }
        func all(_ outcome: Consultation.Outcome) -> [Consultation] {
            tell(open.map { Consultation(field: $0, outcome: outcome, prompt: Prompts.extractName) })
        }
        guard !talk.isIn(text) else { return (own, all(.withheld)) }
        let prompt = Prompts.extract(excerpt)
        guard let answer = ask(prompt, request, as: Prompts.FieldsAnswer.self) else { return (own, all(.failed)) }
        var refined = own
        let outcomes = open.map { field in
            let outcome =
                switch field {
                case .fio: take(name: answer, of: text, &refined)
                case .docDate: take(date: answer, of: text, classification, request.today, &refined)
                case .docType: Consultation.Outcome.nothing
                }
            return Consultation(field: field, outcome: outcome, prompt: Prompts.extractName)
        }
        return (refined, tell(outcomes))
    }

    private func take(
        name answer: Prompts.FieldsAnswer, of text: DocumentText, _ extraction: inout Extraction
    ) -> Consultation.Outcome {
        guard !answer.surname.isEmpty else { return .nothing }
        let proposal = NameProposal(
            surname: answer.surname, given: answer.given, patronymic: answer.patronymic, quote: answer.nameQuote)
        let own = extraction.fio?.value
        let found = proposal.finding(in: TextFlow(text), of: text, isSomebodyNamed: own != nil)
        guard let finding = found?.read(from: text) else { return .refused }
        if let own, NameLetters.folded(own.full) == NameLetters.folded(finding.value.full) { return .agreed }
        extraction.fio = finding
        return .taken
    }

    private func take(
        date answer: Prompts.FieldsAnswer, of text: DocumentText, _ classification: Classification,
        _ today: CalendarDate, _ extraction: inout Extraction
    ) -> Consultation.Outcome {
        guard !answer.date.isEmpty else { return .nothing }
        let titles = text.pages.map { page in
            classification.sections.filter { $0.page == page.number }.flatMap(\.titleLines)
        }
        let context = DateProposal.Context(
            today: today, titles: titles, readings: classification.readings,
            isLeave: extraction.docType.map { Self.leaveTypes.contains($0.value.key) } ?? false)
        let found = DateProposal(date: answer.date).finding(in: text, dates, context)
        guard let finding = found?.read(from: text) else { return .refused }
        if finding.value == extraction.docDate?.value { return .agreed }
        extraction.docDate = finding
        return .taken
    }

    private func isUnsure(_ confidence: Double?) -> Bool { (confidence ?? 0) < askBelow }

    /// The answer; nil when there is none that can be read. A run that was cancelled goes on to its next stage, which
    /// notices.
    private func ask<Answer: Decodable>(
        _ prompt: ModelPrompt, _ request: JudgeRequest, as type: Answer.Type
    ) -> Answer? {
        let call = ModelCall(
            deadline: .after(request.deadline.remaining / 2), cancellation: request.cancellation,
            parent: request.parent)
        do {
            return try model.answer(prompt, call, as: type)
        } catch {
            let failure = DependencyFailure.of(error)
            if failure.kind != .cancelled { hooks.failed(request.runID, failure) }
            return nil
        }
    }

    private func tell(_ consultations: [Consultation]) -> [Consultation] {
        consultations.forEach(hooks.consulted)
        return consultations
    }
}
