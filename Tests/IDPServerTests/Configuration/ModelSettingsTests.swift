import Pipeline
import Testing

@testable import IDPServer

/// The settings of the language model together.
struct ModelSettingsTests {
    private static let whole = ["IDP_LLM_URL": "https://llm.example/v1", "IDP_LLM_MODEL": "reader"]

    @Test func readsTheWhole() throws {
        var environment = Self.whole
        let plain = try #require(try Settings.load(environment: environment).model)
        #expect(plain.endpoint == .init(url: "https://llm.example/v1", model: "reader", timeout: .seconds(20)))
        #expect(plain.askBelow == 0.75)
        environment["IDP_LLM_API_KEY"] = "secret-of-the-test"
        environment["IDP_LLM_TIMEOUT"] = "3s"
        environment["IDP_LLM_ASK_BELOW"] = "90"
        let settings = try Settings.load(environment: environment)
        #expect(settings.model?.endpoint.apiKey == "secret-of-the-test")
        #expect(settings.model?.endpoint.timeout == .seconds(3))
        #expect(settings.model?.askBelow == 0.9)
        #expect(!settings.listing.contains("secret-of-the-test"))
    }

    /// Settings beside the whole ones (or without a URL), the one at fault, and a word of the message.
    @Test(arguments: [
        (["IDP_LLM_URL": "https://h/v1"], "IDP_LLM_MODEL", "needed"),
        (["IDP_LLM_MODEL": "m"], "IDP_LLM_MODEL", "needs IDP_LLM_URL"),
        (["IDP_LLM_API_KEY": "k"], "IDP_LLM_API_KEY", "needs IDP_LLM_URL"),
        (["IDP_LLM_TIMEOUT": "1s"], "IDP_LLM_TIMEOUT", "needs IDP_LLM_URL"),
        (["IDP_LLM_ASK_BELOW": "10"], "IDP_LLM_ASK_BELOW", "needs IDP_LLM_URL"),
        (["IDP_LLM_URL": "https://u:p@h/v1", "IDP_LLM_MODEL": "m"], "IDP_LLM_URL", "IDP_LLM_API_KEY"),
        (["IDP_LLM_URL": "https://h/v1?a=b", "IDP_LLM_MODEL": "m"], "IDP_LLM_URL", "no query"),
        (["IDP_LLM_URL": "ftp://h/v1", "IDP_LLM_MODEL": "m"], "IDP_LLM_URL", "http://"),
    ])
    func refusesWhatDoesNotGoTogether(environment: [String: String], setting: String, phrase: String) throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: environment) }
        #expect(error.mistakes.contains { $0.setting == setting && $0.message.contains(phrase) }, "\(error)")
        #expect(!error.description.contains("u:p@"))
    }
}
