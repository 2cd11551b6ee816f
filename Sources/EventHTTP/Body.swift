/// A request's body after it was read as `BodyPlan` said.
public enum Body: Sendable {
    /// None was wanted.
    case none
    /// The bytes that were collected.
    case bytes([UInt8])
    /// The fields and files of a form.
    case multipart(MultipartForm)
    /// Only how many bytes came, and their SHA-256 (32 bytes).
    case digest(length: Int, sha256: [UInt8])
}

/// The parts of a `multipart/form-data` body, in the order they came.
public struct MultipartForm: Sendable {
    /// One part that is not a file; the value is what was sent, byte for byte.
    public struct Field: Sendable {
        /// The part's `name`.
        public var name: String
        /// The part's content.
        public var value: [UInt8]

        /// A field of this name and value.
        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// Parts that are not files.
    public var fields: [Field]
    /// Parts that are files, spooled to disk.
    public var files: [UploadedFile]

    /// A form of these parts.
    public init(fields: [Field] = [], files: [UploadedFile] = []) {
        self.fields = fields
        self.files = files
    }

    /// The value of the first field of this name.
    public func first(field name: String) -> [UInt8]? {
        fields.first { $0.name == name }?.value
    }

    /// The first file that came under this field name.
    public func first(file name: String) -> UploadedFile? {
        files.first { $0.fieldName == name }
    }
}
