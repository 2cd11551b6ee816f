internal import Observability
internal import Pipeline

/// The document's `components/schemas`. What the code knows as a list (states, reasons, codes, stages) is taken from
/// there; tests hold every answer of the server against the rest.
enum APISchemas {
    /// By name.
    static var all: [String: JSONNode] {
        [
            "Accepted": accepted, "Verdict": verdict, "Run": run, "RunList": runList, "Result": result,
            "Event": event, "Evidence": evidence, "Box": box, "Check": check, "Progress": progress,
            "Submission": submission, "Callback": callback, "CallbackList": callbackList,
            "JobCallbacks": jobCallbacks, "JobEnded": jobEnded,
            "Error": error, "Problem": problem, "Health": health, "Readiness": readiness,
            "RunStatus": named("Where a run stands.", RunState.allCases.map(\.rawValue)),
            "Reason": named(reasonText, VerdictReason.allCases.map(\.rawValue)),
            "ErrorCode": named(
                "What went wrong: stable, each with one HTTP status.", ErrorCode.allCases.map(\.rawValue)),
            "Stage": named("A step of reading a document.", StageName.allCases.map(\.rawValue)),
        ]
    }

    /// `{"$ref": …}`.
    static func reference(to name: String) -> JSONNode { ["$ref": .string("#/components/schemas/\(name)")] }

    /// An object; members in `optional` may be absent, all others must be there.
    static func object(
        _ summary: String, _ members: [String: JSONNode], optional: Set<String> = []
    ) -> JSONNode {
        var node: JSONNode = ["type": "object", "description": .string(summary), "properties": .object(members)]
        let required = members.keys.filter { !optional.contains($0) }.sorted()
        if !required.isEmpty { node["required"] = .array(required.map { .string($0) }) }
        return node
    }

    /// A value of the schema, or null (OpenAPI 3.1 is JSON Schema 2020-12: null is a type).
    static func orNull(_ schema: JSONNode) -> JSONNode { ["anyOf": [schema, ["type": "null"]]] }

    /// A list of values of the schema.
    static func list(of schema: JSONNode) -> JSONNode { ["type": "array", "items": schema] }

    static func text(_ summary: String, example: JSONNode? = nil) -> JSONNode {
        annotated(["type": "string"], summary, example)
    }

    static func integer(_ summary: String, minimum: Int = 0, maximum: Int? = nil) -> JSONNode {
        var node: JSONNode = ["type": "integer", "description": .string(summary), "minimum": .integer(minimum)]
        if let maximum { node["maximum"] = .integer(maximum) }
        return node
    }

    /// A share, 0 to 1.
    static func share(_ summary: String) -> JSONNode {
        ["type": "number", "minimum": 0, "maximum": 1, "description": .string(summary)]
    }

    static func truth(_ summary: String) -> JSONNode { ["type": "boolean", "description": .string(summary)] }

    static func moment(_ summary: String) -> JSONNode {
        ["type": "string", "format": "date-time", "description": .string(summary)]
    }

    static func named(_ summary: String, _ values: [String]) -> JSONNode {
        ["type": "string", "description": .string(summary), "enum": .array(values.map { .string($0) })]
    }

    private static func annotated(_ schema: JSONNode, _ summary: String, _ example: JSONNode?) -> JSONNode {
        var node = schema
        node["description"] = .string(summary)
        if let example { node["examples"] = .array([example]) }
        return node
    }

    private static let reasonText = """
        Why a verdict is false. Numbers that other channels carry for them: \
        \(VerdictReason.allCases.map { "`\($0.rawValue)` \($0.number)" }.joined(separator: ", ")).
        """
    static let runID: JSONNode = ["type": "string", "format": "uuid", "description": "The run's id, an RFC 9562 UUID."]
    static let requestID: JSONNode = [
        "type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$",
        "description": "The id of the request that made it: the caller's own, or one of ours.",
    ]
}

/// Errors, in both shapes.
extension APISchemas {
    /// An error body that tells one of the codes.
    static func error(_ schema: String, of codes: [ErrorCode]) -> JSONNode {
        let code: JSONNode = ["properties": ["code": ["enum": .array(codes.map { .string($0.rawValue) })]]]
        let narrowed: JSONNode = schema == "Error" ? ["properties": ["detail": code]] : code
        return ["allOf": [reference(to: schema), narrowed]]
    }

    fileprivate static var error: JSONNode {
        let detail = object(
            "The error.",
            [
                "code": reference(to: "ErrorCode"), "message": text("For people, in English."),
                "retryable": truth("Whether the same request may succeed later, unchanged."), "request_id": requestID,
                "run_id": runID, "trace_id": traceID,
                "fields": list(
                    of: object(
                        "A field that is wrong.",
                        [
                            "field": text("Its name, as the caller writes it."),
                            "message": text("What would be right; never the value itself."),
                        ])),
            ], optional: ["run_id", "trace_id", "fields"])
        return object("The default shape of an error.", ["detail": detail])
    }

    fileprivate static var problem: JSONNode {
        object(
            "An error in the shape of RFC 9457, for those who accept application/problem+json.",
            [
                "type": ["type": "string", "format": "uri", "description": "`urn:idp:problem:` and the code."],
                "title": text("A short sentence, fixed per code."), "status": integer("The HTTP status.", minimum: 400),
                "detail": text("For people, in English."), "instance": text("The request's path."),
                "code": reference(to: "ErrorCode"),
                "retryable": truth("Whether the same request may succeed later, unchanged."), "request_id": requestID,
                "run_id": runID, "trace_id": traceID,
                "errors": list(
                    of: object(
                        "A field that is wrong.",
                        [
                            "detail": text("What would be right; never the value itself."),
                            "pointer": text("The field, as a JSON Pointer in a URI fragment.", example: "#/fio"),
                        ])),
            ], optional: ["instance", "run_id", "trace_id", "errors"])
    }

    private static let traceID: JSONNode = [
        "type": "string", "pattern": "^[0-9a-f]{32}$", "description": "The trace that the request belongs to.",
    ]
}

/// The service about itself.
extension APISchemas {
    fileprivate static var health: JSONNode {
        object("The process makes progress.", ["status": named("Always ok.", ["ok"]), "service": text("Its name.")])
    }

    fileprivate static var readiness: JSONNode {
        object(
            "Whether the service wants traffic.",
            [
                "status": named("The sum of the checks.", ["ok", "unavailable"]), "service": text("Its name."),
                "checks": [
                    "type": "object", "description": "Each check: `ok`, or why it fails.",
                    "additionalProperties": ["type": "string"],
                ],
            ])
    }
}
