internal import EventHTTP
internal import Observability

/// A caller's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): 1 to 255 printable ASCII characters, as a
/// Structured Field string in quotation marks (RFC 9651, 3.3.3) or bare, as many clients send it. Both forms are the
/// same key.
struct IdempotencyKey: Sendable, Hashable {
    /// The most characters that a key may have.
    static let lengthMax = 255

    /// Without quotation marks and escapes.
    let text: String

    /// - Throws: `VALIDATION_ERROR` for anything else.
    init(_ value: String) throws(ServiceError) {
        guard let text = value.hasPrefix("\"") ? Self.unquoted(value) : Self.bare(value),
            !text.isEmpty, text.utf8.count <= Self.lengthMax
        else { throw Self.mistake("must be 1 to \(Self.lengthMax) printable ASCII characters, quoted or bare") }
        self.text = text
    }

    /// The key of a request; nil when it has none.
    ///
    /// - Throws: `VALIDATION_ERROR` for a key that is none, or more than one.
    init?(of request: borrowing Request) throws(ServiceError) {
        guard let value = request.fields[.idempotencyKey] else { return nil }
        let isOnly = request.withHead { head in
            (0..<head.fieldCount).count { head.fieldName(at: $0).equals("idempotency-key") } == 1
        }
        guard isOnly else { throw Self.mistake("was sent more than once") }
        try self.init(value)
    }

    /// The key as it is stored: keys of different routes are different keys.
    func scoped(to route: String) -> String { route + " " + text }

    private static func bare(_ value: String) -> String? {
        value.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? value : nil
    }

    /// What stands in the quotation marks; parameters behind them mean nothing here.
    private static func unquoted(_ value: String) -> String? {
        var text: [UInt8] = []
        var bytes = value.utf8.dropFirst().makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "\""):
                let next = bytes.next()
                let isEnd = next == nil || next == UInt8(ascii: ";")
                return isEnd ? String(decoding: text, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = bytes.next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    return nil
                }
                text.append(escaped)
            case 0x20...0x7E: text.append(byte)
            default: return nil
            }
        }
        return nil
    }

    private static func mistake(_ message: String) -> ServiceError {
        ServiceError(
            .validationError, "Invalid request: Idempotency-Key \(message)",
            fields: [FieldError(field: "Idempotency-Key", message: message)])
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of a small-letter name, in any case.
    fileprivate func equals(_ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount else { return false }
        for index in 0..<count where (self[index] | 0x20) != (name.utf8Start[index] | 0x20) { return false }
        return true
    }
}
