internal import EventHTTP
internal import Observability

/// The console at `/` and its files. Everything it shows it asks of the public API, as any caller would.
struct ConsoleRoutes: Sendable {
    /// Only files of this server run, and the page talks to this server alone (Content Security Policy Level 3).
    /// Pages of documents come as blobs, since they are fetched with the caller's key.
    static let securityPolicy: StaticString = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
        base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    var routes: [Route] {
        ConsoleAsset.all.map { asset in
            Route(
                asset.description,
                .inline { (head, reply) throws(ServiceError) in Self.answer(asset, head, &reply) })
        }
    }

    /// Answers with a file, or with 304 to who has it.
    static func answer(_ asset: ConsoleAsset, _ head: RequestHead, _ reply: inout InlineReply) {
        reply.field("Content-Security-Policy", securityPolicy)
        reply.field("X-Content-Type-Options", "nosniff")
        reply.field("Referrer-Policy", "no-referrer")
        reply.field("Cross-Origin-Opener-Policy", "same-origin")
        reply.field("Cache-Control", "no-cache")
        reply.field("ETag", text: asset.entityTag)
        if isKnown(asset.entityTag, to: head) { return reply.status(304) }
        reply.status(200)
        asset.bytes.withUnsafeBytes { reply.body(contentType: asset.contentType, $0) }
    }

    /// Whether `If-None-Match` names the tag, or anything (RFC 9110, 13.1.2).
    private static func isKnown(_ entityTag: String, to head: RequestHead) -> Bool {
        guard let field = head.field(.ifNoneMatch) else { return false }
        let named = String(decoding: field, as: UTF8.self)
        return named == "*" || named.contains(entityTag)
    }
}
