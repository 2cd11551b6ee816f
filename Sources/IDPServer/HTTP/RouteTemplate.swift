/// A route's path, some of its segments variable: `/v1/jobs/{run_id}/pages/{page}`. Its text is the `endpoint` label
/// and the span's route.
struct RouteTemplate: Sendable, Hashable {
    /// As written, braces and all.
    let text: String
    /// What stands before, between and behind the variable segments: one more than there are of these.
    private let literals: [[UInt8]]

    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route begins with a slash: \(text)")
        self.text = text
        var literals: [[UInt8]] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                preconditionFailure("no closing brace: \(text)")
            }
            let after = rest[rest.index(after: close)...]
            precondition(
                rest[..<open].hasSuffix("/") && (after.isEmpty || after.hasPrefix("/")),
                "a variable is a whole segment: \(text)")
            literals.append(Array(rest[..<open].utf8))
            rest = after
        }
        self.literals = literals + [Array(rest.utf8)]
    }

    /// Whether there is a variable segment.
    var hasVariable: Bool { literals.count > 1 }

    /// Whether `path` is this route's, byte for byte; a variable segment is one or more bytes other than a slash.
    func matches(_ path: UnsafeRawBufferPointer) -> Bool {
        guard hasVariable else { return path.count == literals[0].count && path.elementsEqual(literals[0]) }
        return variable(in: path) != nil
    }

    /// The variable segment with that index, counted from 0, of a path of this route; nil for other paths.
    func variable(_ index: Int = 0, in path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        var at = 0
        for (number, literal) in literals.enumerated() {
            guard path[at...].starts(with: literal) else { return nil }
            at += literal.count
            guard number < literals.count - 1 else { break }
            let end = path[at...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            guard end > at else { return nil }
            if number == index { found = UnsafeRawBufferPointer(rebasing: path[at..<end]) }
            at = end
        }
        return at == path.count ? found : nil
    }
}
