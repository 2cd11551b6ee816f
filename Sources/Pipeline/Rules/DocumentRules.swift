/// The rules of the product as one value: types, dates and checks, made from a catalog of types.
///
/// Compiling the wordings takes some milliseconds: make one and keep it. Safe on any thread.
public struct DocumentRules: DocumentRuling {
    /// Finds whose paper it is.
    public typealias PersonFinding = @Sendable (DocumentText, DocumentType?) -> Finding<PersonName>?
    /// Compares the submitted name with the found one: whether they match, and why.
    public typealias NameMatching = @Sendable (String, Finding<PersonName>) -> (isMatch: Bool, why: String)
    /// The reading of the found name that the submitted one bears out, the found one itself otherwise.
    public typealias NameSettling = @Sendable (String, Finding<PersonName>) -> PersonName

    /// The types that count.
    public let catalog: DocumentTypeCatalog
    private let classifier: TypeClassifier
    /// Tests read with fewer cues.
    var dates = IssueDateFinder()
    private let person: PersonFinding
    private let match: NameMatching
    private let settle: NameSettling

    /// - Parameters:
    ///   - catalog: the types that count.
    ///   - person: finds the holder's name in a document.
    ///   - match: compares names.
    ///   - settle: chooses among the readings of the found name.
    public init(
        catalog: DocumentTypeCatalog = .builtIn, person: @escaping PersonFinding, match: @escaping NameMatching,
        settle: @escaping NameSettling = { $1.value }
    ) {
        self.catalog = catalog
        classifier = TypeClassifier(rules: TypeRules(catalog: catalog))
        self.person = person
        self.match = match
        self.settle = settle
    }

    /// What types of paper the file holds, and where it says so.
    public func classify(_ text: DocumentText) -> Classification {
        classifier.classify(text)
    }

    /// The type, whether it is one paper, whose it is and when it was issued.
    public func extract(
        _ text: DocumentText, _ classification: Classification, today: CalendarDate
    ) -> Extraction {
        let type = classification.types.first
        let paper = paper(of: type?.value.key, in: text, classification)
        return Extraction(
            docType: type?.read(from: text), singleDocType: classification.single.read(from: text),
            fio: person(text, type?.value)?.read(from: text),
            docDate: dates.issueDate(of: text, readings: classification.readings, paper: paper, today: today)?
                .read(from: text))
    }

    /// The name as the applicant bears it, where the paper's words allow that.
    public func settled(_ extraction: Extraction, fio: String) -> Extraction {
        var settled = extraction
        settled.fio = extraction.fio.map { found in
            var finding = found
            finding.value = settle(fio, found)
            return finding
        }
        return settled
    }

    /// The four checks and the reasons; see `VerdictChecks`.
    public func check(
        _ extraction: Extraction, fio: String, today: CalendarDate
    ) -> (checks: Checks, reasons: [VerdictReason]) {
        VerdictChecks(match: match).check(extraction, fio: fio, today: today)
    }

    /// The part of the file that the main type's paper takes: from its title to the next paper's.
    func paper(
        of key: String?, in text: DocumentText, _ classification: Classification
    ) -> IssueDateFinder.Paper {
        let sections = classification.sections
        let main = sections.firstIndex { $0.typeKey == key } ?? 0
        // Another language's version of the same paper on the next page carries the same date, so it is read too.
        let next = sections.dropFirst(main + 1).firstIndex { $0.typeKey != nil && $0.typeKey != key }
        let numbers = text.pages.map(\.number)
        let start = sections.indices.contains(main) ? numbers.firstIndex(of: sections[main].page) ?? 0 : 0
        let end = next.flatMap { numbers.firstIndex(of: sections[$0].page) }
        let last = end.map { max(start, sections[next ?? 0].line == 0 ? $0 - 1 : $0) } ?? text.pages.count - 1
        let titles = numbers.map { number in
            sections.filter { $0.page == number }.flatMap(\.titleLines)
        }
        var kinds = sections.indices.contains(main) ? sections[main].kinds : []
        // «Выписка из справки …» bears the date of what it is taken from.
        if kinds == [.excerpt], let key, key != "discharge" { kinds.formUnion(classifier.rules.kinds(of: key)) }
        let annexes = key == nil ? [] : Set(text.pages.indices.filter { index in
            index != start && sections.contains { $0.page == numbers[index] && $0.typeKey == nil && !$0.title.isEmpty }
                && !sections.contains { $0.page == numbers[index] && $0.typeKey != nil }
        })
        return IssueDateFinder.Paper(
            typeKey: key, sheets: Array(text.pages.indices).filter { ($0 >= start) && $0 <= last }, titles: titles,
            kinds: kinds, annexes: annexes, first: sections.indices.contains(main) ? sections[main].line : 0,
            end: next.flatMap { sections[$0].line > 0 && end == last ? sections[$0].line : nil })
    }
}
