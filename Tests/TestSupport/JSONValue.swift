public import Foundation

/// Any JSON value, for tests that look at what the server wrote rather than decode it into the server's own types.
///
/// Subscripts of a value that is absent or of another kind give `.null`, so that a path reads in one line:
/// `answer.json["detail"]["code"].string`.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses a JSON text. Throws `DecodingError` if it is none.
    public init(parsing data: Data) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: data)
    }

    /// Parses a JSON text. Throws `DecodingError` if it is none.
    public init(parsing text: some StringProtocol) throws {
        try self.init(parsing: Data(text.utf8))
    }

    /// The member of an object; `.null` if there is none.
    public subscript(key: String) -> JSONValue { object?[key] ?? .null }

    /// The element of an array; `.null` if there is none.
    public subscript(index: Int) -> JSONValue {
        guard let array, array.indices.contains(index) else { return .null }
        return array[index]
    }

    /// The string, if it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The truth value, if it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number, if it is one.
    public var number: Double? { if case .number(let value) = self { value } else { nil } }
    /// The number as an integer, if it is a whole one.
    public var int: Int? { number.flatMap { Int(exactly: $0) } }
    /// The elements, if it is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, if it is an object.
    public var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
    /// The strings of an array of strings; nil if it is anything else.
    public var strings: [String]? {
        guard let array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }
    /// Whether the value is JSON's null, or absent.
    public var isNull: Bool { self == .null }
}

extension JSONValue: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
