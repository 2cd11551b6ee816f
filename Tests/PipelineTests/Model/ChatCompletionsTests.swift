import Dependencies
import Foundation
import Logging
import Observability
import OutboundHTTP
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Questions over the wire to an endpoint as strict as real ones, and each way in which an answer can fail.
struct ChatCompletionsTests {
    private let registry = MetricRegistry(exclusiveLanes: 0)
    private let prompt = Prompts.classify(
        PaperExcerpt(PrintedPage.document("Анықтама «A» \\ \"b\"\nСправка")), .builtIn)

    private func makeModel(
        _ endpoint: LanguageModelServer, key: String? = LanguageModelServer.key,
        model: String = LanguageModelServer.model, timeout: Duration = .seconds(60),
        onUsage: @escaping @Sendable (ChatCompletions.Usage) -> Void = { _ in }
    ) -> ChatCompletions {
        let telemetry = DependencyTelemetry(
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            unixMilliseconds: { 0 })
        let configuration = ChatCompletions.Configuration(
            url: endpoint.base(), model: model, apiKey: key, timeout: timeout)
        return ChatCompletions(configuration, http: HTTPClient(), telemetry: telemetry, onUsage: onUsage)
    }

    private func ask(_ model: ChatCompletions, within limit: Duration = .seconds(60)) async throws -> String {
        let prompt = prompt
        return try await blocking {
            try model.answer(prompt, ModelCall(deadline: .after(limit)), as: Prompts.TypeAnswer.self).type
        }
    }

    private func attempts(_ outcome: String) -> Double {
        Exposition(String(decoding: registry.rendered(), as: UTF8.self))
            .sum("idp_dependency_request_duration_seconds_count", ["dependency": "llm", "outcome": outcome])
    }

    @Test func asksAsAStrictEndpointWantsItAndCountsTokens() async throws {
        let endpoint = try await LanguageModelServer()
        try await endpoint.tell(#"{"answers":{"classify-v1":{"type":"vkk","quote":"Справка"}}}"#)
        let used = Mutex<[ChatCompletions.Usage]>([])
        let model = makeModel(endpoint) { usage in used.withLock { $0.append(usage) } }
        #expect(try await ask(model) == "vkk")
        #expect(used.withLock { $0 } == [.init(input: 1000, output: 50)])
        let asked = try await endpoint.asked()
        #expect(asked.count == 1)
        #expect(asked.first?["user"].string == prompt.material)
        #expect(asked.first?["system"].string == prompt.instructions)
        #expect(attempts("ok") == 1)
    }

    /// What goes wrong once and not again is asked once more; each has its word in the metric.
    @Test(arguments: [
        (#""fault":"status","status":500"#, "http_500"), (#""fault":"status","status":429"#, "http_429"),
        (#""fault":"reset""#, "reset"), (#""fault":"garbage""#, "malformed"), (#""fault":"prose""#, "malformed"),
        (#""fault":"empty""#, "malformed"), (#""fault":"wrong""#, "malformed"),
    ])
    func isAskedOnceMoreWhereThatHelps(fault: String, outcome: String) async throws {
        let endpoint = try await LanguageModelServer()
        let answers = #""answers":{"classify-v1":{"type":"vkk","quote":""}}"#
        try await endpoint.tell("{\(answers),\(fault),\"count\":1}")
        let model = makeModel(endpoint)
        #expect(try await ask(model) == "vkk")
        #expect(attempts(outcome) == 1 && attempts("ok") == 1)
        try await endpoint.tell("{\(answers),\(fault)}")
        await #expect(throws: (any Error).self) { try await ask(model) }
        #expect(attempts(outcome) == 3, "twice and no more")
    }

    /// What would fail the same way again is not.
    @Test(arguments: [(#""fault":"truncated""#, "truncated"), (#""fault":"refusal""#, "declined")])
    func isNotAskedAgainWhereThatIsUseless(fault: String, outcome: String) async throws {
        let endpoint = try await LanguageModelServer()
        try await endpoint.tell(#"{"answers":{"classify-v1":{"type":"vkk","quote":"x"}},\#(fault)}"#)
        let model = makeModel(endpoint)
        await #expect(throws: ModelError.self) { try await ask(model) }
        #expect(attempts(outcome) == 1)
        #expect(try await endpoint.asked().count == 1)
        #expect(model.dependency.circuit == .closed)
    }

    @Test func aWrongKeyOrModelIsARefusal() async throws {
        let endpoint = try await LanguageModelServer()
        for (key, model, outcome) in [
            ("other", LanguageModelServer.model, "denied"), (LanguageModelServer.key, "other", "refused"),
        ] {
            await #expect(throws: ModelError.self) { try await ask(makeModel(endpoint, key: key, model: model)) }
            #expect(attempts(outcome) == 1)
        }
    }

    @Test func fencesAroundTheAnswerDoNoHarm() async throws {
        let endpoint = try await LanguageModelServer()
        try await endpoint.tell(#"{"answers":{"classify-v1":{"type":"vkk","quote":"x"}},"fault":"fences"}"#)
        #expect(try await ask(makeModel(endpoint)) == "vkk")
    }

    /// Silence ends with the time of an attempt, and with the caller's.
    @Test func silenceIsGivenUp() async throws {
        let endpoint = try await LanguageModelServer()
        try await endpoint.tell(#"{"fault":"hang"}"#)
        await #expect(throws: (any Error).self) {
            try await ask(makeModel(endpoint, timeout: .milliseconds(200)))
        }
        #expect(attempts("timeout") == 2)
        await #expect(throws: (any Error).self) { try await ask(makeModel(endpoint), within: .milliseconds(200)) }
        #expect(attempts("timeout") == 3)
        try await endpoint.tell("{}")
    }

    @Test func aDeadEndpointIsKeptAwayFrom() async throws {
        let endpoint = try await LanguageModelServer()
        try await endpoint.tell(#"{"fault":"status","status":500}"#)
        let model = makeModel(endpoint)
        for _ in 0..<3 { _ = try? await ask(model) }
        #expect(model.dependency.circuit == .open)
        let asked = try await endpoint.asked().count
        await #expect(throws: DependencyRefusal.self) { try await ask(model) }
        #expect(try await endpoint.asked().count == asked)
    }

    @Test(arguments: [
        ("https://host/v1", "https://host/v1/chat/completions"),
        ("https://host/v1/", "https://host/v1/chat/completions"),
        ("http://h:1/x/chat/completions", "http://h:1/x/chat/completions"),
        ("http://h:1/x/chat/completions/", "http://h:1/x/chat/completions"),
    ])
    func theEndpointFollowsFromTheBase(url: String, endpoint: String) {
        #expect(ChatCompletions.Configuration(url: url, model: "m").endpoint == endpoint)
    }
}
