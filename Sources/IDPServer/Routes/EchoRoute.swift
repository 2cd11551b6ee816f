internal import EventHTTP
internal import Observability

/// `POST /-/echo` (`IDP_PROBE`): reads a body of either framing and answers with its length and SHA-256, so that
/// conformance tools have a route that takes any body. Off by default.
struct EchoRoute: Sendable {
    let bodyBytesMax: Int

    var routes: [Route] {
        let limit = bodyBytesMax
        return [
            Route(
                .echo,
                .queued(
                    admit: { (head, _) throws(ServiceError) in
                        if let declared = head.declaredBodyLength, declared > limit {
                            throw .tooLarge(limitBytes: limit)
                        }
                        return .digest(limitBytes: limit)
                    },
                    handle: { (call) throws(ServiceError) in
                        guard case .digest(let length, let sha256) = call.request.body else {
                            throw ServiceError(.internalProcessingError, cause: "a digest was planned and none came")
                        }
                        call.reply(
                            200,
                            json: EchoResponse(
                                length: length,
                                sha256: sha256.reduce(into: "") {
                                    $0 += $1 < 16 ? "0\(String($1, radix: 16))" : String($1, radix: 16)
                                }))
                    }))
        ]
    }
}

private struct EchoResponse: Encodable {
    let length: Int
    let sha256: String
}
