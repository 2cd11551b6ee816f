/// Sizes in bytes as people write them.
enum SizeText {
    private static let units: [(suffix: String, factor: Int)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
        ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("b", 1),
    ]

    /// The bytes of `52428800`, `50MiB`, `50 MB`; nil for anything else. A lone `M` is refused: it means two things.
    static func bytes(_ text: String) -> Int? {
        let lower = text.lowercased()
        let unit = units.first { lower.hasSuffix($0.suffix) }
        let number = lower.dropLast(unit?.suffix.count ?? 0).reversed().drop { $0 == " " }.reversed()
        guard !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(String(number))
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit?.factor ?? 1)
        return overflow ? nil : product
    }

    /// The shortest exact way to write `bytes`.
    static func text(_ bytes: Int) -> String {
        for (name, factor) in [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes >= factor && bytes % factor == 0 {
            return "\(bytes / factor)\(name)"
        }
        return String(bytes)
    }
}
