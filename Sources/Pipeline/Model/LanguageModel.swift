public import Foundation
public import Observability

/// A question to a language model: what it is told, what it is shown, and the shape that its answer must have.
public struct ModelPrompt: Sendable, Hashable {
    /// The prompt's name with its version (`classify-v1`): the same name is the same wording for ever.
    public var name: String
    /// What the model is to do: ours alone, without a word of the paper.
    public var instructions: String
    /// What it is shown: the paper's text as data.
    public var material: String
    /// A JSON schema of the answer.
    public var schema: Data

    /// A question.
    public init(name: String, instructions: String, material: String, schema: Data) {
        self.name = name
        self.instructions = instructions
        self.material = material
        self.schema = schema
    }
}

/// What stands around one question.
public struct ModelCall: Sendable {
    /// When the answer is of no use any more.
    public var deadline: Deadline
    /// Ends the call.
    public var cancellation: CancellationToken?
    /// The span that the attempts' spans hang under.
    public var parent: TraceContext?

    /// A call that must end by then.
    public init(deadline: Deadline, cancellation: CancellationToken? = nil, parent: TraceContext? = nil) {
        self.deadline = deadline
        self.cancellation = cancellation
        self.parent = parent
    }
}

/// A model that answers questions in JSON. `ChatCompletions` is the real one; the seam is for tests of what asks it.
public protocol LanguageModel: Sendable {
    /// The answer, read from the JSON object that the model wrote. Blocks the calling thread, which must be none of a
    /// loop's.
    ///
    /// - Throws: why there is none.
    func answer<Answer: Decodable>(_ prompt: ModelPrompt, _ call: ModelCall, as type: Answer.Type) throws -> Answer
}
