import Dependencies
import Foundation
import Observability
import Synchronization

@testable import Pipeline

/// A model that answers each prompt as it is told, and keeps what it was asked.
final class ScriptedModel: LanguageModel {
    private let answers: [String: String]
    private let failure: DependencyFailure?
    private let kept = Mutex<[ModelPrompt]>([])

    /// What it was asked, in order.
    var asked: [ModelPrompt] { kept.withLock { $0 } }

    /// - Parameter answers: JSON by prompt name; a prompt without one is malformed.
    init(_ answers: [String: String] = [:], failing failure: DependencyFailure? = nil) {
        self.answers = answers
        self.failure = failure
    }

    func answer<Answer: Decodable>(
        _ prompt: ModelPrompt, _ call: ModelCall, as type: Answer.Type
    ) throws -> Answer {
        kept.withLock { $0.append(prompt) }
        if let failure { throw Failing(dependencyFailure: failure) }
        guard let answer = answers[prompt.name] else { throw ModelError.malformed }
        return try JSONDecoder().decode(type, from: Data(answer.utf8))
    }

    private struct Failing: DependencyError {
        var dependencyFailure: DependencyFailure
    }

    /// The answer to the question for the type.
    static func type(_ key: String, quote: String) -> [String: String] {
        ["classify-v1": #"{"type":"\#(key)","quote":"\#(quote)"}"#]
    }

    /// The answer to the question for holder and date.
    static func fields(_ name: String = "", quote: String? = nil, date: String = "") -> [String: String] {
        let parts = name.split(separator: " ").map(String.init) + ["", "", ""]
        return [
            "extract-v1": """
                {"surname":"\(parts[0])","given":"\(parts[1])","patronymic":"\(parts[2])",\
                "name_quote":"\(quote ?? name)","date":"\(date)"}
                """
        ]
    }
}

/// One paper read by the rules and a second reader, as the pipeline does it.
struct SecondReading {
    static let rules = DocumentRules(
        person: { text, type in PersonFinder().holder(in: text, type: type) },
        match: { submitted, found in
            let match = NameMatcher().match(submitted: submitted, found: found.value, readFromPicture: false)
            return (match.isMatch, match.why)
        })
    static let today = WholePaperTests.today

    /// What the rules find alone.
    var own: Extraction
    /// What is found with the model.
    var found: Extraction
    /// What came of asking.
    var consultations: [Consultation]
    /// The checks over what is found.
    var reasons: [VerdictReason]
    var verdict: Bool

    /// The outcome for a field; nil where the model was not asked about it.
    func outcome(_ field: Consultation.Field) -> Consultation.Outcome? {
        consultations.first { $0.field == field }?.outcome
    }

    init(_ text: DocumentText, _ model: ScriptedModel, fio: String, askBelow: Double = 0.75) {
        let reader = SecondReader(model: model, catalog: .builtIn, askBelow: askBelow)
        let request = JudgeRequest(
            runID: "test", documentPath: "", fio: fio, today: Self.today, deadline: .after(.seconds(60)),
            isInteractive: true)
        let classified = Self.rules.classify(text)
        own = Self.rules.extract(text, classified, today: Self.today)
        let (classification, first) = reader.classification(classified, of: text, request)
        let extracted = Self.rules.extract(text, classification, today: Self.today)
        let (extraction, second) = reader.extraction(extracted, of: text, classification, request)
        found = Self.rules.settled(extraction, fio: fio)
        consultations = first + second
        let (checks, reasons) = Self.rules.check(found, fio: fio, today: Self.today)
        verdict = checks.verdict
        self.reasons = reasons
    }
}
