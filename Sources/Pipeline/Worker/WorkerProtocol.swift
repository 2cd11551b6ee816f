internal import Foundation
internal import Observability

/// What a document worker is asked to do. The document itself travels beside the frame, as a read-only descriptor.
///
/// Operations are stateless: pages of one document may go to several workers at once.
enum WorkerRequest: Codable {
    /// The first frame a worker gets: its limits and models. Answered with `ready`.
    case configure(WorkerConfiguration)
    /// What the document is, and page by page its text layer or where its picture is. Answered with `outline`.
    case inspect(InspectOrder)
    /// Reads one page's picture. Answered with `page`.
    case recognise(RecogniseOrder)
    /// Makes a page's picture, for people to look at. Answered with `picture`.
    case paint(PaintOrder)
    /// Tries something that its walls forbid. Answered with `refused` or `done`.
    case attempt(ForbiddenAct)
}

/// What a worker answers: exactly one reply to each request, and beats before it.
enum WorkerReply: Codable {
    /// The work goes on; a reply will follow.
    case beat
    /// The walls stand and the models are loaded.
    case ready(SandboxReport)
    /// What was attempted failed, with this errno.
    case refused(Int32)
    /// What was attempted worked.
    case done
    case outline(PackedOutline)
    case page(PackedPage)
    /// A JPEG.
    case picture(Data)
    case failed(WorkerFailure)
}

/// The bounds of an inspection.
struct InspectOrder: Codable {
    /// More pages than this are refused with `TOO_MANY_PAGES`.
    var maxPages: Int
}

/// Which page to read, and how its picture is got.
struct RecogniseOrder: Codable {
    var format: DocumentFormat
    /// Counted from 1.
    var page: Int
    var plan: PicturePlan
}

/// Which page to show, and how it was read.
struct PaintOrder: Codable {
    /// Counted from 1.
    var page: Int
    var sheet: PageSheet
}

/// Why a document, or a page of it, could not be read.
struct WorkerFailure: Codable, Error {
    var code: ErrorCode
    /// For the caller: what is wrong with the document, never its content.
    var message: String
    /// For the log.
    var cause: String?

    init(_ code: ErrorCode, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

/// The formats that are read, told by magic bytes.
public enum DocumentFormat: String, Sendable, Codable, CaseIterable {
    case pdf, jpeg, png, tiff
}

/// How a page's picture is got.
enum PicturePlan: Codable, Hashable {
    /// The one picture of a PDF page that covers it, in the scanner's own pixels, to be turned clockwise by `turn`
    /// degrees (0, 90, 180 or 270).
    case lifted(encoding: PictureEncoding, turn: Int, page: PageSize)
    /// A PDF page, drawn.
    case drawn(page: PageSize)
    /// A picture of an image file, counted from 0.
    case frame(Int)
}

/// How `pdfimages` has to be asked for a picture.
enum PictureEncoding: String, Codable {
    /// Written out as it stands in the file.
    case jpeg
    /// Decoded by poppler into a portable anymap.
    case decoded
}

/// A page's size as it is displayed, in points (1/72 inch).
struct PageSize: Codable, Hashable {
    var width: Double
    var height: Double
}

/// What inspection found.
struct DocumentOutline: Sendable {
    /// One page: its text, or how to get its picture.
    enum Page: Sendable {
        case text(PageText)
        case picture(PicturePlan)
    }

    var format: DocumentFormat
    var pages: [Page]
}
