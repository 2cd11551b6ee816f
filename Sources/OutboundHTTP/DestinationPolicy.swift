/// Where a request may go. Two kinds: addresses that an operator configured are trusted; a URL that a caller gave is
/// guarded, so that nobody can use the service to reach what only the service can reach (SSRF).
///
/// A guarded request is judged twice: its URL before anything is sent (`refusal(of:)`), and each address right before
/// a socket connects to it, after resolution, which is the address that is then used. A name that changes its address
/// in between (DNS rebinding) gains nothing. Redirects are not followed, and a guarded request uses no proxy.
public struct DestinationPolicy: Sendable, Hashable {
    /// One line of an allow list.
    public enum Rule: Sendable, Hashable {
        /// A host by its name, or all below a name (`*.example.com`); nil is any port.
        case host(String, isSuffix: Bool, port: Int?)
        /// A block of addresses; nil is any port.
        case network(IPNetwork, port: Int?)
    }

    let isGuarded: Bool
    private let rules: [Rule]

    /// Anywhere: for addresses from the service's own settings.
    public static let trusted = DestinationPolicy(isGuarded: false, rules: [])
    /// Any public address.
    public static let publicOnly = DestinationPolicy(isGuarded: true, rules: [])

    /// What an allow list permits; an empty list permits every public address. A host that is named may have a private
    /// address, but not a link-local one; those only where a block of the list holds them.
    public init(allowing rules: [Rule]) {
        self.init(isGuarded: true, rules: rules)
    }

    private init(isGuarded: Bool, rules: [Rule]) {
        self.isGuarded = isGuarded
        self.rules = rules
    }

    /// Why a URL may not be asked, for whoever gave it; nil if nothing speaks against it so far: a name's addresses are
    /// judged when it is connected to. Resolves nothing.
    public func refusal(of url: String) -> String? {
        let target: RequestTarget
        do throws(HTTPClientError) {
            target = try RequestTarget(url: url)
        } catch {
            return if case .invalidRequest(let text) = error { text } else { "the URL cannot be read" }
        }
        guard isGuarded else { return nil }
        if let address = target.address {
            return permits(address, of: target) ? nil : "the URL's address is not allowed"
        }
        if rules.isEmpty {
            let isLocal = target.host == "localhost" || target.host.hasSuffix(".localhost")
            return isLocal ? "the URL's host is not allowed" : nil
        }
        let mayMatch = rules.contains { rule in
            switch rule {
            case .host: matches(rule, target)
            case .network(_, let port): port == nil || port == target.port
            }
        }
        return mayMatch ? nil : "the URL's host is not on the allow list"
    }

    /// Whether a socket may connect to this address of the target.
    func permits(_ address: IPAddress, of target: RequestTarget) -> Bool {
        guard isGuarded else { return true }
        if rules.isEmpty { return address.scope == .public }
        return rules.contains { rule in
            switch rule {
            case .host: matches(rule, target) && address.scope != .never
            case .network(let network, let port):
                (port == nil || port == target.port)
                    && (network.contains(address) || address.embedded.map(network.contains) ?? false)
            }
        }
    }

    private func matches(_ rule: Rule, _ target: RequestTarget) -> Bool {
        guard case .host(let name, let isSuffix, let port) = rule, port == nil || port == target.port else {
            return false
        }
        return isSuffix ? target.host.hasSuffix("." + name) : target.host == name
    }
}

extension DestinationPolicy.Rule {
    /// Reads `hooks.example.com`, `*.example.com`, `10.1.0.0/16`, `10.1.2.3`, `fd00::/8`, each also with a port behind
    /// a colon (IPv6 then in brackets). Nil if it is none of these.
    public init?(_ text: String) {
        let (body, portText) = Self.splitPort(text.lowercased())
        var port: Int?
        if let portText {
            guard let number = Int(portText), (1...65_535).contains(number) else { return nil }
            port = number
        }
        if let network = IPNetwork(body) {
            self = .network(network, port: port)
            return
        }
        let isSuffix = body.hasPrefix("*.")
        var name = isSuffix ? String(body.dropFirst(2)) : body
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            !label.isEmpty && label.count <= 63
                && label.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
        }
        // A last label of digits would be an address in a spelling of its own.
        guard isName, name.utf8.count <= 253, let last = labels.last, !last.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        self = .host(name, isSuffix: isSuffix, port: port)
    }

    private static func splitPort(_ text: String) -> (String, String?) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            let inside = String(text[text.index(after: text.startIndex)..<end])
            // What stands behind the bracket and is no port makes the whole no rule.
            if rest.isEmpty { return (inside, nil) }
            return rest.hasPrefix(":") ? (inside, String(rest.dropFirst())) : (text, nil)
        }
        let colons = text.indices.filter { text[$0] == ":" }
        guard colons.count == 1 else { return (text, nil) }
        return (String(text[..<colons[0]]), String(text[text.index(after: colons[0])...]))
    }
}
