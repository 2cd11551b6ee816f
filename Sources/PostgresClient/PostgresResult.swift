private import CPostgres

/// What a statement came to: rows in binary format, read in place. Any thread.
public final class PostgresResult: @unchecked Sendable {
    // Sendable: libpq's result is not changed after it was made, and is freed once nobody refers to it.
    private let result: OpaquePointer

    init(owning result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    /// Rows that came.
    public var count: Int { Int(PQntuples(result)) }

    /// Rows that an INSERT, UPDATE or DELETE changed, or a SELECT gave.
    public var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// Whether there is no value there.
    public func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) == 1 }

    /// A `bigint`; nil for null.
    public func integer(_ row: Int, _ column: Int) -> Int64? {
        guard let bytes = value(row, column), bytes.count == 8 else { return nil }
        return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    }

    /// A `boolean`; nil for null.
    public func boolean(_ row: Int, _ column: Int) -> Bool? { value(row, column)?.first.map { $0 != 0 } }

    /// A `text`; nil for null.
    public func text(_ row: Int, _ column: Int) -> String? {
        value(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A `bytea`; nil for null.
    public func bytes(_ row: Int, _ column: Int) -> [UInt8]? { value(row, column).map { Array($0) } }

    /// The bytes stay valid as long as this object.
    private func value(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
    }
}
