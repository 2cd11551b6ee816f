/// A parameter of a statement, sent in PostgreSQL's binary format: the column must have the type that is named here.
public enum PostgresValue: Sendable, Equatable {
    case null
    /// `bigint`.
    case integer(Int64)
    /// `boolean`.
    case boolean(Bool)
    /// `text`; may not hold U+0000, which PostgreSQL refuses.
    case text(String)
    /// `bytea`.
    case bytes([UInt8])
}

extension PostgresValue {
    /// A text, or null.
    public init(_ text: String?) { self = text.map { .text($0) } ?? .null }

    /// Bytes, or null.
    public init(_ bytes: [UInt8]?) { self = bytes.map { .bytes($0) } ?? .null }

    /// A number, or null.
    public init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }

    /// A truth value, or null.
    public init(_ value: Bool?) { self = value.map { .boolean($0) } ?? .null }

    /// Appends the value's bytes; false for null.
    func append(to buffer: inout [UInt8]) -> Bool {
        switch self {
        case .null: return false
        case .integer(let number): withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
        case .boolean(let value): buffer.append(value ? 1 : 0)
        case .text(let text): buffer.append(contentsOf: text.utf8)
        case .bytes(let bytes): buffer.append(contentsOf: bytes)
        }
        return true
    }
}

/// One statement with its parameters (`$1`…). Equal texts are parsed by the server once a connection.
public struct PostgresStatement: Sendable, Equatable {
    /// With `$1`… where parameters go.
    public var sql: String
    /// In order.
    public var parameters: [PostgresValue]

    /// A statement with its parameters.
    public init(_ sql: String, _ parameters: [PostgresValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}
