/// The HTTP statuses that this server answers with, numbered densely so that a metric slot per status is an array
/// element. A status outside the list is counted as the first of its class.
enum StatusIndex {
    /// In ascending order.
    static let statuses: [Int] = [
        100, 200, 202, 204, 300, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 417, 422, 429, 431, 499,
        500, 501, 502, 503, 504, 505, 507,
    ]

    /// How many there are.
    static var count: Int { statuses.count }

    /// The position of `status` in `statuses`.
    static func of(_ status: Int) -> Int {
        Int(table[status >= 100 && status < 600 ? status - 100 : 400])
    }

    /// One byte per status from 100 to 599.
    private static let table: [UInt8] = (100..<600).map { status in
        let known = statuses.firstIndex(of: status) ?? statuses.firstIndex { $0 / 100 == status / 100 }
        return UInt8(known ?? 0)
    }
}
