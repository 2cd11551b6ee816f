/// A scrape of `/metrics` in text format 0.0.4, for tests of values: whether it is well formed is for the reference
/// parsers to say.
public struct Exposition: Sendable {
    /// One sample line.
    public struct Sample: Sendable, Hashable {
        /// The sample's name, with `_bucket`, `_sum` and the like.
        public var name: String
        /// Its labels.
        public var labels: [String: String]
        /// Its value.
        public var value: Double
    }

    /// The samples in their order.
    public var samples: [Sample]

    /// Parses the lines that are samples.
    public init(_ text: String) {
        samples = text.split(separator: "\n").compactMap(Self.parse)
    }

    /// The samples of a name whose labels include the given ones.
    public func samples(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
        samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
    }

    /// The sum of the samples of a name whose labels include the given ones; 0 if there is none.
    public func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        samples(name, labels).map(\.value).reduce(0, +)
    }

    private static func parse(_ line: Substring) -> Sample? {
        guard !line.hasPrefix("#") else { return nil }
        guard let open = line.firstIndex(of: "{"), let close = line.lastIndex(of: "}") else {
            let parts = line.split(separator: " ")
            guard parts.count >= 2, let value = Double(parts[1]) else { return nil }
            return Sample(name: String(parts[0]), labels: [:], value: value)
        }
        let rest = line[line.index(after: close)...].split(separator: " ")
        guard let number = rest.first, let value = Double(number) else { return nil }
        return Sample(
            name: String(line[..<open]), labels: parseLabels(line[line.index(after: open)..<close]), value: value)
    }

    private static func parseLabels(_ text: Substring) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].drop { $0 == "," || $0 == " " }
            var value = ""
            var index = rest.index(equals, offsetBy: 2)
            while index < rest.endIndex, rest[index] != "\"" {
                if rest[index] == "\\" {
                    index = rest.index(after: index)
                    value.append(rest[index] == "n" ? "\n" : rest[index])
                } else {
                    value.append(rest[index])
                }
                index = rest.index(after: index)
            }
            labels[String(name)] = value
            rest = index < rest.endIndex ? rest[rest.index(after: index)...] : ""
        }
        return labels
    }
}
