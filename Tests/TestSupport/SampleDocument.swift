public import Foundation

/// One of the committed sample documents, with what the server must say of it.
public struct SampleDocument: Decodable, Sendable, CustomStringConvertible {
    /// The file's name in `Tests/Fixtures/documents`.
    public var file: String
    /// The applicant's name to submit with it.
    public var fio: String
    /// The day to judge it on, `YYYY-MM-DD`: one for all samples.
    public var today: String
    /// The right verdict.
    public var verdict: Bool
    /// The right reasons, in any order.
    public var errors: [String]

    public var description: String { file }

    /// Where the file lies.
    public var url: URL { ProjectFiles.url("Tests/Fixtures/documents/\(file)") }

    /// The document's bytes.
    public func bytes() throws -> [UInt8] { Array(try Data(contentsOf: url)) }

    /// The form that submits it.
    public func form() throws -> MultipartForm { .document(try bytes(), named: file, fio: fio) }

    /// Every sample of `expected.json`.
    public static func all() throws -> [SampleDocument] {
        let list = try Data(contentsOf: ProjectFiles.url("Tests/Fixtures/documents/expected.json"))
        return try JSONDecoder().decode([SampleDocument].self, from: list)
    }

    /// The first sample that satisfies a condition. Throws if there is none.
    public static func first(where condition: (SampleDocument) -> Bool) throws -> SampleDocument {
        guard let sample = try all().first(where: condition) else { throw MissingSample() }
        return sample
    }

    /// A text-layer PDF with a good verdict: the fastest document that passes through the whole pipeline.
    public static func good() throws -> SampleDocument {
        try first { $0.verdict && $0.file.hasSuffix("text.pdf") }
    }

    /// A scanned page, which is read by OCR.
    public static func scanned() throws -> SampleDocument {
        try first { $0.verdict && $0.file.hasSuffix("scan.pdf") }
    }
}

/// Thrown when no sample document is of the kind asked for.
public struct MissingSample: Error {}
