/// A field of an answer's head, as the document's `components/headers` tells of it.
struct APIField: Sendable {
    let name: String
    let summary: String
    let schema: JSONNode
    var example: JSONNode?

    /// Every field that answers of ours carry and callers may build on.
    static let all: [APIField] = [
        APIField(
            name: "X-Request-ID",
            summary: "The caller's own X-Request-ID when it is 1 to 128 of `[A-Za-z0-9._-]`, else a new one.",
            schema: ["type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"], example: "order-4711"),
        APIField(
            name: "Location", summary: "Path of the run's status.",
            schema: ["type": "string", "pattern": "^/v1/jobs/[0-9a-f-]{36}$"],
            example: .string("/v1/jobs/\(APIExamples.runID)")),
        APIField(
            name: "Retry-After", summary: "Whole seconds after which to ask again.",
            schema: ["type": "integer", "minimum": 1], example: 2),
        APIField(
            name: "Idempotent-Replayed",
            summary: "There, with `true`, when the answer is that of an earlier call with the same Idempotency-Key.",
            schema: ["type": "string", "enum": ["true"]]),
        APIField(
            name: "Preference-Applied", summary: "There when `Prefer: respond-async` was followed (RFC 7240, 3).",
            schema: ["type": "string", "enum": ["respond-async"]]),
        APIField(
            name: "Allow", summary: "The methods that the resource has.",
            schema: ["type": "string"], example: "GET, HEAD, OPTIONS"),
        APIField(
            name: "Cache-Control", summary: "Whether the answer may be kept.",
            schema: ["type": "string"], example: "no-store"),
        APIField(
            name: "Content-Encoding", summary: "`gzip` when `Accept-Encoding` takes it.",
            schema: ["type": "string", "enum": ["gzip"]]),
        APIField(
            name: "Vary", summary: "The fields of the request that chose the representation.",
            schema: ["type": "string"], example: "Accept, Accept-Encoding"),
        APIField(
            name: "ETag", summary: "Validator for `If-None-Match`.", schema: ["type": "string"],
            example: "\"9f2c51d0a7b3e864\""),
        APIField(
            name: "Content-Security-Policy", summary: "What the page may load: files of this server.",
            schema: ["type": "string"]),
        APIField(
            name: "Content-Language", summary: "Language of the words in an RFC 9457 body.",
            schema: ["type": "string", "enum": ["en"]]),
        APIField(
            name: "RateLimit",
            summary: "Requests that are left to the caller, and seconds until there are more, if he has a rate.",
            schema: ["type": "string"], example: "\"default\";r=50;t=30"),
        APIField(
            name: "RateLimit-Policy", summary: "The caller's rate: requests and the window in seconds.",
            schema: ["type": "string"], example: "\"default\";q=100;w=60"),
        APIField(
            name: "WWW-Authenticate", summary: "How to show who one is.", schema: ["type": "string"],
            example: "Bearer"),
    ]
}
