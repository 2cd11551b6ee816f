internal import Foundation
internal import Observability

/// Reads image files: one page each, a TIFF as many as it has pictures.
struct ImageReader {
    var format: DocumentFormat
    /// The document's bytes.
    var file: Data
    var maxPixels: Int

    /// Counts the pages and looks at each header; nothing is decoded.
    func inspect(maxPages: Int) throws -> DocumentOutline {
        let pages = try file.withUnsafeBytes { bytes in
            let count = format == .tiff ? TIFFDirectories.count(in: bytes, limit: maxPages + 1) : 1
            guard let count else {
                throw WorkerFailure(.documentUnreadable, "The picture is damaged", cause: "broken chain of directories")
            }
            for frame in 0..<min(count, maxPages) { try check(PictureHeader(of: bytes, frame: frame)) }
            return count
        }
        guard pages <= maxPages else {
            throw WorkerFailure(.tooManyPages, "The document has more than \(maxPages) pages")
        }
        return DocumentOutline(format: format, pages: (0..<pages).map { .picture(.frame($0)) })
    }

    /// One picture, upright as far as the file says how it is held.
    func picture(frame: Int) throws -> Picture {
        let picture = try Picture(decoding: file, frame: frame, maxPixels: maxPixels)
        // Of a TIFF the decoder itself honours the orientation tag.
        guard format != .tiff else { return picture }
        return try file.withUnsafeBytes { ExifOrientation(of: $0, format) }.applied(to: picture)
    }

    private func check(_ header: PictureHeader?) throws {
        guard let header else { throw WorkerFailure(.documentUnreadable, "The picture is damaged", cause: "no header") }
        try header.check(against: maxPixels)
    }
}
