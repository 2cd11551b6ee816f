extension DocumentFormat {
    /// Told by the first bytes of an upload (a kilobyte is enough), before anything opens it; nil for what is not read.
    public init?(prefix: [UInt8]) {
        guard let format = prefix.withUnsafeBytes({ DocumentFormat(file: $0) }) else { return nil }
        self = format
    }

    /// The extension under which a document of this format is kept.
    public var fileExtension: String {
        switch self {
        case .pdf: "pdf"
        case .jpeg: "jpg"
        case .png: "png"
        case .tiff: "tiff"
        }
    }
}
