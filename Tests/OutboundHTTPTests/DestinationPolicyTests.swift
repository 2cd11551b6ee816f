import OutboundHTTP
import Testing

/// Which URLs a caller may have the service ask, judged before anything is sent.
struct DestinationPolicyTests {
    /// Every spelling of an address that only the service can reach, and every scheme but the web's.
    @Test(arguments: [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
        "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://0/", "http://0.0.0.0/",
        "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/",
        "http://100.64.0.1/", "http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/",
        "http://2852039166/", "http://192.0.0.1/", "http://192.0.2.1/", "http://198.18.0.1/", "http://198.51.100.1/",
        "http://203.0.113.1/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/",
        "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[::ffff:169.254.169.254]/", "http://[::127.0.0.1]/", "http://[64:ff9b::10.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/", "http://[2002:c0a8:101::1]/", "http://[fe80::1]/",
        "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://[fec0::1]/", "http://[ff02::1]/",
        "http://[2001:db8::1]/", "http://[2001::1]/", "http://[fd00:ec2::254]/", "http://[100::1]/",
        "http://[0:0:0:0:0:ffff:0a00:0001]/", "http://[::ffff:0:127.0.0.1]/", "http://[3fff::1]/",
        "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/",
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "example.com", "", "http://",
        "http://user@example.com/", "http://user:pass@example.com/", "http://example.com:99999/",
    ]) func whatOnlyTheServiceCanReachIsRefused(url: String) {
        #expect(DestinationPolicy.publicOnly.refusal(of: url) != nil)
    }

    @Test(arguments: [
        "https://example.com/hook", "http://example.com:8080/", "http://8.8.8.8/", "http://134744072/",
        "http://[2606:4700::1111]/", "http://172.32.0.1/", "http://100.128.0.1/", "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::8.8.8.8]/", "http://169.253.0.1/", "http://localhost.example.com/",
    ]) func publicPlacesArePermitted(url: String) {
        #expect(DestinationPolicy.publicOnly.refusal(of: url) == nil)
        #expect(DestinationPolicy.trusted.refusal(of: url) == nil)
    }

    private static let list = DestinationPolicy(
        allowing: [
            "hooks.bank.kz", "*.partner.kz", "erp.bank.kz:8443", "10.1.0.0/16", "[fd00:1::5]:9000", "127.0.0.1:9999",
        ].compactMap(DestinationPolicy.Rule.init))

    @Test(arguments: [
        ("https://hooks.bank.kz/a", true), ("https://HOOKS.bank.kz./a", true), ("https://a.hooks.bank.kz/", true),
        ("https://a.partner.kz/", true), ("https://a.b.partner.kz:444/", true),
        ("https://erp.bank.kz:8443/", true), ("http://10.1.255.1/", true), ("http://167837697/", true),
        ("http://[::ffff:10.1.2.3]/", true), ("http://[fd00:1::5]:9000/", true), ("http://127.0.0.1:9999/", true),
        ("http://10.2.0.1/", false), ("http://[fd00:1::5]/", false), ("http://[fd00:1::6]:9000/", false),
        ("http://127.0.0.1:9998/", false), ("http://8.8.8.8/", false), ("http://127.0.0.2:9999/", false),
    ]) func anAllowListIsExclusive(url: String, isPermitted: Bool) {
        #expect((Self.list.refusal(of: url) == nil) == isPermitted)
    }

    /// A list of names only says no to other names at once; with a block in it, addresses tell at connection time.
    @Test func aListOfNamesRefusesOtherNamesAtOnce() {
        let names = DestinationPolicy(allowing: ["hooks.bank.kz", "*.partner.kz"].compactMap(DestinationPolicy.Rule.init))
        #expect(names.refusal(of: "https://hooks.bank.kz/") == nil)
        #expect(names.refusal(of: "https://a.partner.kz/") == nil)
        for url in ["https://partner.kz/", "https://evilpartner.kz/", "https://bank.kz/", "https://a.hooks.bank.kz/"] {
            #expect(names.refusal(of: url) != nil, "\(url)")
        }
    }

    @Test(arguments: [
        "", "*", "*.", "a..b", "10.0.0.0/33", "10.0.0/8", "1.2.3", "a b", "http://a.kz", "a.kz:0", "a.kz:70000",
        "a.kz:x", "[::1", "[::1]x", "-/8", "fd00::/129", "a/b", "12345",
    ]) func whatIsNoRuleIsNone(text: String) {
        #expect(DestinationPolicy.Rule(text) == nil)
    }
}

/// The guard where it counts: at the socket.
struct GuardedConnectionTests {
    private func guarded(_ url: String, _ rules: [String] = []) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.destination = DestinationPolicy(allowing: rules.compactMap(DestinationPolicy.Rule.init))
        return request
    }

    @Test func noSocketIsOpenedToARefusedAddress() throws {
        let server = try LocalServer()
        let port = try #require(server.base.split(separator: ":").last)
        let client = HTTPClient()
        // The last is a name: only its resolution tells, whatever was looked at before.
        for host in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
            let request = guarded("http://\(host):\(port)/echo")
            #expect(throws: HTTPClientError.blocked) { try client.send(request) }
        }
        #expect(try client.send(.init(url: server.base + "/echo")).field("X-Connection") == "1")
    }

    @Test func aPooledConnectionOfATrustedRequestIsNotUsed() throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let url = server.base.replacing("127.0.0.1", with: "localhost") + "/echo"
        #expect(try client.send(.init(url: url)).status == 200)
        #expect(throws: HTTPClientError.blocked) { try client.send(guarded(url)) }
    }

    @Test func whatTheListNamesIsConnectedTo() throws {
        let server = try LocalServer()
        let port = try #require(server.base.split(separator: ":").last)
        let client = HTTPClient()
        for rule in ["127.0.0.1:\(port)", "127.0.0.0/8"] {
            #expect(try client.send(guarded(server.base + "/echo", [rule])).status == 200)
        }
        let byName = guarded("http://localhost:\(port)/echo", ["localhost"])
        #expect(try client.send(byName).status == 200)
        #expect(try client.send(byName).usedPooledConnection)
        #expect(throws: HTTPClientError.blocked) { try client.send(guarded(server.base + "/echo", ["10.0.0.0/8"])) }
    }
}
