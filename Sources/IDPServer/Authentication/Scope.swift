/// What a caller may do. Names are part of key files and tokens.
enum Scope: String, CaseIterable, Sendable, Codable {
    /// Send documents in: `POST /v1/process`, `POST /v1/jobs`.
    case submit
    /// See runs: status, result, pages, events, list.
    case read
    /// Cancel and replay runs.
    case manage
    /// Scrape `/metrics`, where that is not open to everybody.
    case metrics
    /// With the others: not only the caller's own runs.
    case allRuns = "all-runs"
}

/// Who may use a route, and how the audit log calls what he does there. Decided where the route is described.
struct RouteAccess: Sendable {
    /// What the caller needs; nil: any caller that is known.
    var scope: Scope?
    /// The word of the audit log for a use of the route; nil: a use changes nothing and shows nothing personal.
    var action: String?
    /// Whether IDP_AUTH_EXEMPT may open the route to everybody: routes that know nothing of runs.
    var isExemptible = false

    /// Probes, pages and this description of the API.
    static let service = RouteAccess(isExemptible: true)
    /// A route of runs.
    static func runs(_ scope: Scope, action: String? = nil) -> RouteAccess { RouteAccess(scope: scope, action: action) }
}
