/// Request fields whose position the gate notes while it reads the head, so that looking one up costs no search.
/// Where a field comes more than once, the first is the one noted.
public enum KnownField: UInt8, Sendable, CaseIterable {
    case host, contentType, contentLength, transferEncoding, accept, acceptEncoding, authorization, requestID
    case traceparent, tracestate, idempotencyKey, prefer, requestTimeout, userAgent, lastEventID, ifNoneMatch
    case connection, expect

    /// The field's name in lower case.
    public var name: StaticString {
        switch self {
        case .host: "host"
        case .contentType: "content-type"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .authorization: "authorization"
        case .requestID: "x-request-id"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .idempotencyKey: "idempotency-key"
        case .prefer: "prefer"
        case .requestTimeout: "request-timeout"
        case .userAgent: "user-agent"
        case .lastEventID: "last-event-id"
        case .ifNoneMatch: "if-none-match"
        case .connection: "connection"
        case .expect: "expect"
        }
    }

    /// The known field of this name, case-insensitively; nil if it is none of them. Only names of equal length are
    /// compared, so that an unknown field costs next to nothing.
    static func of(_ name: UnsafeRawBufferPointer) -> KnownField? {
        switch name.count {
        case 4: match(name, .host)
        case 6: match(name, .accept) ?? match(name, .expect) ?? match(name, .prefer)
        case 10: match(name, .connection) ?? match(name, .userAgent) ?? match(name, .tracestate)
        case 11: match(name, .traceparent)
        case 12: match(name, .contentType) ?? match(name, .requestID)
        case 13: match(name, .authorization) ?? match(name, .lastEventID) ?? match(name, .ifNoneMatch)
        case 14: match(name, .contentLength)
        case 15: match(name, .acceptEncoding) ?? match(name, .requestTimeout) ?? match(name, .idempotencyKey)
        case 17: match(name, .transferEncoding)
        default: nil
        }
    }

    @inline(__always)
    private static func match(_ name: UnsafeRawBufferPointer, _ field: KnownField) -> KnownField? {
        name.equalsIgnoringCase(field.name) ? field : nil
    }
}
