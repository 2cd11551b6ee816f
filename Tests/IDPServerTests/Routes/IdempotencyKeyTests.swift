import Observability
import Testing

@testable import IDPServer

struct IdempotencyKeyTests {
    @Test(arguments: [
        ("abc", "abc"), ("\"abc\"", "abc"), ("8e03978e-40d5-43e8-bc93-6894a57f9324", nil),
        ("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        ("\"with space\"", "with space"), (#""a\"b\\c""#, #"a"b\c"#), ("\"abc\";expires=1", "abc"),
        ("a\"b", "a\"b"), (String(repeating: "k", count: 255), nil), ("!~", nil),
    ] as [(String, String?)])
    func takesQuotedAndBareKeys(value: String, key: String?) throws {
        #expect(try IdempotencyKey(value).text == key ?? value)
    }

    @Test(arguments: [
        "", "\"\"", "\"abc", "\"", "\"abc\"def", #""a\b""#, #""a\"#, "with space", "ключ", "\"ключ\"", "a\u{7F}",
        String(repeating: "k", count: 256), "\"" + String(repeating: "k", count: 256) + "\"",
    ])
    func refusesAnythingElse(value: String) {
        let error = #expect(throws: ServiceError.self) { try IdempotencyKey(value) }
        #expect(error?.code == .validationError && error?.fields.first?.field == "Idempotency-Key")
    }

    @Test func keysOfDifferentRoutesAreDifferent() throws {
        let key = try IdempotencyKey("a")
        #expect(key.scoped(to: "/v1/jobs") != key.scoped(to: "/v1/process"))
    }
}
