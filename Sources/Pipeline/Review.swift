/// Whether a person should look at a run before its verdict is acted on, and why.
///
/// The verdict stays what the checks say: a review is a second look, never a third verdict.
public struct Review: Sendable, Hashable, Codable {
    /// Whether the least sure field is less sure than the threshold.
    public var isNeeded: Bool
    /// Of the least sure field, 0 to 1: the share of such fields that are right.
    public var confidence: Double
    /// Below this a review is needed; 0 never asks for one.
    public var threshold: Double
    /// The least sure field and how sure it is, in words.
    public var why: String

    /// A field that was not found is right about this often: measured over generated papers, most of which lack it
    /// indeed (`Tests/Tools/reliability.py` prints the table).
    static let confidenceOfAbsence = 0.9

    /// Weighs what was found in a document.
    ///
    /// - Parameter threshold: 0 to 1.
    public init(of extraction: Extraction, below threshold: Double) {
        let fields: [(name: String, confidence: Double?)] = [
            ("doc_type", extraction.docType?.confidence), ("single_doc_type", extraction.singleDocType.confidence),
            ("fio", extraction.fio?.confidence), ("doc_date", extraction.docDate?.confidence),
        ]
        var least = (name: "", confidence: Double.infinity, isFound: true)
        for field in fields where field.confidence ?? Review.confidenceOfAbsence < least.confidence {
            least = (field.name, field.confidence ?? Review.confidenceOfAbsence, field.confidence != nil)
        }
        confidence = least.confidence
        self.threshold = threshold
        isNeeded = least.confidence < threshold
        let percent = Int((least.confidence * 100).rounded())
        why =
            least.isFound
            ? "The least sure field is \(least.name), read with a confidence of \(percent) %."
            : "The least sure field is \(least.name): none was found, which is right \(percent) times in 100."
    }
}
