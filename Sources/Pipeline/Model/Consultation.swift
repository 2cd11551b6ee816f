/// What came of asking a language model about one field of a paper.
public struct Consultation: Sendable, Hashable, Codable {
    /// The fields that a model is asked about, as callers name them.
    public enum Field: String, Sendable, Codable, CaseIterable {
        case docType = "doc_type"
        case fio
        case docDate = "doc_date"
    }

    /// Whose answer stands, and why.
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        /// The model's: the rules had none, or were unsure of theirs.
        case taken
        /// The rules', which the model bears out.
        case agreed
        /// The rules': the model found nothing either.
        case nothing
        /// The rules': what the model said is not on the page, or stands there for something else.
        case refused
        /// The rules': the model gave no answer that can be read.
        case failed
        /// The rules': the paper speaks to a machine, so none was shown it.
        case withheld
    }

    /// The field.
    public var field: Field
    /// What came of it.
    public var outcome: Outcome
    /// The prompt with its version.
    public var prompt: String

    /// An outcome.
    public init(field: Field, outcome: Outcome, prompt: String) {
        self.field = field
        self.outcome = outcome
        self.prompt = prompt
    }
}
