/// What the head of one part of a form says (RFC 7578 §4).
struct PartHead: Sendable, Equatable {
    var name: String
    /// From `filename*` if that is there and sound, else from `filename`; nil without either.
    var fileName: String?
    var contentType: String?

    init(name: String, fileName: String? = nil, contentType: String? = nil) {
        self.name = name
        self.fileName = fileName
        self.contentType = contentType
    }

    /// Reads the field lines of a part, each ended by CRLF, without the empty line.
    init(parsing bytes: UnsafeRawBufferPointer) throws(Refusal) {
        var disposition: UnsafeRawBufferPointer?
        var encoding: UnsafeRawBufferPointer?
        var type: UnsafeRawBufferPointer?
        var position = 0
        while position < bytes.count {
            let (name, value) = try Self.line(bytes, &position)
            if name.equalsIgnoringCase("content-disposition") {
                guard disposition == nil else { throw .malformedMultipart("a part has two Content-Dispositions") }
                disposition = value
            } else if name.equalsIgnoringCase("content-type") {
                type = type ?? value
            } else if name.equalsIgnoringCase("content-transfer-encoding") {
                encoding = encoding ?? value
            }
        }
        guard let disposition else { throw .malformedMultipart("a part has no Content-Disposition") }
        (name, fileName) = try Self.names(disposition)
        contentType = type?.text
        // RFC 7578 §4.7 has done away with the field; content that really is encoded would be taken for what it is not.
        if let encoding, !["binary", "8bit", "7bit"].contains(where: encoding.equalsIgnoringCase) {
            throw .invalidPart(field: name, reason: "its Content-Transfer-Encoding is not supported")
        }
    }

    private static func line(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(Refusal) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let start = position
        while position < bytes.count && ByteClass.isToken(bytes[position]) { position += 1 }
        let name = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        guard !name.isEmpty, position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
            throw .malformedMultipart("the head of a part is malformed")
        }
        position += 1
        while position < bytes.count && ByteClass.isBlank(bytes[position]) { position += 1 }
        let valueStart = position
        while position < bytes.count && ByteClass.isFieldValue(bytes[position]) { position += 1 }
        var valueEnd = position
        while valueEnd > valueStart && ByteClass.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
        guard position + 1 < bytes.count, bytes[position] == 13, bytes[position + 1] == 10 else {
            throw .malformedMultipart("the head of a part is malformed")
        }
        position += 2
        return (name, UnsafeRawBufferPointer(rebasing: bytes[valueStart..<valueEnd]))
    }

    private static func names(_ disposition: UnsafeRawBufferPointer) throws(Refusal) -> (String, String?) {
        var list = ParameterList(disposition)
        guard list.value.equalsIgnoringCase("form-data") else {
            throw .malformedMultipart("the Content-Disposition of a part is not form-data")
        }
        var name: String?
        var plainFileName: String?
        var extendedFileName: String?
        do throws(MalformedParameter) {
            while let parameter = try list.next() {
                if parameter.name.equalsIgnoringCase("name") {
                    // Two readers would see two different fields.
                    guard name == nil else { throw MalformedParameter() }
                    name = Self.decoded(parameter.value)
                } else if parameter.name.equalsIgnoringCase("filename") {
                    guard plainFileName == nil else { throw MalformedParameter() }
                    plainFileName = Self.decoded(parameter.value)
                } else if parameter.name.equalsIgnoringCase("filename*") {
                    extendedFileName = extendedFileName ?? ExtendedValue.decoded(parameter.value)
                }
            }
        } catch {
            throw .malformedMultipart("the Content-Disposition of a part is malformed")
        }
        guard let name, !name.isEmpty else { throw .malformedMultipart("a part has no name") }
        return (name, extendedFileName ?? plainFileName)
    }

    /// Undoes the three escapes of browsers, and reads the rest as UTF-8.
    private static func decoded(_ value: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(value.count)
        var index = 0
        while index < value.count {
            if value[index] == UInt8(ascii: "%"), index + 2 < value.count {
                let escape = (value[index + 1], value[index + 2] | 0x20)
                let byte: UInt8? =
                    switch escape {
                    case (UInt8(ascii: "2"), UInt8(ascii: "2") | 0x20): UInt8(ascii: "\"")
                    case (UInt8(ascii: "0"), UInt8(ascii: "d")): 13
                    case (UInt8(ascii: "0"), UInt8(ascii: "a")): 10
                    default: nil
                    }
                if let byte {
                    text.append(byte)
                    index += 3
                    continue
                }
            }
            text.append(value[index])
            index += 1
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// `ext-value` of RFC 8187 (once 5987): `UTF-8''%D1%81%D0%BF.pdf`.
enum ExtendedValue {
    /// The text; nil if the character set is neither UTF-8 nor ISO-8859-1, or the encoding is broken.
    static func decoded(_ value: [UInt8]) -> String? {
        let quote = UInt8(ascii: "'")
        guard let first = value.firstIndex(of: quote),
            let second = value[(first + 1)...].firstIndex(of: quote)
        else { return nil }
        guard let bytes = percentDecoded(value[(second + 1)...]) else { return nil }
        let charset = String(decoding: value[..<first], as: UTF8.self).lowercased()
        switch charset {
        case "utf-8": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return nil
        }
    }

    private static func percentDecoded(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var index = value.startIndex
        while index < value.endIndex {
            guard value[index] == UInt8(ascii: "%") else {
                bytes.append(value[index])
                index += 1
                continue
            }
            guard index + 2 < value.endIndex, ByteClass.isHexDigit(value[index + 1]),
                ByteClass.isHexDigit(value[index + 2])
            else { return nil }
            bytes.append(ByteClass.hexValue(value[index + 1]) << 4 | ByteClass.hexValue(value[index + 2]))
            index += 3
        }
        return bytes
    }
}

/// A file that was written whole.
struct StoredFile: Sendable {
    var path: String
    var size: Int
    var sha256: [UInt8]
}
