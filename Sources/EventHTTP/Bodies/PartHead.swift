/// What the head of one part of a form says.
struct PartHead: Sendable, Equatable {
    var name: String
    var fileName: String?
    var contentType: String?
}

/// A file that was written whole.
struct StoredFile: Sendable {
    var path: String
    var size: Int
    var sha256: [UInt8]
}
