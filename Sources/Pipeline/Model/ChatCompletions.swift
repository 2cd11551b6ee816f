public import Dependencies
internal import Foundation
internal import Observability
public import OutboundHTTP

/// A language model behind an OpenAI-compatible endpoint: `POST …/chat/completions` with a JSON schema for the answer
/// (`response_format` of type `json_schema`, which vLLM, llama.cpp, Ollama and others have too). Thread-safe.
///
/// Reference: https://platform.openai.com/docs/api-reference/chat/create
public final class ChatCompletions: LanguageModel {
    /// Where, which, as whom.
    public struct Configuration: Sendable, Equatable {
        /// The base (`https://host/v1`) or the whole URL of the endpoint.
        public var url: String
        /// The model's name.
        public var model: String
        /// Sent as a bearer token; nil sends none.
        public var apiKey: String?
        /// How long one attempt may take.
        public var timeout: Duration

        /// An endpoint.
        public init(url: String, model: String, apiKey: String? = nil, timeout: Duration = .seconds(20)) {
            self.url = url
            self.model = model
            self.apiKey = apiKey
            self.timeout = timeout
        }

        /// The URL that questions go to.
        public var endpoint: String {
            let base = url.hasSuffix("/") ? String(url.dropLast()) : url
            return base.hasSuffix("/chat/completions") ? base : base + "/chat/completions"
        }
    }

    /// Tokens that an answer cost.
    public struct Usage: Sendable, Hashable {
        /// Of the question.
        public var input: Int
        /// Of the answer.
        public var output: Int
    }

    /// A quote of a dozen words and a few parts of a name; Kazakh takes several tokens a word.
    private static let answerTokensMax = 400
    /// An answer of that many tokens is some kilobytes; more is not read.
    private static let answerLimitBytes = 256 << 10

    private let configuration: Configuration
    private let client: GuardedClient
    private let onUsage: @Sendable (Usage) -> Void

    /// - Parameters:
    ///   - http: the client, which may serve others too.
    ///   - onUsage: told of each answer's tokens, where the endpoint counts them.
    public init(
        _ configuration: Configuration, http: HTTPClient, telemetry: DependencyTelemetry,
        onUsage: @escaping @Sendable (Usage) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.onUsage = onUsage
        var dependency = Dependency.Configuration(name: "llm")
        // One more try: a run waits, and the rules' answer stands anyway.
        dependency.attempts = 2
        dependency.attemptTimeout = configuration.timeout
        dependency.backoff = Backoff(base: .milliseconds(200), cap: .seconds(2))
        // Answers take long and differ in length, so a slow one says little.
        dependency.limit.minimum = 2
        dependency.limit.tolerance = 4
        dependency.callsMax = 32
        client = GuardedClient(http, Dependency(dependency, telemetry: telemetry))
    }

    /// What stands between the model and who asks it.
    public var dependency: Dependency { client.dependency }

    public func answer<Answer: Decodable>(
        _ prompt: ModelPrompt, _ call: ModelCall, as type: Answer.Type
    ) throws -> Answer {
        var options = Dependency.Options("chat", deadline: call.deadline)
        options.cancellation = call.cancellation
        options.parent = call.parent
        options.attributes = [
            .init("http.request.method", "POST"), .init("gen_ai.operation.name", "chat"),
            .init("gen_ai.request.model", configuration.model), .init("idp.llm.prompt", prompt.name),
        ]
        let request = try request(prompt)
        return try client.dependency.call(options) { attempt in
            let response = try client.attempt(request, options, attempt)
            guard response.status < 300 else { throw ModelError.refused(status: response.status) }
            let text = try content(of: response.body, span: attempt.span)
            do {
                return try JSONDecoder().decode(type, from: text)
            } catch {
                throw ModelError.malformed
            }
        }
    }

    private func request(_ prompt: ModelPrompt) throws -> HTTPClientRequest {
        let schema = try JSONSerialization.jsonObject(with: prompt.schema)
        let body: [String: Any] = [
            "model": configuration.model,
            "messages": [
                ["role": "system", "content": prompt.instructions], ["role": "user", "content": prompt.material],
            ],
            "response_format": [
                "type": "json_schema",
                "json_schema": ["name": prompt.name, "strict": true, "schema": schema],
            ],
            // The same paper is to get the same answer, as far as a model can.
            "temperature": 0, "max_tokens": Self.answerTokensMax, "stream": false,
        ]
        var request = HTTPClientRequest(
            method: "POST", url: configuration.endpoint,
            fields: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: Array(
                try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes])),
            timeout: configuration.timeout, connectTimeout: .seconds(3), responseLimitBytes: Self.answerLimitBytes)
        if let key = configuration.apiKey { request.fields.append(("Authorization", "Bearer \(key)")) }
        return request
    }

    /// The JSON object that the model wrote.
    private func content(of body: [UInt8], span: RecordedSpan?) throws(ModelError) -> Data {
        let completion: Completion
        do {
            completion = try JSONDecoder().decode(Completion.self, from: Data(body))
        } catch {
            throw .malformed
        }
        if let usage = completion.usage {
            let counted = Usage(input: max(0, usage.prompt ?? 0), output: max(0, usage.completion ?? 0))
            span?.set("gen_ai.usage.input_tokens", counted.input)
            span?.set("gen_ai.usage.output_tokens", counted.output)
            onUsage(counted)
        }
        guard let choice = completion.choices.first else { throw .malformed }
        if choice.message.refusal?.isEmpty == false || choice.finishReason == "content_filter" { throw .declined }
        if choice.finishReason == "length" { throw .truncated }
        // Some models put their JSON between fences whatever they were told.
        guard let text = choice.message.content, let start = text.firstIndex(of: "{"),
            let end = text.lastIndex(of: "}"), start < end
        else { throw .malformed }
        return Data(text[start...end].utf8)
    }
}

/// The parts of a chat completion that are read.
private struct Completion: Decodable {
    struct Message: Decodable {
        var content: String?
        var refusal: String?
    }

    struct Choice: Decodable {
        var message: Message
        var finishReason: String?

        enum CodingKeys: String, CodingKey {
            case message
            case finishReason = "finish_reason"
        }
    }

    struct Usage: Decodable {
        var prompt: Int?
        var completion: Int?

        enum CodingKeys: String, CodingKey {
            case prompt = "prompt_tokens"
            case completion = "completion_tokens"
        }
    }

    var choices: [Choice]
    var usage: Usage?
}
