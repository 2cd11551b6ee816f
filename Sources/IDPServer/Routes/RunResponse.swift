internal import Foundation
internal import Observability
internal import Pipeline

/// `202` of a submitted job.
struct AcceptedResponse {
    let runID: RunID
    /// Nil leaves the member out.
    var isDeduplicated: Bool?

    /// The body.
    var bytes: [UInt8] {
        var members = JSONMembers()
        if let isDeduplicated { members.add("deduplicated", isDeduplicated) }
        members.add("run_id", runID.description)
        members.add("status", RunState.accepted.rawValue)
        return members.closed
    }
}

/// `200` of `/v1/process`.
struct VerdictResponse: Encodable {
    let runID: String
    let verdict: Bool
    let errors: [String]
    /// Nil leaves the member out.
    var isDeduplicated: Bool?

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case verdict, errors
        case isDeduplicated = "deduplicated"
    }
}

/// A run as `GET /v1/jobs/{run_id}` shows it. Members that are null in one state are there as `null`.
struct RunResponse: Encodable {
    let record: RunRecord
    /// How far it has come, while it runs.
    var progress: Pipeline.Progress?
    /// Jobs that go before it, while it waits.
    var queuePosition: Int?

    private enum Key: String, CodingKey {
        case runID = "run_id"
        case kind, status, verdict, errors, attempts, priority, progress, error, replays
        case deadLetter = "dead_letter"
        case deadlineAt = "deadline_at"
        case requestID = "request_id"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case queuePosition = "queue_position"
    }

    private enum ErrorKey: String, CodingKey {
        case code, message, retryable
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(record.id.description, forKey: .runID)
        try container.encode(record.kind.rawValue, forKey: .kind)
        try container.encode(record.state.rawValue, forKey: .status)
        try container.encode(record.verdict, forKey: .verdict)
        try container.encode(record.errorCodes, forKey: .errors)
        try container.encode(record.attempts, forKey: .attempts)
        try container.encode(record.priority.level, forKey: .priority)
        try container.encodeIfPresent(record.requestID, forKey: .requestID)
        try container.encode(record.createdAt.description, forKey: .createdAt)
        try container.encodeIfPresent(record.startedAt?.description, forKey: .startedAt)
        try container.encodeIfPresent(record.finishedAt?.description, forKey: .finishedAt)
        try container.encodeIfPresent(record.deadlineAt?.description, forKey: .deadlineAt)
        if record.replays > 0 { try container.encode(record.replays, forKey: .replays) }
        try container.encodeIfPresent(record.deadLetter?.rawValue, forKey: .deadLetter)
        try container.encodeIfPresent(progress, forKey: .progress)
        try container.encodeIfPresent(queuePosition, forKey: .queuePosition)
        if let failure = record.failure {
            var error = container.nestedContainer(keyedBy: ErrorKey.self, forKey: .error)
            try error.encode(failure.rawValue, forKey: .code)
            try error.encode(failure.title, forKey: .message)
            try error.encode(failure.isRetryable, forKey: .retryable)
        }
    }
}

/// Everything known of a run: `GET /v1/jobs/{run_id}/result`.
struct ResultResponse: Encodable {
    let record: RunRecord
    let judgement: Judgement?

    private enum Key: String, CodingKey {
        case extracted, checks, stages, pages, review, consultations
        case needsReview = "needs_review"
        case pageSizes = "page_sizes"
    }

    /// A page in the units of its boxes.
    private struct PageSize: Encodable {
        let width: Double
        let height: Double
    }

    private enum ReviewKey: String, CodingKey {
        case needed, confidence, threshold, why
    }

    private enum ExtractedKey: String, CodingKey {
        case docType = "doc_type"
        case singleDocType = "single_doc_type"
        case fio
        case docDate = "doc_date"
    }

    private enum CheckKey: String, CodingKey {
        case fioMatch = "fio_match"
        case docTypeKnown = "doc_type_known"
        case docDateValid = "doc_date_valid"
        case singleDocType = "single_doc_type"
    }

    func encode(to encoder: any Encoder) throws {
        try RunResponse(record: record).encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        guard let judgement else {
            for key in [Key.extracted, .checks, .stages, .pages, .pageSizes, .needsReview, .review, .consultations] {
                try container.encodeNil(forKey: key)
            }
            return
        }
        let found = judgement.extraction
        var extracted = container.nestedContainer(keyedBy: ExtractedKey.self, forKey: .extracted)
        try extracted.encode(found.docType.map { Evidence($0, value: $0.value.key) }, forKey: .docType)
        try extracted.encode(Evidence(found.singleDocType, value: found.singleDocType.value), forKey: .singleDocType)
        try extracted.encode(found.fio.map { Evidence($0, value: $0.value.full) }, forKey: .fio)
        try extracted.encode(found.docDate.map { Evidence($0, value: $0.value.description) }, forKey: .docDate)
        var checks = container.nestedContainer(keyedBy: CheckKey.self, forKey: .checks)
        try checks.encode(judgement.checks.fioMatch, forKey: .fioMatch)
        try checks.encode(judgement.checks.docTypeKnown, forKey: .docTypeKnown)
        try checks.encode(judgement.checks.docDateValid, forKey: .docDateValid)
        try checks.encode(judgement.checks.singleDocType, forKey: .singleDocType)
        try container.encode(judgement.stages, forKey: .stages)
        try container.encode(judgement.pages, forKey: .pages)
        try container.encode(
            judgement.sheets?.map { PageSize(width: $0.width, height: $0.height) }, forKey: .pageSizes)
        try container.encode(judgement.consultations, forKey: .consultations)
        try container.encode(judgement.review?.isNeeded, forKey: .needsReview)
        guard let reviewed = judgement.review else { return try container.encodeNil(forKey: .review) }
        var review = container.nestedContainer(keyedBy: ReviewKey.self, forKey: .review)
        try review.encode(reviewed.isNeeded, forKey: .needed)
        try review.encode((reviewed.confidence * 1000).rounded() / 1000, forKey: .confidence)
        try review.encode(reviewed.threshold, forKey: .threshold)
        try review.encode(reviewed.why, forKey: .why)
    }
}

/// One found value with its evidence.
private struct Evidence<Value: Encodable>: Encodable {
    let value: Value
    let confidence: Double
    let page: Int?
    let box: Box?
    let words: String
    let source: String
    let readFrom: String?

    init<Found>(_ finding: Finding<Found>, value: Value) {
        self.value = value
        confidence = (finding.confidence * 1000).rounded() / 1000
        page = finding.page
        box = finding.box
        words = finding.words
        source = finding.source
        readFrom = finding.readFrom?.rawValue
    }

    private enum Key: String, CodingKey {
        case value, confidence, page, box, words, source
        case readFrom = "read_from"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(value, forKey: .value)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(page, forKey: .page)
        try container.encode(box, forKey: .box)
        try container.encode(words, forKey: .words)
        try container.encode(source, forKey: .source)
        try container.encode(readFrom, forKey: .readFrom)
    }
}
