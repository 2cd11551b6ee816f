internal import EventHTTP
internal import Observability

/// What callers may know of a route: a `Route` cannot be made without one, and the OpenAPI document is made of nothing
/// else. Names of schemas, header fields and path variables refer to `APISchemas`, `APIField` and `APIPathVariable`.
struct RouteDescription: Sendable {
    /// The headings of the document, in its order.
    enum Tag: String, CaseIterable, Sendable {
        case runs = "Runs"
        case jobs = "Jobs"
        case service = "Service"
        case console = "Console"
        case probe = "Load and conformance tools"

        /// One sentence under the heading.
        var summary: String {
            switch self {
            case .runs: "Documents in, verdicts out. Every run has an id, synchronous ones too."
            case .jobs: "Runs that are durable and wait their turn."
            case .service: "Probes, metrics and this description."
            case .console: "Pages for people."
            case .probe: "Only with IDP_PROBE; they take any body and judge nothing."
            }
        }
    }

    let method: HTTPMethod
    /// The path, variable segments in braces.
    let template: String
    let tag: Tag
    /// `operationId`: what generated clients call their function. Never changes.
    let id: String
    /// Who may use it where authentication is on.
    let access: RouteAccess
    /// A few words, without a full stop.
    let summary: String
    /// CommonMark; empty when the summary says it all.
    var details = ""
    /// Parameters of the query and of the head. Those of the path follow from the template.
    var parameters: [APIParameter] = []
    var body: APIBody?
    /// What it answers when all is well.
    let answers: [APIAnswer]
    /// What it may refuse with, beside what the front answers on every route (`frontErrors`).
    var errors: [ErrorCode] = []
    /// What the server sends by itself because of a call: OpenAPI's `callbacks`.
    var callbacks: JSONNode?
    /// Whether a caller may choose RFC 9457's shape of an error here: everywhere but where nobody reads a body.
    var isProbe = false
    /// False for files that only a page of ours asks for: served, and left out of the document.
    var isListed = true

    /// What the front or the router may answer on any route, before or instead of its handler.
    static let frontErrors: [ErrorCode] = [
        .badRequest, .requestTimeout, .uriTooLong, .expectationFailed, .headersTooLarge, .internalProcessingError,
        .notImplemented, .shuttingDown, .httpVersionNotSupported,
    ]
}

/// A parameter of the query, the path or the head.
struct APIParameter: Sendable {
    enum Place: String, Sendable {
        case query, header, path
    }

    let name: String
    let place: Place
    let summary: String
    let schema: JSONNode
    var example: JSONNode?
}

/// What a route takes as its body.
struct APIBody: Sendable {
    let mediaType: String
    let schema: JSONNode
    let summary: String
    /// Media types of the parts of a form, by their names: OpenAPI's `encoding`.
    var parts: [String: String] = [:]
    var isRequired = true
}

/// One answer that is no error.
struct APIAnswer: Sendable {
    let status: Int
    let summary: String
    /// By media type; empty when there is no body.
    var content: [(mediaType: String, schema: JSONNode, example: JSONNode?)] = []
    /// Names of fields of the head, of `APIField.all`.
    var fields: [String] = []
    /// Operations that go on from here with the answer's `run_id`, by their ids.
    var links: [String] = []

    /// An answer in JSON.
    static func json(
        _ status: Int, _ schema: String, _ summary: String, example: JSONNode? = nil, fields: [String] = [],
        links: [String] = []
    ) -> APIAnswer {
        APIAnswer(
            status: status, summary: summary,
            content: [("application/json", APISchemas.reference(to: schema), example)], fields: fields, links: links)
    }

    /// An answer in text or bytes of one media type.
    static func bytes(_ mediaType: String, _ summary: String, fields: [String] = []) -> APIAnswer {
        APIAnswer(status: 200, summary: summary, content: [(mediaType, ["type": "string"], nil)], fields: fields)
    }
}
