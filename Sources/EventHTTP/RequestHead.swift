/// A view on a complete, validated request head.
///
/// It points into memory of the event loop: valid only during the call that it was given to, on that thread. Nothing
/// is copied and nothing allocated; copy what is to be kept.
public struct RequestHead {
    /// The first byte of the head. Owned by the loop's read buffer, the connection's input or a `HeadCopy`.
    let base: UnsafePointer<UInt8>
    /// Where things stand in the head. Same owner and lifetime as `base`.
    let facts: UnsafePointer<HeadFacts>
    /// The client's address.
    public let peerAddress: PeerAddress
    /// Whether the request came over TLS.
    public let isTLS: Bool
    /// Unretained, so that passing a head on counts no references: the connection, or the `HeadCopy`, keeps it.
    var client: Unmanaged<ClientCertificate>?

    /// The certificate with which the client has proved who it is, verified; nil if it has not.
    public var clientCertificate: ClientCertificate? { client?.takeUnretainedValue() }
    /// The method. Only those of `HTTPMethod` are admitted; in a head that is refused for its method it says `get`.
    public var method: HTTPMethod { facts.pointee.method }
    /// The method's token as it came, also of one that nobody knows.
    public var methodToken: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: Int(facts.pointee.methodLength))
    }
    /// The `x` of HTTP/1.x: 0 or 1.
    public var minorVersion: UInt8 { facts.pointee.minorVersion }
    /// The target up to `?`, percent-encoding untouched. Absolute-form is reduced to its path; `*` stays.
    public var path: UnsafeRawBufferPointer { bytes(facts.pointee.path) }
    /// The target after `?`, empty if there is none.
    public var query: UnsafeRawBufferPointer { bytes(facts.pointee.query) }
    /// Bytes of the body as announced: 0 without one, nil when it is chunked.
    public var declaredBodyLength: Int? { facts.pointee.isChunked ? nil : facts.pointee.declaredBodyLength }
    /// Whether the body comes in chunks, its length unknown.
    public var isChunked: Bool { facts.pointee.isChunked }
    /// Whether the client waits for `100 Continue` before it sends the body.
    public var expectsContinue: Bool { facts.pointee.expectsContinue }
    /// The number of fields.
    public var fieldCount: Int { facts.pointee.fieldCount }

    /// The value of a known field without surrounding blanks, at no search; nil if it did not come.
    public func field(_ known: KnownField) -> UnsafeRawBufferPointer? {
        let index = facts.pointee.known[Int(known.rawValue)]
        guard index != HeadFacts.absent else { return nil }
        return bytes(facts.pointee.fields[Int(index)].value)
    }

    /// The value of the first field of this name, case-insensitively, by a linear search.
    public func field(named name: StaticString) -> UnsafeRawBufferPointer? {
        for index in 0..<fieldCount where fieldName(at: index).equalsIgnoringCase(name) {
            return fieldValue(at: index)
        }
        return nil
    }

    /// The name of the field at `index` (0 ..< `fieldCount`), as the client wrote it.
    public func fieldName(at index: Int) -> UnsafeRawBufferPointer {
        precondition(index < fieldCount, "There is no field of this index.")
        return bytes(facts.pointee.fields[index].name)
    }

    /// The value of the field at `index` (0 ..< `fieldCount`), without surrounding blanks.
    public func fieldValue(at index: Int) -> UnsafeRawBufferPointer {
        precondition(index < fieldCount, "There is no field of this index.")
        return bytes(facts.pointee.fields[index].value)
    }

    @inline(__always)
    private func bytes(_ span: HeadSpan) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + Int(span.offset), count: Int(span.length))
    }
}

extension RequestHead {
    /// Parses a head given as text, its empty line included, and runs `body` with it: for tests of responders. Throws
    /// the refusal that the gate would give.
    public static func withParsed<Result>(
        _ text: String, peerAddress: PeerAddress = .unix, limits: ServerLimits = ServerLimits(),
        _ body: (RequestHead) throws -> Result
    ) throws -> Result {
        let gate = GateLimits(limits)
        let table = HeadTable(fieldsLimit: gate.fields)
        return try withExtendedLifetime(table) {
            try Array(text.utf8).withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { throw RefusedHead(refusal: .badRequest("an empty head")) }
                switch HeadReader.read(UnsafeRawBufferPointer(bytes), from: 0, into: table, gate) {
                case .refused(let refusal): throw RefusedHead(refusal: refusal)
                case .incomplete: throw RefusedHead(refusal: .badRequest("the head is not complete"))
                case .complete(_, let refusal):
                    if let refusal { throw RefusedHead(refusal: refusal) }
                    return try body(
                        RequestHead(base: base, facts: table.facts, peerAddress: peerAddress, isTLS: false))
                }
            }
        }
    }
}

/// The gate refused a head.
public struct RefusedHead: Error, Sendable, Equatable {
    /// Why.
    public let refusal: Refusal
}
