/// The four checks, each independent of the others, each with a sentence that can be checked on the page.
struct VerdictChecks: Sendable {
    let match: DocumentRules.NameMatching

    /// The checks of an extraction, and the reasons against it in `VerdictReason`'s order.
    func check(
        _ extraction: Extraction, fio: String, today: CalendarDate
    ) -> (checks: Checks, reasons: [VerdictReason]) {
        var reasons: Set<VerdictReason> = []
        let checks = Checks(
            fioMatch: name(extraction.fio, fio: fio, reasons: &reasons),
            docTypeKnown: type(extraction.docType, reasons: &reasons),
            singleDocType: single(extraction.singleDocType, reasons: &reasons),
            docDateValid: date(extraction, today: today, reasons: &reasons))
        return (checks, VerdictReason.allCases.filter(reasons.contains))
    }

    private func name(_ found: Finding<PersonName>?, fio: String, reasons: inout Set<VerdictReason>) -> Check {
        guard let found else {
            reasons.insert(.fioMissing)
            return Check(passed: false, why: "No name of the paper's holder was found in the document.")
        }
        let outcome = match(fio, found)
        if !outcome.isMatch { reasons.insert(.fioMismatch) }
        return Check(passed: outcome.isMatch, why: outcome.why)
    }

    private func type(_ found: Finding<DocumentType>?, reasons: inout Set<VerdictReason>) -> Check {
        guard let found else {
            reasons.insert(.docTypeUnknown)
            return Check(
                passed: false, why: "Neither a title nor the text says that the document is of an accepted type.")
        }
        return Check(
            passed: true,
            why: "The document is of type «\(found.value.name)», by the words «\(found.words)»\(place(found.page)).")
    }

    private func single(_ found: Finding<Bool>, reasons: inout Set<VerdictReason>) -> Check {
        guard !found.value else {
            return Check(passed: true, why: "The file holds documents of one type at most.")
        }
        reasons.insert(.multipleDocuments)
        return Check(
            passed: false, why: "The file holds documents of several types, by the titles «\(found.words)».")
    }

    private func date(
        _ extraction: Extraction, today: CalendarDate, reasons: inout Set<VerdictReason>
    ) -> Check {
        guard let found = extraction.docDate else {
            reasons.insert(.docDateMissing)
            return Check(passed: false, why: "No date of issue was found in the document.")
        }
        let days = extraction.docType?.value.days ?? DocumentTypeCatalog.unknownTypeDays
        let age = today.days(since: found.value)
        let window = extraction.docType == nil
            ? "\(days) days, the window of a document of no accepted type" : "the \(days) days allowed for its type"
        let dated = "The document is dated \(found.value)\(place(found.page))"
        if age < 0 {
            return Check(passed: true, why: "\(dated): the leave that it grants starts in \(count(-age)).")
        }
        guard age <= days else {
            reasons.insert(.docDateTooOld)
            return Check(
                passed: false, why: "\(dated): it is \(count(age)) old on \(today), more than \(window).")
        }
        return Check(passed: true, why: "\(dated): it is \(count(age)) old on \(today), within \(window).")
    }

    private func place(_ page: Int?) -> String {
        page.map { " on page \($0)" } ?? ""
    }

    private func count(_ days: Int) -> String {
        days == 1 ? "1 day" : "\(days) days"
    }
}
