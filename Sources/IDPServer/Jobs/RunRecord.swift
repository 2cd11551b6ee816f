import Observability
import Pipeline

/// The submitted document, as far as anybody but the document workers knows it.
struct RunDocument: Sendable, Hashable {
    /// `pdf`, `jpg`, `png`, `tiff`: by what the file is, not by what it was called.
    var fileExtension: String
    /// Bytes.
    var size: Int
    /// 32 bytes.
    var sha256: [UInt8]
}

/// Everything known of a run but its judgement, which is read on demand (`RunService.judgement`).
struct RunRecord: Sendable, Hashable {
    var id: RunID
    var kind: RunKind
    var state: RunState = .accepted
    var createdAt: Timestamp
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    /// Starts so far.
    var attempts = 0
    var priority = JobPriority.normal
    /// The applicant's name as submitted. Needed to judge the run again after a restart; stands in the store only,
    /// never in a folder, a log, a span or a label.
    var fio: String
    /// The day on which the document's age is counted: fixed when the run is accepted, so that a restart after midnight
    /// does not change a verdict.
    var today: CalendarDate
    var requestID: String?
    var callbackURL: String?
    /// Who asked, for the scope of idempotency keys; nil without authentication.
    var caller: String?
    /// Whose turn in the queue it takes: the caller, or the client's address; stands in the store only.
    var share: String?
    /// The caller's span, carried over restarts.
    var trace: TraceContext?
    var document: RunDocument
    /// When it must have ended, waiting included; nil leaves it to IDP_JOB_TIMEOUT, which counts from the start.
    var deadlineAt: Timestamp?
    /// Route and key, as `IdempotencyKey` joins them.
    var idempotencyKey: String?
    /// SHA-256 over the document's bytes and the fields.
    var fingerprint: [UInt8]?
    /// SHA-256 over what decides a verdict; nil unless equal documents are recognised (IDP_DEDUP_WINDOW).
    var contentKey: [UInt8]?
    /// Somebody asked for its end while it ran.
    var isCancelRequested = false
    /// Nil until it is completed.
    var verdict: Bool?
    /// Why the verdict is false.
    var reasons: [VerdictReason] = []
    /// Why it failed.
    var failure: ErrorCode?
    /// Why it lies with the dead letters.
    var deadLetter: DeadLetterReason?
    /// How often a failed run was tried again on request.
    var replays = 0

    /// What callers see in `errors`: nil before the end, the verdict's reasons or the failure's code after it.
    var errorCodes: [String]? {
        switch state {
        case .accepted, .running: nil
        case .completed: reasons.map(\.rawValue)
        case .failed: [(failure ?? .internalProcessingError).rawValue]
        case .cancelled: []
        }
    }
}
