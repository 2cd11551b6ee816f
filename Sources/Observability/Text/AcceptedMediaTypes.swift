/// An `Accept` field taken apart (RFC 9110, 12.5.1). What cannot be read is left out.
public struct AcceptedMediaTypes: Sendable {
    /// One member of the list.
    public struct Range: Sendable, Equatable {
        /// `type/subtype` in lower case, `*` where the sender wrote it.
        public let type: String
        /// The parameters before `q`, names in lower case.
        public let parameters: [String: String]
        /// Weight, 0 to 1000.
        public let weight: Int
    }

    /// The members in the sender's order.
    public let ranges: [Range]

    /// Reads the field's value.
    public init(_ field: String) {
        ranges = field.split(separator: ",").prefix(64).compactMap(Self.range)
    }

    /// The weight given to `type` by its own name; nil if it is not named.
    public func weight(named type: String) -> Int? {
        ranges.filter { $0.type == type }.map(\.weight).max()
    }

    private static func range(_ member: Substring) -> Range? {
        let parts = member.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmingBlanks() }
        let type = parts[0].lowercased()
        guard type.contains("/") else { return nil }
        var parameters: [String: String] = [:]
        var weight = 1000
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = part[..<equals].trimmingBlanks().lowercased()
            var value = part[part.index(after: equals)...].trimmingBlanks()
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            if name == "q" {
                guard let number = Double(value), (0...1).contains(number) else { return nil }
                weight = Int((number * 1000).rounded())
            } else {
                parameters[name] = String(value)
            }
        }
        return Range(type: type, parameters: parameters, weight: weight)
    }
}

extension Substring {
    /// Without the spaces and tabs at both ends (HTTP's optional whitespace).
    func trimmingBlanks() -> Substring {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
