/// Judges the text of a document: what the `classify`, `extract` and `validate` stages call, in this order.
///
/// Pure functions without I/O, safe on any thread. `DocumentRules` is the real one.
public protocol DocumentRuling: Sendable {
    /// What types of paper the file holds, and where it says so.
    func classify(_ text: DocumentText) -> Classification

    /// The four fields of the verdict, each with its evidence.
    ///
    /// - Parameter today: dates after it are no issue dates, except as the start of a childcare leave.
    func extract(
        _ text: DocumentText, _ classification: Classification, today: CalendarDate
    ) -> Extraction

    /// The same extraction with the name read as the applicant's where the paper's words allow that reading: the
    /// dative `Благому` is of `Благой` and of `Благий`, and only who bears the name can tell.
    ///
    /// - Parameter fio: the applicant's name as submitted.
    func settled(_ extraction: Extraction, fio: String) -> Extraction

    /// The four checks of an extraction, and the reasons of a negative verdict in `VerdictReason`'s order (empty for
    /// a positive one). All checks are independent of each other.
    ///
    /// - Parameters:
    ///   - fio: the applicant's name as submitted.
    ///   - today: the day on which the paper's age is counted.
    func check(
        _ extraction: Extraction, fio: String, today: CalendarDate
    ) -> (checks: Checks, reasons: [VerdictReason])
}
