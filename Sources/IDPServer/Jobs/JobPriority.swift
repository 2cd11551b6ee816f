/// How soon a job's turn comes: 0 to 9, higher is sooner. Jobs of one priority run in the order in which they came.
struct JobPriority: Sendable, Hashable, Comparable {
    static let range = 0...9
    /// What a job has that nobody gave a priority.
    static let normal = JobPriority(5)

    let level: Int

    /// Levels outside the range are taken to its nearest end.
    init(_ level: Int) {
        self.level = min(max(level, JobPriority.range.lowerBound), JobPriority.range.upperBound)
    }

    /// From a caller's words: `0` to `9`, `low` (2), `normal` (5), `high` (8); nil for anything else.
    init?(text: String) {
        switch text.lowercased() {
        case "low": self.init(2)
        case "normal": self.init(5)
        case "high": self.init(8)
        case let digit:
            guard digit.utf8.count == 1, let level = Int(digit) else { return nil }
            self.init(level)
        }
    }

    static func < (a: JobPriority, b: JobPriority) -> Bool { a.level < b.level }
}
