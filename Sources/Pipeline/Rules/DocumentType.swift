/// A document type that proves a reason for a deferment: data, not code.
public struct DocumentType: Sendable, Hashable, Codable {
    /// Stable key (`sick_leave`).
    public var key: String
    /// Official name, Russian.
    public var name: String
    /// Validity window: the paper counts while its age in days is at most this. The last day is inside.
    public var days: Int

    public init(key: String, name: String, days: Int) {
        self.key = key
        self.name = name
        self.days = days
    }
}
