public import Foundation
public import Observability

/// Makes pictures of a document's pages for people to look at. `DocumentPipeline` is the real one; the seam is for
/// tests of what lies above it.
public protocol PagePainting: Sendable {
    /// A page as it was read, in its own colours: a JPEG whose longest side has at most 1600 pixels. Boxes lie on it
    /// once they are scaled from the sheet's size. Blocks its thread until a worker has made it.
    ///
    /// - Parameters:
    ///   - page: counted from 1.
    ///   - sheet: how the page was read (`Judgement.sheets`).
    /// - Throws: a `ServiceError`: `STORAGE_FAILED` when the document is not there, `PROCESSING_TIMEOUT`, and what a
    ///   worker says of a document that it cannot open.
    func picture(
        of page: Int, _ sheet: PageSheet, documentPath: String, by deadline: Deadline,
        _ cancellation: CancellationToken
    ) throws(ServiceError) -> Data
}

extension DocumentPipeline: PagePainting {
    public func picture(
        of page: Int, _ sheet: PageSheet, documentPath: String, by deadline: Deadline,
        _ cancellation: CancellationToken
    ) throws(ServiceError) -> Data {
        let document = try OpenDocument(documentPath)
        let turn = DocumentWorkerPool.Turn(deadline: deadline, isInteractive: true, cancellation: cancellation)
        let reply = try pool.perform(
            .paint(PaintOrder(page: page, sheet: sheet)), document: document.descriptor, turn)
        guard case .picture(let bytes) = reply else {
            throw ServiceError(.ocrFailed, cause: "a worker answered a picture with something else")
        }
        return bytes
    }
}
