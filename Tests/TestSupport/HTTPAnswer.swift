import Foundation

/// A response as it came over the wire.
public struct HTTPAnswer: Sendable {
    /// `HTTP/1.1` and the like.
    public var version: String
    /// The status code.
    public var status: Int
    /// The reason phrase, which may be empty.
    public var reason: String
    /// The fields in the order they came in, names as they were written.
    public var fields: [(name: String, value: String)]
    /// The content, with the chunked framing taken off.
    public var body: [UInt8]

    /// The values of the field of this name, in any case.
    public func fields(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The first value of the field of this name, in any case.
    public func field(_ name: String) -> String? { fields(name).first }

    /// The content as text; bytes that are no UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The content as JSON; `.null` if it is none.
    public var json: JSONValue { (try? JSONValue(parsing: Data(body))) ?? .null }

    /// The error code of either error shape: `detail.code`, or RFC 9457's `code` beside `title`.
    public var errorCode: String? { json["detail"]["code"].string ?? json["code"].string }
}

/// Thrown when what came over the wire is no HTTP response, or not all of one.
public struct MalformedAnswer: Error, CustomStringConvertible {
    public var description: String
}

/// Reads one response off the front of a byte buffer.
struct HTTPAnswerParser {
    /// Whether the request was HEAD, whose response has no content whatever its fields say.
    var toHead: Bool

    /// The response and how many bytes it took; nil while more bytes are needed.
    func parse(_ bytes: [UInt8], ended: Bool) throws -> (answer: HTTPAnswer, length: Int)? {
        guard let head = Self.headLength(bytes) else {
            if ended { throw MalformedAnswer(description: "connection ended in a head of \(bytes.count) bytes") }
            return nil
        }
        var answer = try Self.parseHead(bytes[..<(head - 4)])
        if (100..<200).contains(answer.status) {
            return try parse(Array(bytes[head...]), ended: ended).map { ($0.answer, $0.length + head) }
        }
        guard let (body, end) = try body(of: answer, in: bytes, from: head, ended: ended) else { return nil }
        answer.body = body
        return (answer, end)
    }

    private func body(
        of answer: HTTPAnswer, in bytes: [UInt8], from head: Int, ended: Bool
    ) throws -> (body: [UInt8], end: Int)? {
        if toHead || answer.status == 204 || answer.status == 304 { return ([], head) }
        if answer.field("Transfer-Encoding")?.lowercased() == "chunked" {
            guard let found = try Self.parseChunks(bytes, from: head) else {
                if ended { throw MalformedAnswer(description: "connection ended in a chunked body") }
                return nil
            }
            return found
        }
        if let text = answer.field("Content-Length") {
            guard let length = Int(text) else { throw MalformedAnswer(description: "Content-Length: \(text)") }
            if bytes.count >= head + length { return (Array(bytes[head..<(head + length)]), head + length) }
            if ended {
                throw MalformedAnswer(description: "connection ended after \(bytes.count - head) of \(length) bytes")
            }
            return nil
        }
        return ended ? (Array(bytes[head...]), bytes.count) : nil
    }

    private static func headLength(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 && bytes[index - 3] == 13 {
            return index + 1
        }
        return nil
    }

    private static func parseHead(_ bytes: ArraySlice<UInt8>) throws -> HTTPAnswer {
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        let start = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard start.count >= 2, start[0].hasPrefix("HTTP/"), let status = Int(start[1]) else {
            throw MalformedAnswer(description: "status line: \(lines[0])")
        }
        let fields = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else { throw MalformedAnswer(description: "field: \(line)") }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (name: String(line[..<colon]), value: value)
        }
        return HTTPAnswer(
            version: String(start[0]), status: status, reason: start.count > 2 ? String(start[2]) : "",
            fields: fields, body: [])
    }

    private static func parseChunks(_ bytes: [UInt8], from start: Int) throws -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var position = start
        while true {
            guard let lineEnd = lineEnd(bytes, from: position) else { return nil }
            let line = String(decoding: bytes[position..<lineEnd], as: UTF8.self)
            guard let size = Int(line.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces), radix: 16) else {
                throw MalformedAnswer(description: "chunk size: \(line)")
            }
            position = lineEnd + 2
            if size == 0 {
                // Trailer fields end with an empty line.
                while let end = Self.lineEnd(bytes, from: position) {
                    if end == position { return (body, end + 2) }
                    position = end + 2
                }
                return nil
            }
            guard bytes.count >= position + size + 2 else { return nil }
            body += bytes[position..<(position + size)]
            position += size + 2
        }
    }

    private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10 { return index }
            index += 1
        }
        return nil
    }
}
