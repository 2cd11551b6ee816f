/// Whether a person should look at a run before its verdict is acted on, and why.
///
/// The verdict stays what the checks say: a review is a second look, never a third verdict. What counts is how sure the
/// verdict is, not each field: a paper that two sound checks refuse needs no second look for a third, doubtful field.
public struct Review: Sendable, Hashable, Codable {
    /// Whether the verdict is less sure than the threshold.
    public var isNeeded: Bool
    /// Of the verdict, 0 to 1: about the share of such verdicts that are right.
    public var confidence: Double
    /// Below this a review is needed; 0 never asks for one.
    public var threshold: Double
    /// The field that the doubt is about and how sure it is, in words.
    public var why: String

    /// A field of the verdict with what is known of it.
    private struct Field {
        var name: String
        /// Nil when nothing was found.
        var confidence: Double?
        /// The reasons that it may give against the paper.
        var reasons: Set<VerdictReason>
    }

    /// Weighs what was found in a document and what the checks made of it.
    ///
    /// - Parameters:
    ///   - reasons: of the verdict; none for a positive one.
    ///   - isApplicantNamed: whether the submitted name stands somewhere in the document, as the holder's or not.
    ///   - threshold: 0 to 1.
    public init(
        of extraction: Extraction, reasons: [VerdictReason] = [], isApplicantNamed: Bool = false,
        below threshold: Double
    ) {
        let fields = [
            Field(name: "doc_type", confidence: extraction.docType?.confidence, reasons: [.docTypeUnknown]),
            Field(
                name: "single_doc_type", confidence: extraction.singleDocType.confidence,
                reasons: [.multipleDocuments]),
            Field(name: "fio", confidence: extraction.fio?.confidence, reasons: [.fioMismatch, .fioMissing]),
            Field(
                name: "doc_date", confidence: extraction.docDate?.confidence,
                reasons: [.docDateTooOld, .docDateMissing]),
        ]
        let doubts = fields.map { field -> (field: Field, reason: VerdictReason?, doubt: Double) in
            let reason = reasons.first(where: field.reasons.contains)
            let doubt = reason.map { Review.doubt(of: $0, field.confidence ?? 0, isApplicantNamed) }
                ?? (1 - (field.confidence ?? Review.confidenceOfAbsence))
            return (field, reason, doubt)
        }
        let against = doubts.filter { $0.reason != nil }
        // A positive verdict falls with any field; a negative one only when every check that refuses the paper errs.
        confidence = against.isEmpty
            ? doubts.reduce(1) { $0 * (1 - $1.doubt) } : 1 - against.reduce(1) { $0 * $1.doubt }
        self.threshold = threshold
        isNeeded = confidence < threshold
        let deciding = against.isEmpty
            ? doubts.max { $0.doubt < $1.doubt } : against.min { $0.doubt < $1.doubt }
        why = deciding.map { Review.sentence($0.field, sure: 1 - $0.doubt) } ?? ""
    }

    private static func sentence(_ field: Field, sure: Double) -> String {
        let percent = Int((min(max(sure, 0), 1) * 100).rounded())
        return field.confidence != nil
            ? "The least sure field that the verdict rests on is \(field.name), sure by \(percent) %."
            : "The least sure field that the verdict rests on is \(field.name): none was found, "
                + "which is right about \(percent) times in 100."
    }

    /// A field that was not found and is no reason against the paper.
    static let confidenceOfAbsence = 0.9

    /// How often a reason of this kind is given to a paper that deserves none, 0 to 1.
    ///
    /// By Bayes' rule from how often a field is misread (its confidence) and how often papers of that fault come: about
    /// one in ten is another person's or too old. A paper that names the applicant elsewhere is seldom another's.
    /// Counted over generated papers.
    private static func doubt(of reason: VerdictReason, _ confidence: Double, _ isApplicantNamed: Bool) -> Double {
        let misread = min(max(1 - confidence, 0), 1)
        switch reason {
        case .fioMismatch: return isApplicantNamed ? 0.6 : 0.3 * misread / (0.3 * misread + 0.1)
        case .fioMissing: return isApplicantNamed ? 0.9 : 0.3
        case .docDateTooOld: return 0.4 * misread / (0.4 * misread + 0.1)
        case .docDateMissing: return 0.45
        case .docTypeUnknown: return 0.15
        case .multipleDocuments: return misread
        }
    }
}
