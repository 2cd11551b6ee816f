internal import EventHTTP
internal import Foundation
internal import Observability

/// The service's OpenAPI 3.1 document, made of the descriptions of the routes that are served: what is not in the route
/// table is not in here, and the other way round. Errors, their codes, statuses and examples come from the registry.
struct OpenAPIDocument: Sendable {
    /// The document as JSON, with its members in a stable order and a line break at its end.
    let bytes: [UInt8]

    /// - Parameters:
    ///   - routes: every route that is served.
    ///   - serviceName: `info.title`.
    ///   - security: nil where nobody has to say who he is.
    init(_ routes: [RouteDescription], serviceName: String, security: APISecurity? = nil) {
        let listed = routes.filter(\.isListed)
        let ids = listed.map(\.id)
        precondition(Set(ids).count == ids.count, "two operations of one id: \(ids.sorted())")
        var writer = OpenAPIWriter(
            operations: Dictionary(uniqueKeysWithValues: listed.map { ($0.id, $0) }), security: security)
        let paths = writer.paths(listed)
        let tags = RouteDescription.Tag.allCases.filter { tag in listed.contains { $0.tag == tag } }
        let document: JSONNode = [
            "openapi": "3.1.0",
            "info": [
                "title": .string(serviceName), "version": .string(BuildInfo.version),
                "summary": "Judges documents that applicants for a loan deferment send in.",
                "description": .string(Self.introduction),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            // Relative to where the document was found, so it is right behind any proxy.
            "servers": [["url": "/", "description": "The server that this document came from"]],
            "tags": .array(
                tags.map { ["name": .string($0.rawValue), "description": .string($0.summary)] }),
            "paths": paths, "components": writer.components,
        ]
        do {
            bytes = Array(try JSONEncoder.wire.encode(document)) + [UInt8(ascii: "\n")]
        } catch {
            preconditionFailure("a tree of JSON values cannot be encoded: \(error)")
        }
    }

    private static let introduction = """
        A document (PDF, scan or photo; Russian and Kazakh) and an applicant's full name go in, a verdict with its \
        reasons comes out: at once, or as a job.

        `verdict = fio_match AND doc_type_known AND single_doc_type AND doc_date_valid`. A verdict of `false` is a \
        success of the service: its reasons stand in `errors`. `failed` means that the service could not judge.

        Every GET answers HEAD, every resource OPTIONS. Every answer carries `X-Request-ID`. Errors come as \
        `{"detail": …}`, or as RFC 9457 with `Accept: application/problem+json`; unknown members may be added to any \
        answer.
        """
}

/// Writes paths, and gathers what they refer to.
private struct OpenAPIWriter {
    let operations: [String: RouteDescription]
    let security: APISecurity?
    private var parameters: [String: JSONNode] = [:]
    private var responses: [String: JSONNode] = [:]

    init(operations: [String: RouteDescription], security: APISecurity?) {
        self.operations = operations
        self.security = security
    }

    mutating func paths(_ routes: [RouteDescription]) -> JSONNode {
        var paths: JSONNode = [:]
        for route in routes {
            var path = paths[route.template] ?? [:]
            let method = "\(route.method.name)".lowercased()
            precondition(path[method] == nil, "two descriptions of \(method) \(route.template)")
            path[method] = operation(route)
            paths[route.template] = path
        }
        return paths
    }

    var components: JSONNode {
        let examples = ErrorCode.allCases.flatMap { code in
            ErrorBodyFormat.allCases.map { (ErrorExample.name(code, $0), ErrorExample.node(code, $0)) }
        }
        var components: JSONNode = [
            "schemas": .object(APISchemas.all), "parameters": .object(parameters), "responses": .object(responses),
            "headers": .object(
                Dictionary(uniqueKeysWithValues: APIField.all.map { ($0.name, Self.header($0)) })),
            "examples": .object(Dictionary(uniqueKeysWithValues: examples)),
        ]
        if let security { components["securitySchemes"] = .object(security.schemes) }
        return components
    }

    private mutating func operation(_ route: RouteDescription) -> JSONNode {
        var node: JSONNode = [
            "operationId": .string(route.id), "tags": [.string(route.tag.rawValue)],
            "summary": .string(route.summary),
        ]
        if !route.details.isEmpty { node["description"] = .string(route.details) }
        let all = APIPathVariable.parameters(of: route.template) + route.parameters + Self.common
        node["parameters"] = .array(all.map { reference(to: $0, of: route) })
        if let body = route.body { node["requestBody"] = Self.node(body) }
        node["responses"] = answers(route)
        if let security { node["security"] = security.requirement(of: route) }
        if let callbacks = route.callbacks { node["callbacks"] = callbacks }
        return node
    }

    /// Answers and errors by status. Where both have one status, either body may come.
    private mutating func answers(_ route: RouteDescription) -> JSONNode {
        var all: [String: JSONNode] = [:]
        let guarding = security.map { $0.guards(route) ? APISecurity.errors : [] } ?? []
        let errors = Dictionary(
            grouping: Set(route.errors + RouteDescription.frontErrors + guarding), by: \.httpStatus)
        for (status, codes) in errors {
            let sorted = ErrorCode.allCases.filter(codes.contains)
            guard let answer = route.answers.first(where: { $0.status == status }) else {
                all[String(status)] = errorReference(sorted)
                continue
            }
            var node = self.node(answer, isGuarded: !guarding.isEmpty)
            var content = node["content"] ?? [:]
            for (type, entry) in Self.errorContent(sorted) {
                if var shared = content[type], let own = shared["schema"], let other = entry["schema"] {
                    shared["schema"] = ["anyOf": [own, other]]
                    content[type] = shared
                } else {
                    content[type] = entry
                }
            }
            node["content"] = content
            all[String(status)] = node
        }
        for answer in route.answers where all[String(answer.status)] == nil {
            all[String(answer.status)] = node(answer, isGuarded: !guarding.isEmpty)
        }
        return .object(all)
    }

    private func node(_ answer: APIAnswer, isGuarded: Bool) -> JSONNode {
        let fields = ["X-Request-ID"] + answer.fields + (isGuarded ? ["RateLimit", "RateLimit-Policy"] : [])
        var node: JSONNode = [
            "description": .string(answer.summary), "headers": Self.headers(fields),
        ]
        if !answer.content.isEmpty {
            var content: JSONNode = [:]
            for (type, schema, example) in answer.content {
                content[type] = ["schema": schema]
                if let example { content[type]?["example"] = example }
            }
            node["content"] = content
        }
        let links = answer.links.compactMap { id in operations[id].map { (id, Self.link(to: $0)) } }
        if !links.isEmpty { node["links"] = .object(Dictionary(uniqueKeysWithValues: links)) }
        return node
    }

    private mutating func reference(to parameter: APIParameter, of route: RouteDescription) -> JSONNode {
        // Queries mean something else on each route; paths and heads are the same everywhere.
        let name = parameter.place == .query ? "\(route.id).\(parameter.name)" : parameter.name
        var node: JSONNode = [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "description": .string(parameter.summary), "schema": parameter.schema,
        ]
        if parameter.place == .path { node["required"] = true }
        if let example = parameter.example { node["example"] = example }
        parameters[name] = node
        return ["$ref": .string("#/components/parameters/\(name)")]
    }

    private mutating func errorReference(_ codes: [ErrorCode]) -> JSONNode {
        let name = codes.map(\.rawValue).joined(separator: ".")
        let content = Self.errorContent(codes)
        var fields = ["X-Request-ID"]
        if codes.contains(where: { $0.defaultRetryAfter != nil || $0 == .storageFull }) { fields.append("Retry-After") }
        if codes.contains(where: { [.unauthorized, .forbidden].contains($0) }) { fields.append("WWW-Authenticate") }
        responses[name] = [
            "description": .string(codes.map { "`\($0.rawValue)`: \($0.title)." }.joined(separator: " ")),
            "headers": Self.headers(fields), "content": .object(content),
        ]
        return ["$ref": .string("#/components/responses/\(name)")]
    }

    private static func errorContent(_ codes: [ErrorCode]) -> [String: JSONNode] {
        let pairs = ErrorBodyFormat.allCases.map { format -> (String, JSONNode) in
            let examples = codes.map { code -> (String, JSONNode) in
                let name = ErrorExample.name(code, format)
                return (code.rawValue, ["$ref": .string("#/components/examples/\(name)")])
            }
            let schema = APISchemas.error(format == .detail ? "Error" : "Problem", of: codes)
            return (
                format.contentType,
                ["schema": schema, "examples": .object(Dictionary(uniqueKeysWithValues: examples))]
            )
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    private static func headers(_ names: [String]) -> JSONNode {
        .object(
            Dictionary(uniqueKeysWithValues: names.map { ($0, ["$ref": .string("#/components/headers/\($0)")]) }))
    }

    private static func header(_ field: APIField) -> JSONNode {
        var node: JSONNode = ["description": .string(field.summary), "schema": field.schema]
        if let example = field.example { node["example"] = example }
        return node
    }

    private static func node(_ body: APIBody) -> JSONNode {
        var content: JSONNode = ["schema": body.schema]
        if !body.parts.isEmpty {
            content["encoding"] = .object(body.parts.mapValues { ["contentType": .string($0)] })
        }
        return [
            "description": .string(body.summary), "required": .bool(body.isRequired),
            "content": [body.mediaType: content],
        ]
    }

    private static func link(to operation: RouteDescription) -> JSONNode {
        [
            "operationId": .string(operation.id), "description": .string(operation.summary),
            "parameters": ["run_id": "$response.body#/run_id"],
        ]
    }

    /// What any request may carry.
    private static let common: [APIParameter] = [
        APIParameter(
            name: "X-Request-ID", place: .header,
            summary: "Comes back on the answer when it is 1 to 128 of `[A-Za-z0-9._-]`; else there is a new one.",
            schema: ["type": "string"], example: .string(APIExamples.requestID)),
        APIParameter(
            name: "traceparent", place: .header, summary: "W3C Trace Context; ignored when it is not valid.",
            schema: ["type": "string"], example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ]
}

/// Error answers as they are, made by the one function that makes them.
private enum ErrorExample {
    static func name(_ code: ErrorCode, _ format: ErrorBodyFormat) -> String {
        switch format {
        case .detail: code.rawValue
        case .problem: code.rawValue + ".problem"
        }
    }

    static func node(_ code: ErrorCode, _ format: ErrorBodyFormat) -> JSONNode {
        let answer = httpError(
            ServiceError(code), requestID: APIExamples.requestID, format: format,
            instance: format == .problem ? "/v1/jobs" : nil)
        guard let body = JSONNode(json: answer.body) else {
            preconditionFailure("an error body is no JSON: \(code)")
        }
        return ["summary": .string(code.title), "value": body]
    }
}
