internal import Foundation
internal import Observability

/// `acquire`: opens the document and has a worker find out what it is, how many pages it has and where their text is.
struct AcquireStage {
    var pool: DocumentWorkerPool
    var maxPages: Int

    /// The opened document and its outline.
    ///
    /// - Throws: a `ServiceError`: `STORAGE_FAILED` when the file is not there, else what `DocumentJudge` names.
    func run(_ path: String, _ turn: DocumentWorkerPool.Turn) throws(ServiceError) -> (OpenDocument, DocumentOutline) {
        let document = try OpenDocument(path)
        let reply = try pool.perform(
            .inspect(InspectOrder(maxPages: maxPages)), document: document.descriptor, turn)
        guard case .outline(let packed) = reply, let outline = packed.unpacked(), !outline.pages.isEmpty else {
            throw ServiceError(.ocrFailed, cause: "a worker answered an inspection with something else")
        }
        return (document, outline)
    }
}

/// A document on disk, opened for reading; closed with the object. Its descriptor goes to workers, which open nothing
/// themselves.
final class OpenDocument: Sendable {
    let descriptor: Int32

    /// - Throws: a `ServiceError` with `STORAGE_FAILED`.
    init(_ path: String) throws(ServiceError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw ServiceError(.storageFailed, cause: "open: errno \(errno)") }
    }

    deinit { close(descriptor) }
}
