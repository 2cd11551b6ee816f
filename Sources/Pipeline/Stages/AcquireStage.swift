internal import CLinux
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

/// A document as its readers get it: a copy in memory that nobody can change or shorten any more (memfd_create(2),
/// sealed), closed with the object. Its descriptor goes to workers and from there to their tools, none of which can
/// open a path of ours; the copy is the kernel's, and this process never reads it.
final class OpenDocument: Sendable {
    let descriptor: Int32

    /// - Throws: a `ServiceError` with `STORAGE_FAILED` when there is no such file, or no memory for it.
    init(_ path: String) throws(ServiceError) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw ServiceError(.storageFailed, cause: "open: errno \(errno)") }
        defer { close(file) }
        let copy = idp_memory_file("document")
        guard copy >= 0 else { throw ServiceError(.storageFailed, cause: "memfd_create: errno \(errno)") }
        var copied = 0
        repeat {
            copied = idp_copy(copy, file, 1 << 30)
        } while copied > 0 || (copied < 0 && errno == EINTR)
        guard copied == 0, idp_seal(copy) == 0 else {
            let number = errno
            close(copy)
            throw ServiceError(.storageFailed, cause: "copy: errno \(number)")
        }
        descriptor = copy
    }

    deinit { close(descriptor) }
}
