internal import EventHTTP

/// All endpoints of the service, looked up by raw path bytes without making a string.
///
/// Literal routes are found by their length first, so the common ones cost one comparison; the few with a variable
/// segment are tried in order of registration.
struct RouteTable: Sendable {
    /// The endpoints of one template, by method.
    final class Entry: Sendable {
        let template: RouteTemplate
        private let endpoints: [Endpoint?]
        private let metrics: [EndpointMetrics]
        /// The methods for `Allow`.
        let allow: [String]

        /// - Parameter metrics: slots for every method, also those that the resource does not allow.
        init(template: RouteTemplate, endpoints: [Endpoint], metrics: [EndpointMetrics]) {
            self.template = template
            self.metrics = metrics
            var byMethod = [Endpoint?](repeating: nil, count: HTTPMethod.allCases.count)
            for endpoint in endpoints {
                let index = Int(endpoint.method.rawValue)
                precondition(byMethod[index] == nil, "two handlers for \(endpoint.method) \(template.text)")
                byMethod[index] = endpoint
            }
            self.endpoints = byMethod
            allow = HTTPMethod.allCases.filter { byMethod[Int($0.rawValue)] != nil }.map { "\($0.name)" } + ["OPTIONS"]
        }

        /// The endpoint for `method`, nil when the resource does not allow it.
        func endpoint(_ method: HTTPMethod) -> Endpoint? { endpoints[Int(method.rawValue)] }

        /// The metric slots of this route for `method`.
        func metrics(_ method: HTTPMethod) -> EndpointMetrics { metrics[Int(method.rawValue)] }
    }

    /// Every entry, in order of registration.
    let entries: [Entry]
    /// The methods that any resource allows.
    let methods: [String]
    private let literalsByLength: [[Entry]]
    private let templates: [Entry]

    init(_ entries: [Entry]) {
        self.entries = entries
        let allowed = Set(entries.flatMap(\.allow))
        methods = HTTPMethod.allCases.map { "\($0.name)" }.filter(allowed.contains)
        let literals = entries.filter { !$0.template.hasVariable }
        let longest = literals.map(\.template.text.utf8.count).max() ?? 0
        literalsByLength = (0...longest).map { length in literals.filter { $0.template.text.utf8.count == length } }
        templates = entries.filter(\.template.hasVariable)
    }

    /// Registers `routes`: resolves their metric slots and gives each GET its HEAD (RFC 9110, 9.3.2).
    ///
    /// - Parameter exempt: templates that are open to everybody, also with authentication.
    init(_ routes: [Route], metrics: HTTPMetrics, scheme: String, exempt: Set<String> = []) {
        var order: [RouteTemplate] = []
        var grouped: [RouteTemplate: [Route]] = [:]
        for route in routes {
            if grouped[route.template] == nil { order.append(route.template) }
            grouped[route.template, default: []].append(route)
        }
        self.init(
            order.map { template in
                let slots = HTTPMethod.allCases.map {
                    EndpointMetrics(endpoint: template.text, method: "\($0.name)", metrics: metrics, scheme: scheme)
                }
                let endpoints = grouped[template, default: []].flatMap { route in
                    (route.method == .get ? [HTTPMethod.get, .head] : [route.method]).map { method in
                        Endpoint(
                            route, method: method, metrics: slots[Int(method.rawValue)],
                            isOpen: exempt.contains(template.text))
                    }
                }
                return Entry(template: template, endpoints: endpoints, metrics: slots)
            })
    }

    /// The entry whose template `path` fits, or nil.
    func entry(for path: UnsafeRawBufferPointer) -> Entry? {
        if path.count < literalsByLength.count {
            for entry in literalsByLength[path.count] where entry.template.matches(path) { return entry }
        }
        for entry in templates where entry.template.matches(path) { return entry }
        return nil
    }
}
