import OutboundHTTP
import Testing

@testable import IDPServer

@Suite struct CallbackURLTests {
    @Test(arguments: [
        ("https://Hooks.Example.com/a?b=c", "https://Hooks.Example.com/a?b=c", "https://hooks.example.com", nil),
        ("HTTPS://h.example:8443", "https://h.example:8443", "https://h.example:8443", nil),
        ("http://u:p%40ss@h.example/x", "http://h.example/x", "http://h.example", "Basic dTpwQHNz"),
        ("http://u@h.example", "http://h.example", "http://h.example", "Basic dTo="),
        ("http://a@b@h.example/@c", "http://h.example/@c", "http://h.example", "Basic YUBiOg=="),
        ("http://h.example?x=http://e@evil/", "http://h.example?x=http://e@evil/", "http://h.example", nil),
    ] as [(String, String, String, String?)])
    func takesCredentialsOutOfTheURL(
        _ text: String, _ url: String, _ endpoint: String, _ authorization: String?
    ) throws {
        let target = try #require(CallbackURL(text))
        #expect(target.url == url && target.endpoint == endpoint && target.authorization == authorization)
    }

    @Test(arguments: [
        "", "hook", "ftp://h.example/", "https://", "https:///path", "http://u:p@/", "http://h.example/a b",
        "http://пример.example/", "http://h.example/\n", "file:///etc/passwd", "http://%zz@h.example/",
        "http://h.example/" + String(repeating: "a", count: 2048),
    ])
    func refusesWhatIsNoURLToAsk(_ text: String) {
        #expect(CallbackURL(text) == nil)
        #expect(DestinationPolicy.trusted.refusal(ofCallback: text) != nil)
    }

    /// What a caller could have the server ask for him.
    @Test(arguments: [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest",
        "http://2130706433/", "http://0x7f.1/", "http://a:b@127.0.0.1/", "http://example.com@127.0.0.1/",
        "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
    ])
    func refusesPlacesThatOnlyTheServerReaches(_ text: String) {
        #expect(DestinationPolicy.publicOnly.refusal(ofCallback: text) != nil)
    }

    @Test func showsNeitherCredentialsNorQuery() throws {
        #expect(try #require(CallbackURL("https://u:p@h.example/a?token=b#c")).shown == "https://h.example/a")
    }
}
