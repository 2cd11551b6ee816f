import Observability
import Pipeline

/// A document that was received whole and checked for size and type, still where it was spooled.
struct SubmittedDocument: Sendable {
    var document: RunDocument
    /// Moves the file, which only its owner may read (0600), to the given path by renaming; called once, on an intake
    /// queue. When it is never called, the file's owner removes it.
    var move: @Sendable (_ path: String) throws -> Void
}

/// A validated request for a run.
struct Submission: Sendable {
    var document: SubmittedDocument
    var fio: String
    var priority = JobPriority.normal
    /// Time that the caller gives a job, from now; nil leaves it to IDP_JOB_TIMEOUT.
    var timeout: Duration?
    var requestID: String?
    var callbackURL: String?
    /// Who asks; nil without authentication.
    var caller: String?
    /// Whose turn in the queue it takes.
    var share: String?
    /// Most jobs that this share may have waiting; nil: as many as there are places.
    var waitingMax: Int?
    var trace: TraceContext?
    /// With its route (`IdempotencyKey`); nothing without a fingerprint.
    var idempotencyKey: String?
    /// SHA-256 over the document's bytes and the fields.
    var fingerprint: [UInt8]?
}
