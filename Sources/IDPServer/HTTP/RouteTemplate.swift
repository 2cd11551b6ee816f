/// A route's path with at most one variable segment: `/v1/jobs/{run_id}/result`. Its text is the `endpoint` label and
/// the span's route.
struct RouteTemplate: Sendable, Hashable {
    /// As written, braces and all.
    let text: String
    private let head: [UInt8]
    private let tail: [UInt8]
    /// Whether there is a variable segment between head and tail.
    let hasVariable: Bool

    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route begins with a slash: \(text)")
        self.text = text
        if let open = text.firstIndex(of: "{"), let close = text.firstIndex(of: "}") {
            head = Array(text[..<open].utf8)
            tail = Array(text[text.index(after: close)...].utf8)
            hasVariable = true
            precondition(!text[text.index(after: close)...].contains("{"), "one variable a route: \(text)")
        } else {
            head = Array(text.utf8)
            tail = []
            hasVariable = false
        }
    }

    /// Whether `path` is this route's, byte for byte; a variable segment is one or more bytes other than a slash.
    func matches(_ path: UnsafeRawBufferPointer) -> Bool {
        guard hasVariable else { return path.count == head.count && path.elementsEqual(head) }
        return variable(in: path) != nil
    }

    /// The variable segment of a path of this route.
    func variable(in path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard hasVariable, path.count > head.count + tail.count, path.starts(with: head) else { return nil }
        let end = path.count - tail.count
        guard path[end...].elementsEqual(tail) else { return nil }
        let segment = UnsafeRawBufferPointer(rebasing: path[head.count..<end])
        return segment.contains(UInt8(ascii: "/")) ? nil : segment
    }
}
