public import Dependencies
public import Observability

/// Why an answer of a language model is of no use, where one came.
public enum ModelError: DependencyError, CategorizedError, Hashable {
    /// It is no chat completion, or its content is not the JSON object that was asked for.
    case malformed
    /// It broke off at the limit of tokens.
    case truncated
    /// The model would not answer.
    case declined
    /// The endpoint refused the question: the key, the model's name or the form of the request is not to its liking.
    case refused(status: Int)

    /// Chance plays a part in what a model writes: malformed answers may come right the next time, the rest would not.
    public var dependencyFailure: DependencyFailure {
        switch self {
        case .malformed: DependencyFailure(outcome: "malformed", kind: .transient)
        case .truncated: DependencyFailure(outcome: "truncated", kind: .permanent)
        case .declined: DependencyFailure(outcome: "declined", kind: .permanent)
        case .refused(let status) where status == 401 || status == 403:
            DependencyFailure(outcome: "denied", kind: .permanent)
        case .refused: DependencyFailure(outcome: "refused", kind: .permanent)
        }
    }

    /// `LLM_FAILED`: nobody outside sees it, since the rules' answer stands.
    public var serviceError: ServiceError {
        ServiceError(.llmFailed, cause: "llm: \(dependencyFailure.outcome)")
    }
}
