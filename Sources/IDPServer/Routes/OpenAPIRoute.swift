internal import EventHTTP
internal import Observability

/// `GET /openapi.json`: the document about the routes that this server serves, itself included. Made once, at start.
struct OpenAPIRoute: Sendable {
    private let asset: ConsoleAsset

    /// - Parameter describing: every other route that is served.
    init(describing routes: [RouteDescription], serviceName: String, security: APISecurity?) {
        let document = OpenAPIDocument(routes + [.openAPI], serviceName: serviceName, security: security)
        asset = ConsoleAsset(
            path: RouteDescription.openAPI.template, contentType: "application/json", bytes: document.bytes)
    }

    var routes: [Route] {
        let asset = asset
        return [
            Route(
                .openAPI,
                .inline { (head, reply) throws(ServiceError) in ConsoleRoutes.answer(asset, head, &reply) })
        ]
    }
}
