internal import Observability

/// A JSON object made member by member, for the small files that every run gets: Foundation's encoder takes as long for
/// one of them as the kernel takes to make the file.
struct JSONMembers {
    private(set) var bytes = [UInt8(ascii: "{")]

    /// Adds a member; null where there is no value. Names are plain ASCII and come in alphabetical order.
    mutating func add(_ name: StaticString, _ value: String?) {
        begin(name)
        if let value { JSONText.append(value, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
    }

    /// The same of a whole number.
    mutating func add(_ name: StaticString, _ value: Int) {
        begin(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// The same of a truth.
    mutating func add(_ name: StaticString, _ value: Bool?) {
        begin(name)
        bytes.append(contentsOf: (value.map { $0 ? "true" : "false" } ?? "null").utf8)
    }

    /// The same of a list of texts.
    mutating func add(_ name: StaticString, _ values: [String]?) {
        begin(name)
        guard let values else { return bytes.append(contentsOf: "null".utf8) }
        bytes.append(UInt8(ascii: "["))
        for (place, value) in values.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONText.append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The same of a list of whole numbers.
    mutating func add(_ name: StaticString, _ values: [Int]) {
        begin(name)
        bytes.append(contentsOf: "[\(values.map(String.init).joined(separator: ","))]".utf8)
    }

    /// The same of an object.
    mutating func add(_ name: StaticString, _ value: JSONMembers) {
        begin(name)
        bytes.append(contentsOf: value.closed)
    }

    /// The same of a list of objects.
    mutating func add(_ name: StaticString, _ values: [JSONMembers]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (place, value) in values.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: value.closed)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The whole object.
    var closed: [UInt8] { bytes + [UInt8(ascii: "}")] }

    private mutating func begin(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: "\":".utf8)
    }
}
