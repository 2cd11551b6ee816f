public import Observability

/// How far a run has come, for whoever watches it.
public struct Progress: Sendable, Hashable, Codable {
    public var stage: StageName
    /// Pages read so far, and in all; nil before the pages are counted.
    public var page: Int?
    public var pages: Int?

    public init(stage: StageName, page: Int? = nil, pages: Int? = nil) {
        self.stage = stage
        self.page = page
        self.pages = pages
    }
}

/// One document to be judged.
public struct JudgeRequest: Sendable {
    /// For logs and spans.
    public var runID: String
    /// The document on local disk; only a document worker opens it.
    public var documentPath: String
    /// The applicant's full name as submitted, already validated (`ApplicantName`).
    public var fio: String
    /// The day on which the document's age is counted.
    public var today: CalendarDate
    /// When the run must have ended.
    public var deadline: Deadline
    /// Interactive runs get a free worker before jobs do.
    public var isInteractive: Bool
    /// The span that the pipeline's spans hang under; nil when tracing is off.
    public var parent: TraceContext?
    /// Where the pipeline's own metrics are written.
    public var lane: Lane
    public var cancellation: CancellationToken
    /// Called from pipeline queues, in order, at each stage and page.
    public var progress: (@Sendable (Progress) -> Void)?

    public init(
        runID: String, documentPath: String, fio: String, today: CalendarDate, deadline: Deadline,
        isInteractive: Bool, parent: TraceContext? = nil, lane: Lane = .shared,
        cancellation: CancellationToken = CancellationToken(), progress: (@Sendable (Progress) -> Void)? = nil
    ) {
        self.runID = runID
        self.documentPath = documentPath
        self.fio = fio
        self.today = today
        self.deadline = deadline
        self.isInteractive = isInteractive
        self.parent = parent
        self.lane = lane
        self.cancellation = cancellation
        self.progress = progress
    }
}

/// Judges documents. `DocumentPipeline` is the real one; the seam is for tests of what lies above it.
public protocol DocumentJudge: Sendable {
    /// Reads and judges one document. Blocks its thread until the end or the deadline: call it on a worker queue.
    ///
    /// - Throws: a `ServiceError` when the document cannot be judged: `DOCUMENT_UNREADABLE`, `DOCUMENT_ENCRYPTED`,
    ///   `TOO_MANY_PAGES`, `UNSUPPORTED_FILE_TYPE`, `OCR_FAILED`, `OCR_TIMEOUT`, `PROCESSING_TIMEOUT`,
    ///   `CLIENT_CLOSED_REQUEST` (cancelled), `STORAGE_FAILED` (the file cannot be opened),
    ///   `INTERNAL_PROCESSING_ERROR`.
    func judge(_ request: JudgeRequest) throws(ServiceError) -> Judgement
}
