internal import Glibc

/// Validates a complete request head and notes where everything stands.
///
/// DESIGN. `HeadScan` has made sure that the bytes are field-value bytes and CRLFs with an empty line at the end, so
/// every search here ends inside the head. What is refused, and why:
/// - the request line: method, one blank, target, one blank, version, nothing else (RFC 9112 §3); version 1.0 or 1.1;
///   origin-form, absolute-form with http or https, `*` for OPTIONS only;
/// - fields: a token, a colon with no blank before it, a value; no folding (§5.1, §5.2);
/// - `Host`: exactly one in HTTP/1.1, at most one in 1.0, and valid (§3.2);
/// - framing (§6): one `Content-Length` of digits, or `Transfer-Encoding: chunked` and nothing else, never both, no
///   `Transfer-Encoding` in HTTP/1.0, no body with HEAD. Anything else lets two readers disagree on where the next
///   request begins. Codings that do not end in chunks are malformed (§6.3, 400), others before the chunks are not
///   supported (§6.1, 501).
struct HeadParser {
    private let base: UnsafePointer<UInt8>
    private let length: Int
    private let table: HeadTable
    private let limits: GateLimits
    private var position = 0
    private var framing = Framing()

    private struct Framing {
        var hosts = 0
        var contentLengths = 0
        var transferEncodings = 0
        var contentTypes = 0
        var saysClose = false
        var saysKeepAlive = false
        var hasUnknownCoding = false
        var hasUnknownExpectation = false
        /// A method that is never routed: the request is refused for it once the head turns out to be well-formed.
        var methodRefusal: Refusal?
        /// The authority of an absolute-form target: it replaces `Host` (RFC 9112 §3.2.2).
        var authority: HeadSpan?
    }

    /// Parses the `length` bytes at `base` into `table`. Nil if the head is valid; else why it is refused. What is
    /// malformed comes before what is not supported: in the latter case the facts say `isReadable`.
    static func parse(
        _ base: UnsafePointer<UInt8>, length: Int, into table: HeadTable, _ limits: GateLimits
    ) -> Refusal? {
        var parser = HeadParser(base: base, length: length, table: table, limits: limits)
        return parser.requestLine() ?? parser.fields() ?? parser.conclude()
    }

    /// Parses a request line alone, `length` bytes with its CRLF: nil if it is well-formed.
    static func parseLine(
        _ base: UnsafePointer<UInt8>, length: Int, into table: HeadTable, _ limits: GateLimits
    ) -> Refusal? {
        var parser = HeadParser(base: base, length: length, table: table, limits: limits)
        return parser.requestLine()
    }

    private init(base: UnsafePointer<UInt8>, length: Int, table: HeadTable, limits: GateLimits) {
        self.base = base
        self.length = length
        self.table = table
        self.limits = limits
        table.reset()
        table.facts.pointee.length = length
    }

    // MARK: Request line

    private mutating func requestLine() -> Refusal? {
        let refusal = requestLineParts()
        guard refusal != nil || framing.methodRefusal != nil else { return nil }
        // A line of known parts is short enough if its target is; any other is measured, so that the answer is the one
        // that a client gets who sends it bit by bit.
        let isTooLong = memchr(base, 10, min(length, limits.requestLineBytes)) == nil
        return isTooLong ? .targetTooLong(limit: limits.targetBytes) : refusal
    }

    private mutating func requestLineParts() -> Refusal? {
        while ByteClass.isToken(base[position]) { position += 1 }
        guard position > 0, base[position] == 32 else { return .badRequest("the method is malformed") }
        let name = UnsafeRawBufferPointer(start: base, count: position)
        let method = Self.method(name)
        table.facts.pointee.methodLength = UInt16(position)
        position += 1

        let targetStart = position
        while ByteClass.isTarget(base[position]) { position += 1 }
        let target = HeadSpan(offset: UInt16(targetStart), length: UInt16(position - targetStart))
        guard target.length > 0, base[position] == 32 else { return .badRequest("the request target is malformed") }
        guard Int(target.length) <= limits.targetBytes else { return .targetTooLong(limit: limits.targetBytes) }
        position += 1

        if let refusal = version() { return refusal }
        guard let method else {
            // QUERY is a registered method too, and like these two no resource of ours has it.
            let isKnown = ["TRACE", "CONNECT", "QUERY"].contains { name.elementsEqual($0.utf8) }
            framing.methodRefusal = isKnown ? .methodNotAllowed : .methodNotSupported
            // The forms of a target go with methods (RFC 9112 §3.2): only the common one is looked at here.
            guard base[targetStart] == 47 else {
                table.facts.pointee.path = target
                return nil
            }
            return note(target, .get)
        }
        table.facts.pointee.method = method
        return note(target, method)
    }

    private static func method(_ name: UnsafeRawBufferPointer) -> HTTPMethod? {
        // The first byte and the length tell all of them apart but PUT from PATCH's and POST's first letter.
        let candidate: HTTPMethod
        switch (name[0], name.count) {
        case (UInt8(ascii: "G"), 3): candidate = .get
        case (UInt8(ascii: "H"), 4): candidate = .head
        case (UInt8(ascii: "P"), 4): candidate = .post
        case (UInt8(ascii: "P"), 3): candidate = .put
        case (UInt8(ascii: "P"), 5): candidate = .patch
        case (UInt8(ascii: "D"), 6): candidate = .delete
        case (UInt8(ascii: "O"), 7): candidate = .options
        default: return nil
        }
        let expected = candidate.name.utf8Start
        for index in 0..<name.count where name[index] != expected[index] { return nil }
        return candidate
    }

    private mutating func version() -> Refusal? {
        let text = base + position
        guard position + 10 <= length, text[0] == 72, text[1] == 84, text[2] == 84, text[3] == 80, text[4] == 47,
            ByteClass.isDigit(text[5]), text[6] == 46, ByteClass.isDigit(text[7]), text[8] == 13
        else { return .badRequest("the HTTP version is malformed") }
        guard text[5] == 49, text[7] <= 49 else { return .versionNotSupported }
        table.facts.pointee.minorVersion = text[7] - 48
        position += 10
        return nil
    }

    private mutating func note(_ target: HeadSpan, _ method: HTTPMethod) -> Refusal? {
        let start = Int(target.offset)
        let end = start + Int(target.length)
        var pathStart = start
        var isPathEmpty = false
        if base[start] != 47 {
            if target.length == 1 && base[start] == 42 {
                guard method == .options else { return .badRequest("the request target is malformed") }
            } else {
                guard let authority = absoluteForm(start, end) else {
                    return .badRequest("the request target is malformed")
                }
                framing.authority = authority
                pathStart = Int(authority.offset) + Int(authority.length)
                isPathEmpty = pathStart == end || base[pathStart] != 47
            }
        }
        var queryStart = pathStart
        while queryStart < end && base[queryStart] != 63 { queryStart += 1 }
        table.facts.pointee.path = HeadSpan(offset: UInt16(pathStart), length: UInt16(queryStart - pathStart))
        if isPathEmpty, let authority = framing.authority {
            // An empty path is `/` (RFC 9110 §4.2.3): the slash before the authority stands for it.
            table.facts.pointee.path = HeadSpan(offset: authority.offset - 1, length: 1)
        }
        if queryStart < end {
            table.facts.pointee.query = HeadSpan(offset: UInt16(queryStart + 1), length: UInt16(end - queryStart - 1))
        }
        let path = UnsafeRawBufferPointer(start: base + pathStart, count: queryStart - pathStart)
        return PercentSyntax.isValid(path) ? nil : .badRequest("the request target is malformed")
    }

    /// The authority of a target in absolute-form; nil if it is not one with http or https and a valid host.
    private func absoluteForm(_ start: Int, _ end: Int) -> HeadSpan? {
        let target = UnsafeRawBufferPointer(start: base + start, count: end - start)
        let schemeLength: Int
        if target.count > 7 && slice(target, 0, 7).equalsIgnoringCase("http://") {
            schemeLength = 7
        } else if target.count > 8 && slice(target, 0, 8).equalsIgnoringCase("https://") {
            schemeLength = 8
        } else {
            return nil
        }
        var index = schemeLength
        while index < target.count && target[index] != 47 && target[index] != 63 { index += 1 }
        guard HostSyntax.isValid(slice(target, schemeLength, index)) else { return nil }
        return HeadSpan(offset: UInt16(start + schemeLength), length: UInt16(index - schemeLength))
    }

    // MARK: Fields

    private mutating func fields() -> Refusal? {
        var count = 0
        while base[position] != 13 {
            guard count < limits.fields else { return .tooManyFields(limit: limits.fields) }
            let nameStart = position
            while ByteClass.isToken(base[position]) { position += 1 }
            let nameLength = position - nameStart
            guard nameLength > 0, base[position] == 58 else { return .badRequest("a field name is malformed") }
            position += 1
            while ByteClass.isBlank(base[position]) { position += 1 }
            let valueStart = position
            while base[position] != 13 { position += 1 }
            var valueEnd = position
            while valueEnd > valueStart && ByteClass.isBlank(base[valueEnd - 1]) { valueEnd -= 1 }
            position += 2

            table.facts.pointee.fields[count] = FieldSpan(
                name: HeadSpan(offset: UInt16(nameStart), length: UInt16(nameLength)),
                value: HeadSpan(offset: UInt16(valueStart), length: UInt16(valueEnd - valueStart)))
            let name = UnsafeRawBufferPointer(start: base + nameStart, count: nameLength)
            if let known = KnownField.of(name) {
                let slot = table.facts.pointee.known + Int(known.rawValue)
                if slot.pointee == HeadFacts.absent { slot.pointee = UInt16(count) }
                let value = UnsafeRawBufferPointer(start: base + valueStart, count: valueEnd - valueStart)
                if let refusal = examine(known, value) { return refusal }
            }
            count += 1
            table.facts.pointee.fieldCount = count
        }
        return nil
    }

    /// Looks at the fields that decide on framing, on the connection and on who is meant.
    private mutating func examine(_ field: KnownField, _ value: UnsafeRawBufferPointer) -> Refusal? {
        switch field {
        case .host:
            framing.hosts += 1
            guard framing.hosts == 1, HostSyntax.isValid(value) else { return .badRequest("Host is malformed") }
        case .contentLength:
            framing.contentLengths += 1
            // 18 digits fit an Int whatever they are.
            guard framing.contentLengths == 1, (1...18).contains(value.count) else {
                return .badRequest("Content-Length is malformed")
            }
            var number = 0
            for byte in value {
                guard ByteClass.isDigit(byte) else { return .badRequest("Content-Length is malformed") }
                number = number * 10 + Int(byte - 48)
            }
            table.facts.pointee.declaredBodyLength = number
        case .transferEncoding:
            framing.transferEncodings += 1
            guard framing.transferEncodings == 1 else { return .badRequest("Transfer-Encoding is repeated") }
            if !value.equalsIgnoringCase("chunked") {
                guard CodingSyntax.endsInChunks(value) else {
                    return .badRequest("Transfer-Encoding does not end in chunked")
                }
                framing.hasUnknownCoding = true
            }
        case .expect:
            if value.equalsIgnoringCase("100-continue") {
                table.facts.pointee.expectsContinue = table.facts.pointee.minorVersion == 1
            } else if !value.isEmpty {
                framing.hasUnknownExpectation = true
            }
        case .connection:
            if ListSyntax.contains(value, "close") { framing.saysClose = true }
            if ListSyntax.contains(value, "keep-alive") { framing.saysKeepAlive = true }
        case .contentType:
            // Whoever looked at the request before us may have believed the other one.
            framing.contentTypes += 1
            guard framing.contentTypes == 1 else { return .badRequest("Content-Type is repeated") }
        case .accept, .acceptEncoding, .authorization, .requestID, .traceparent, .tracestate,
            .idempotencyKey, .prefer, .requestTimeout, .userAgent, .lastEventID, .ifNoneMatch:
            break
        }
        return nil
    }

    /// What only the whole head tells.
    private func conclude() -> Refusal? {
        let facts = table.facts
        let isOld = facts.pointee.minorVersion == 0
        guard isOld || framing.hosts == 1 else { return .badRequest("Host is missing") }
        if framing.transferEncodings > 0 {
            guard framing.contentLengths == 0 else {
                return .badRequest("both Content-Length and Transfer-Encoding")
            }
            guard !isOld else { return .badRequest("Transfer-Encoding in HTTP/1.0") }
            facts.pointee.isChunked = true
        }
        let hasBody = facts.pointee.isChunked || facts.pointee.declaredBodyLength > 0
        guard facts.pointee.method != .head || !hasBody else { return .badRequest("HEAD with a body") }
        facts.pointee.isPersistent = !framing.saysClose && (!isOld || framing.saysKeepAlive)
        let host = facts.pointee.known[Int(KnownField.host.rawValue)]
        if let authority = framing.authority, host != HeadFacts.absent {
            facts.pointee.fields[Int(host)].value = authority
        }
        facts.pointee.isReadable = true
        return framing.methodRefusal ?? (framing.hasUnknownCoding ? .transferCodingNotSupported : nil)
            ?? (framing.hasUnknownExpectation ? .expectationFailed : nil)
    }

    private func slice(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
