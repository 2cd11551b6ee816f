/// Why a verdict is `false`. The raw value is what callers see in `errors`; `number` is what callbacks and Kafka
/// results carry.
public enum VerdictReason: String, CaseIterable, Sendable, Codable {
    case docDateTooOld = "DOC_DATE_TOO_OLD"
    case multipleDocuments = "MULTIPLE_DOCUMENTS"
    case fioMismatch = "FIO_MISMATCH"
    case docTypeUnknown = "DOC_TYPE_UNKNOWN"
    case docDateMissing = "DOC_DATE_MISSING"
    case fioMissing = "FIO_MISSING"

    public var number: Int {
        switch self {
        case .docDateTooOld: 2
        case .multipleDocuments: 3
        case .fioMismatch: 4
        case .docTypeUnknown: 6
        case .docDateMissing: 10
        case .fioMissing: 11
        }
    }
}

/// What the rules (or a model) found in a document.
public struct Extraction: Sendable, Hashable, Codable {
    /// Nil when the document is of no known type.
    public var docType: Finding<DocumentType>?
    /// False when the file holds documents of more than one known type.
    public var singleDocType: Finding<Bool>
    /// Whose paper it is, in the nominative; nil when none was found.
    public var fio: Finding<PersonName>?
    /// The issue date (the period's start for a childcare-leave paper that has none); nil when none was found.
    public var docDate: Finding<CalendarDate>?

    public init(
        docType: Finding<DocumentType>?, singleDocType: Finding<Bool>, fio: Finding<PersonName>?,
        docDate: Finding<CalendarDate>?
    ) {
        self.docType = docType
        self.singleDocType = singleDocType
        self.fio = fio
        self.docDate = docDate
    }
}

/// One of the four checks: whether it holds, and why in words that a clerk can check on the page.
public struct Check: Sendable, Hashable, Codable {
    public var passed: Bool
    public var why: String

    public init(passed: Bool, why: String) {
        self.passed = passed
        self.why = why
    }
}

/// The four checks; the verdict is their conjunction.
public struct Checks: Sendable, Hashable, Codable {
    public var fioMatch: Check
    public var docTypeKnown: Check
    public var singleDocType: Check
    public var docDateValid: Check

    public init(fioMatch: Check, docTypeKnown: Check, singleDocType: Check, docDateValid: Check) {
        self.fioMatch = fioMatch
        self.docTypeKnown = docTypeKnown
        self.singleDocType = singleDocType
        self.docDateValid = docDateValid
    }

    /// `fio_match AND doc_type_known AND single_doc_type AND doc_date_valid`.
    public var verdict: Bool {
        fioMatch.passed && docTypeKnown.passed && singleDocType.passed && docDateValid.passed
    }
}

/// The stages of the pipeline, in order.
public enum StageName: String, CaseIterable, Sendable, Codable {
    case acquire, text, classify, extract, validate
}

/// How long a stage took.
public struct StageTiming: Sendable, Hashable, Codable {
    public var stage: StageName
    public var seconds: Double

    public init(stage: StageName, seconds: Double) {
        self.stage = stage
        self.seconds = seconds
    }
}

/// The outcome of a document that could be judged.
public struct Judgement: Sendable, Hashable, Codable {
    public var verdict: Bool
    /// Empty when the verdict is true; in `VerdictReason`'s order otherwise.
    public var reasons: [VerdictReason]
    public var extraction: Extraction
    public var checks: Checks
    public var stages: [StageTiming]
    /// Pages of the document.
    public var pages: Int
    /// Whether somebody should look at it; nil for a judgement that was kept before there were reviews.
    public var review: Review?
    /// What came of asking a language model; nil where none was asked.
    public var consultations: [Consultation]?
    /// The pages as they were read, in order; nil for a judgement that was kept before they were.
    public var sheets: [PageSheet]?

    public init(
        verdict: Bool, reasons: [VerdictReason], extraction: Extraction, checks: Checks, stages: [StageTiming],
        pages: Int, review: Review? = nil, sheets: [PageSheet]? = nil, consultations: [Consultation]? = nil
    ) {
        self.consultations = consultations
        self.sheets = sheets
        self.review = review
        self.verdict = verdict
        self.reasons = reasons
        self.extraction = extraction
        self.checks = checks
        self.stages = stages
        self.pages = pages
    }
}
