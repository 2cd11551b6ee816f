public import Foundation

/// Builds a `multipart/form-data` body (RFC 7578) byte for byte, well formed or, through `raw`, broken on purpose.
public struct MultipartForm: Sendable {
    /// The boundary, without the leading hyphens.
    public var boundary: String
    /// The parts so far: each from the line after its delimiter to the line end before the next one.
    public private(set) var parts: [[UInt8]] = []

    /// An empty form.
    public init(boundary: String = "----idp-test-\(UUID().uuidString)") {
        self.boundary = boundary
    }

    /// The form that the server takes: a document and the applicant's name.
    public static func document(
        _ bytes: [UInt8], named name: String, type: String? = "application/octet-stream", fio: String?
    ) -> MultipartForm {
        var form = MultipartForm()
        form.file("file", name: name, type: type, bytes)
        if let fio { form.field("fio", fio) }
        return form
    }

    /// What goes into the request's `Content-Type`.
    public var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The whole body.
    public var body: [UInt8] {
        var body: [UInt8] = []
        for part in parts { body += Array("--\(boundary)\r\n".utf8) + part + Array("\r\n".utf8) }
        return body + Array("--\(boundary)--\r\n".utf8)
    }

    /// Adds a text field.
    public mutating func field(_ name: String, _ value: String) { field(name, bytes: Array(value.utf8)) }

    /// Adds a field whose value need not be text.
    public mutating func field(_ name: String, bytes: [UInt8]) {
        raw(Array("Content-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8) + bytes)
    }

    /// Adds a file; without `type` the part has no `Content-Type`.
    public mutating func file(_ field: String, name: String, type: String?, _ bytes: [UInt8]) {
        var head = "Content-Disposition: form-data; name=\"\(field)\"; filename=\"\(name)\"\r\n"
        if let type { head += "Content-Type: \(type)\r\n" }
        raw(Array((head + "\r\n").utf8) + bytes)
    }

    /// Adds a part as it stands: head, blank line and content.
    public mutating func raw(_ part: [UInt8]) { parts.append(part) }
}
