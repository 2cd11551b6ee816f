/// Compares a submitted name with the name found on a paper.
///
/// DESIGN. Part by part, each with a reason, never by one ratio over the whole: a wrong patronymic weighs as much as
/// a wrong surname. What counts as the same part: any case; ё as е; Kazakh letters as people write them with Russian
/// ones; Latin look-alikes; a transliteration; ұлы and қызы joined, apart or hyphenated; an initial that agrees with
/// the full word on the other side (a paper that gives only initials can say no more; one initial alone is too
/// little); one letter of the whole name that text recognition confuses, when the paper was read from a picture. The
/// parts may come in any order. What does not: another patronymic or given name, the other gender's ending, a letter
/// that recognition does not confuse, `Серикович` for `Серікұлы` (each is a legal form of its own), a patronymic that
/// only one side has: a clerk must look there, because a false accept costs more than a second look.
public struct NameMatcher: Sendable {
    /// A matcher holds no state.
    public init() {}

    /// Compares part by part.
    ///
    /// - Parameter readFromPicture: whether the found name was recognised from a picture; only then is one reading
    ///   error forgiven.
    public func match(submitted: String, found: PersonName, readFromPicture: Bool) -> NameMatch {
        let first = matchOne(submitted, found, readFromPicture)
        guard !first.isMatch else { return first }
        for other in found.otherReadings ?? [] {
            var match = matchOne(submitted, other, readFromPicture)
            guard match.isMatch else { continue }
            match.why += " (the paper's words may be a form of «\(other.full)» as well as of «\(found.full)»)"
            return match
        }
        return first
    }

    /// The reading of the found name that the submitted name bears out; the likeliest one when none does.
    ///
    /// `Благому` is the dative of `Благой` and of `Благий`: the paper cannot tell, the applicant can.
    public func settled(_ found: PersonName, submitted: String, readFromPicture: Bool) -> PersonName {
        guard !matchOne(submitted, found, readFromPicture).isMatch else { return found }
        return found.otherReadings?.first { matchOne(submitted, $0, readFromPicture).isMatch } ?? found
    }

    private func matchOne(_ submitted: String, _ found: PersonName, _ readFromPicture: Bool) -> NameMatch {
        let arrangements = SubmittedParts.arrangements(of: submitted)
        var compared: [[NameMatch.PartMatch]] = []
        for arrangement in arrangements {
            compared.append(compare(arrangement, found, readFromPicture))
            // Nothing is closer than the same.
            if compared[compared.count - 1].allSatisfy({ $0.outcome == .same }) { break }
        }
        let best = compared.enumerated().max { one, other in
            // The first arrangement, surname first, wins ties.
            (closeness(one.element), -one.offset) < (closeness(other.element), -other.offset)
        }
        let parts = best?.element ?? []
        let errors = parts.count { $0.outcome == .readingError }
        let isMatch = !parts.isEmpty && parts.allSatisfy(\.outcome.agrees) && errors <= 1 && !isOneInitial(parts)
        let why = parts.isEmpty ? SubmittedParts.fault(of: submitted) : sentence(parts, isMatch, errors)
        return NameMatch(isMatch: isMatch, parts: parts, why: why)
    }

    /// Whether all that speaks for the given name is one letter: brothers and sisters share that easily.
    private func isOneInitial(_ parts: [NameMatch.PartMatch]) -> Bool {
        parts.contains { $0.part == .given && $0.outcome == .initial }
            && parts.contains { $0.part == .patronymic && $0.outcome == .absent }
    }

    private func closeness(_ parts: [NameMatch.PartMatch]) -> Int {
        parts.reduce(0) { sum, part in
            switch part.outcome {
            case .same: sum + 8
            case .spelling, .transliteration: sum + 7
            case .readingError: sum + 5
            case .initial: sum + 4
            case .absent: sum + 4
            case .missingOnPaper, .missingInSubmitted, .differs: sum
            }
        }
    }

    private func compare(
        _ submitted: SubmittedParts, _ found: PersonName, _ readFromPicture: Bool
    ) -> [NameMatch.PartMatch] {
        [
            compare(.surname, submitted.surname, found.surname, readFromPicture),
            compare(.given, submitted.given, found.given, readFromPicture),
            compare(.patronymic, submitted.patronymic, found.patronymic, readFromPicture),
        ]
    }

    private func compare(
        _ part: NameMatch.Part, _ submitted: String?, _ found: String?, _ readFromPicture: Bool
    ) -> NameMatch.PartMatch {
        func result(_ outcome: NameMatch.Outcome, _ why: String) -> NameMatch.PartMatch {
            NameMatch.PartMatch(
                part: part, submitted: submitted, found: found, outcome: outcome, why: "\(part.rawValue) \(why)")
        }
        guard let submitted else {
            return found.map { result(.missingInSubmitted, "«\($0)» is on the paper and not in the submitted name") }
                ?? result(.absent, "is on neither side")
        }
        guard let found else { return result(.missingOnPaper, "«\(submitted)» is not on the paper") }
        let mine = ComparedWord(submitted)
        let theirs = ComparedWord(found)
        if mine.lower == theirs.lower { return result(.same, "«\(found)» is the same") }
        if mine.isInitial || theirs.isInitial {
            guard part != .surname, mine.initial == theirs.initial else {
                return result(.differs, "differs: «\(submitted)» submitted, «\(found)» on the paper")
            }
            return result(.initial, "agrees by its initial: «\(submitted)» submitted, «\(found)» on the paper")
        }
        if mine.folded == theirs.folded || NameSpelling.isSame(mine.joined, theirs.joined) {
            return result(.spelling, "«\(found)» is another spelling of «\(submitted)»")
        }
        if NameSpelling.isTransliteration(mine.joined, theirs.joined) {
            return result(.transliteration, "«\(found)» is the same as «\(submitted)» in the other alphabet")
        }
        if readFromPicture, mine.folded.count >= 4, let confusion = LetterConfusion.single(mine.joined, theirs.joined) {
            return result(
                .readingError, "«\(found)» differs from «\(submitted)» by a letter that reading confuses (\(confusion))"
            )
        }
        return result(.differs, "differs: «\(submitted)» submitted, «\(found)» on the paper")
    }

    private func sentence(_ parts: [NameMatch.PartMatch], _ isMatch: Bool, _ errors: Int) -> String {
        if isMatch {
            let notes = parts.filter { ![.same, .absent].contains($0.outcome) }.map(\.why)
            return notes.isEmpty ? "all parts of the name are the same" : notes.joined(separator: "; ")
        }
        let faults = parts.filter { !$0.outcome.agrees }.map(\.why)
        guard faults.isEmpty else { return faults.joined(separator: "; ") }
        if isOneInitial(parts) { return "the given name agrees by one initial only, which is too little" }
        return "\(errors) parts differ by letters that reading confuses, one is forgiven: "
            + parts.filter { $0.outcome == .readingError }.map(\.why).joined(separator: "; ")
    }
}

/// A word of a name in the forms that are compared.
private struct ComparedWord {
    /// Lower case, look-alikes resolved.
    let lower: String
    /// Without hyphens, spaces and apostrophes.
    let joined: String
    /// The same, folded.
    let folded: String

    init(_ word: String) {
        lower = NameLetters.lowercased(NameLetters.cyrillized(word))
        joined = lower.filter { !"-' ".contains($0) }
        folded = NameLetters.folded(joined)
    }

    var isInitial: Bool { folded.count == 1 }

    /// The first letter, one for look-alikes and the two alphabets.
    var initial: Character? { folded.first }
}
