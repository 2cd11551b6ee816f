internal import EventHTTP
internal import Observability

/// A handler of a route and method: the unit that is observed.
enum Handler: Sendable {
    /// Answers on the loop thread. It may not block or wait.
    case inline(@Sendable (RequestHead, inout InlineReply) throws(ServiceError) -> Void)
    /// Decides on the loop what body is wanted, before any of it is read; then answers from a queue. The caller is nil
    /// where nobody has to say who he is.
    case queued(
        admit: @Sendable (RequestHead, Caller?) throws(ServiceError) -> BodyPlan,
        handle: @Sendable (Call) throws(ServiceError) -> Void)
}

/// Answers a queued route's request on the loop where that can be done at once: gives the run that the answer is about,
/// or nil to leave the request to the queue, with nothing written. The second argument is the path's variable segment.
/// It may not block, wait or allocate. The last argument is who asks, where that has to be known.
typealias Shortcut = @Sendable (RequestHead, UnsafeRawBufferPointer, inout InlineReply, Caller?) -> RunID?

/// A route as it is declared beside its resource: what it is to callers, and what answers it.
struct Route: Sendable {
    let description: RouteDescription
    let template: RouteTemplate
    let handler: Handler
    let shortcut: Shortcut?

    init(_ description: RouteDescription, _ handler: Handler, shortcut: Shortcut? = nil) {
        self.description = description
        template = RouteTemplate(description.template)
        self.handler = handler
        self.shortcut = shortcut
    }

    var method: HTTPMethod { description.method }
    /// Probes, scrapes and pages: not traced, not in the access log.
    var isProbe: Bool { description.isProbe }
}

/// A handler with its place in the API and its resolved metric slots.
final class Endpoint: Sendable {
    let method: HTTPMethod
    /// The members of its access lines that are always the same: `"method":"GET","route":"/health"`.
    let accessMembers: [UInt8]
    let template: RouteTemplate
    let handler: Handler
    /// Tried before the queue.
    let shortcut: Shortcut?
    let metrics: EndpointMetrics
    /// Probes and scrapes: not traced, not in the access log.
    let isProbe: Bool
    /// `{method} {route}`, the name of its server spans (OpenTelemetry's HTTP conventions).
    let spanName: String
    let access: RouteAccess
    /// Whether everybody may use it, also with authentication.
    let isOpen: Bool

    init(_ route: Route, method: HTTPMethod, metrics: EndpointMetrics, isOpen: Bool = false) {
        access = route.description.access
        self.isOpen = isOpen
        self.method = method
        self.metrics = metrics
        template = route.template
        handler = route.handler
        shortcut = route.shortcut
        isProbe = route.isProbe
        var members = Array(#""method":"\#(method.name)","route":"#.utf8)
        JSONText.append(route.template.text, to: &members)
        accessMembers = members
        spanName = "\(method.name) \(route.template.text)"
    }
}
