import Foundation
import Pipeline

/// `meta/metadata.json`: what was submitted, written once.
///
/// The applicant's name and the caller's file name are not in it: the folder is what people copy, ship to a bucket and
/// attach to tickets, and the store already answers an audit's question whose document a run was.
struct RunMetadataFile: Codable, Equatable {
    /// The document as it was received.
    struct Document: Codable, Equatable {
        var ext: String
        var bytes: Int
        /// 64 hexadecimal digits.
        var sha256: String
    }

    var runID: String
    var kind: RunKind
    var createdAt: String
    var requestID: String?
    var document: Document

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case kind
        case createdAt = "created_at"
        case requestID = "request_id"
        case document
    }

    init(_ record: RunRecord) {
        runID = record.id.description
        kind = record.kind
        createdAt = record.createdAt.description
        requestID = record.requestID
        document = Document(
            ext: record.document.fileExtension, bytes: record.document.size,
            sha256: record.document.sha256.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
    }
}

/// `meta/job.json`: where the run stands, replaced at each transition.
struct RunJobFile: Codable, Equatable {
    var runID: String
    var kind: RunKind
    var status: RunState
    var createdAt: String
    var startedAt: String?
    var finishedAt: String?
    var attempts: Int
    var verdict: Bool?
    var errors: [String]?

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case kind, status
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case attempts, verdict, errors
    }

    init(_ record: RunRecord) {
        runID = record.id.description
        kind = record.kind
        status = record.state
        createdAt = record.createdAt.description
        startedAt = record.startedAt?.description
        finishedAt = record.finishedAt?.description
        attempts = record.attempts
        verdict = record.verdict
        errors = record.errorCodes
    }

    /// Every key every time, so that readers need not ask which are there.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(runID, forKey: .runID)
        try container.encode(kind, forKey: .kind)
        try container.encode(status, forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(finishedAt, forKey: .finishedAt)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(errors, forKey: .errors)
    }
}

/// `meta/final_result.json`: the verdict, or null and the code of the failure. Not written for a cancelled run.
struct FinalResultFile: Codable, Equatable {
    /// One entry of `errors`.
    struct Entry: Codable, Equatable {
        var code: String
    }

    var runID: String
    var verdict: Bool?
    var errors: [Entry]

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case verdict, errors
    }

    init(_ record: RunRecord) {
        runID = record.id.description
        verdict = record.verdict
        errors = (record.errorCodes ?? []).map { Entry(code: $0) }
    }

    /// `verdict` is there also when it is null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(runID, forKey: .runID)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(errors, forKey: .errors)
    }
}
