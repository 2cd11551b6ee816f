/// Parameters of `Content-Type` and `Content-Disposition` as real clients write them.
///
/// Quoted strings know `\"` and `\\` (curl, RFC 9110 §5.6.4); a backslash before anything else stands for itself, since
/// some browsers sent whole Windows paths. `%22`, `%0D` and `%0A` are what browsers write for quote and line ends
/// (WHATWG HTML, multipart/form-data encoding algorithm).
struct ParameterList {
    private let bytes: UnsafeRawBufferPointer
    /// What stands before the first `;`, without blanks around it.
    let value: UnsafeRawBufferPointer
    private var position: Int

    /// Reads `text`, which must outlive the list.
    init(_ text: UnsafeRawBufferPointer) {
        bytes = text
        var end = 0
        while end < text.count && text[end] != UInt8(ascii: ";") { end += 1 }
        position = end
        var last = end
        while last > 0 && ByteClass.isBlank(text[last - 1]) { last -= 1 }
        var first = 0
        while first < last && ByteClass.isBlank(text[first]) { first += 1 }
        value = UnsafeRawBufferPointer(rebasing: text[first..<last])
    }

    /// The next parameter: its name, and its value with quoting undone. Nil at the end. Throws if it is malformed.
    mutating func next() throws(MalformedParameter) -> (name: UnsafeRawBufferPointer, value: [UInt8], isQuoted: Bool)? {
        while position < bytes.count && (ByteClass.isBlank(bytes[position]) || bytes[position] == UInt8(ascii: ";")) {
            position += 1
        }
        guard position < bytes.count else { return nil }
        let start = position
        while position < bytes.count && ByteClass.isToken(bytes[position]) { position += 1 }
        let name = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        skipBlanks()
        guard !name.isEmpty, position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
            throw MalformedParameter()
        }
        position += 1
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            return (name, unquoted(), false)
        }
        return (name, try quoted(), true)
    }

    private mutating func skipBlanks() {
        while position < bytes.count && ByteClass.isBlank(bytes[position]) { position += 1 }
    }

    /// Up to the next `;`: wider than a token, since boundaries come unquoted with characters that a token has not.
    private mutating func unquoted() -> [UInt8] {
        let start = position
        while position < bytes.count && bytes[position] != UInt8(ascii: ";") { position += 1 }
        var end = position
        while end > start && ByteClass.isBlank(bytes[end - 1]) { end -= 1 }
        return Array(bytes[start..<end])
    }

    private mutating func quoted() throws(MalformedParameter) -> [UInt8] {
        position += 1
        var value: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return value }
            if byte == UInt8(ascii: "\\"), position < bytes.count {
                let escaped = bytes[position]
                if escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") {
                    value.append(escaped)
                    position += 1
                    continue
                }
            }
            value.append(byte)
        }
        throw MalformedParameter()
    }
}

/// A parameter is not `name=value`, or a quote is not closed.
struct MalformedParameter: Error {}

/// The boundary of a `multipart/form-data` body (RFC 2046 §5.1.1).
enum MultipartBoundary {
    /// The most bytes a boundary may have.
    static let lengthMax = 70

    /// The boundary that a `Content-Type` names. Throws `unsupportedMediaType` if it is another type, and
    /// `malformedMultipart` if the boundary is missing, too long or of bytes that none may have.
    static func of(_ contentType: UnsafeRawBufferPointer?) throws(Refusal) -> [UInt8] {
        guard let contentType else { throw .unsupportedMediaType }
        var list = ParameterList(contentType)
        guard list.value.equalsIgnoringCase("multipart/form-data") else { throw .unsupportedMediaType }
        var boundary: [UInt8]?
        do throws(MalformedParameter) {
            while let parameter = try list.next() {
                guard parameter.name.equalsIgnoringCase("boundary") else { continue }
                // Two readers would take two different bodies out of it.
                guard boundary == nil else { throw MalformedParameter() }
                boundary = parameter.value
            }
        } catch {
            throw .malformedMultipart("Content-Type is malformed")
        }
        guard let boundary else { throw .malformedMultipart("Content-Type has no boundary") }
        return try checked(boundary)
    }

    private static func checked(_ boundary: [UInt8]) throws(Refusal) -> [UInt8] {
        guard let last = boundary.last else { throw .malformedMultipart("the boundary is empty") }
        guard boundary.count <= lengthMax else { throw .malformedMultipart("the boundary is longer than 70 bytes") }
        // RFC 2046 lists fewer characters; clients use more. What must not be is a control byte (a CR inside would
        // break the search), or a blank at the end, which transport padding could not be told from.
        guard boundary.allSatisfy({ $0 >= 32 && $0 != 127 }), last != 32 else {
            throw .malformedMultipart("the boundary has a character that none may have")
        }
        return boundary
    }
}
