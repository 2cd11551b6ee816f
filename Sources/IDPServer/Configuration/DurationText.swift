/// Times as people write them.
enum DurationText {
    private static let units: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
    ]

    /// The seconds of `60`, `60s`, `5m`, `500ms`, `1.5h`, `14d`; nil for anything else.
    static func seconds(_ text: String) -> Double? {
        let lower = text.lowercased()
        let unit = units.first { lower.hasSuffix($0.suffix) }
        let number = lower.dropLast(unit?.suffix.count ?? 0)
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        // Digits only: `Double` would also take "inf", "1e9" and "0x10".
        guard parts.count <= 2, number.count <= 15,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let count = Double(number)
        else { return nil }
        return count * (unit?.seconds ?? 1)
    }

    /// The shortest way to write a time.
    static func text(seconds: Double) -> String {
        if seconds == 0 { return "0" }
        for (name, factor) in [("d", 86_400.0), ("h", 3600), ("m", 60), ("s", 1)] {
            let count = seconds / factor
            if count >= 1, count == count.rounded() { return "\(Int(count))\(name)" }
        }
        return "\(Int((seconds * 1000).rounded()))ms"
    }
}
