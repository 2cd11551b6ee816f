internal import EventHTTP
internal import Observability
internal import Tokens

/// How callers prove who they are, for the document: made of the settings, so that it says what this server wants.
struct APISecurity: Sendable {
    /// Security schemes by name (OpenAPI 3.1, 4.8.27); any one of them will do.
    let schemes: [String: JSONNode]
    /// Templates of routes that are open to everybody.
    let exempt: Set<String>

    /// What authentication adds to the errors of a route.
    static let errors: [ErrorCode] = [.unauthorized, .forbidden, .rateLimited]

    /// Nil where nobody has to say who he is.
    init?(_ settings: Settings) {
        switch settings.authentication.method {
        case .none: return nil
        case .keys:
            var schemes: [String: JSONNode] = [
                "key": [
                    "type": "http", "scheme": "bearer",
                    "description": "A key of the server's key file. Its scopes are those of each operation.",
                ],
                "keyField": ["type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."],
            ]
            if settings.front.tls.map({ $0.clientCertificates != .off }) ?? false {
                schemes["certificate"] = [
                    "type": "mutualTLS", "description": "A client certificate that the key file names.",
                ]
            }
            self.schemes = schemes
        case .tokens(let tokens):
            schemes = [
                "token": [
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": .string("A token of \(tokens.rules.issuer), scopes in `scope` or `scp`."),
                ]
            ]
        }
        exempt = settings.authentication.exemptTemplates
    }

    /// Whether a route needs a caller.
    func guards(_ route: RouteDescription) -> Bool { !exempt.contains(route.template) }

    /// The `security` of an operation; roles name the scope that it needs.
    func requirement(of route: RouteDescription) -> JSONNode {
        guard guards(route) else { return .array([]) }
        let roles = route.access.scope.map { [JSONNode.string($0.rawValue)] } ?? []
        return .array(schemes.keys.sorted().map { .object([$0: .array(roles)]) })
    }
}
