import Observability
import Pipeline

/// `meta/metadata.json`: what was submitted, written once.
///
/// The applicant's name and the caller's file name are not in it: the folder is what people copy, ship to a bucket and
/// attach to tickets, and the store already answers an audit's question whose document a run was.
struct RunMetadataFile: Decodable, Equatable {
    /// The document as it was received.
    struct Document: Decodable, Equatable {
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
            sha256: RunMetadataFile.hexadecimal(record.document.sha256))
    }

    /// The file; `request_id` only where there is one.
    var bytes: [UInt8] {
        var inner = JSONMembers()
        inner.add("bytes", document.bytes)
        inner.add("ext", document.ext)
        inner.add("sha256", document.sha256)
        var members = JSONMembers()
        members.add("created_at", createdAt)
        members.add("document", inner)
        members.add("kind", kind.rawValue)
        if let requestID { members.add("request_id", requestID) }
        members.add("run_id", runID)
        return members.closed
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * bytes.count)
        for byte in bytes { HexText.append(byte, to: &digits) }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// `meta/job.json`: where the run stands, replaced at each transition.
struct RunJobFile: Decodable, Equatable {
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

    /// The file: every key every time, so that readers need not ask which are there.
    var bytes: [UInt8] {
        var members = JSONMembers()
        members.add("attempts", attempts)
        members.add("created_at", createdAt)
        members.add("errors", errors)
        members.add("finished_at", finishedAt)
        members.add("kind", kind.rawValue)
        members.add("run_id", runID)
        members.add("started_at", startedAt)
        members.add("status", status.rawValue)
        members.add("verdict", verdict)
        return members.closed
    }
}

/// `meta/final_result.json`: the verdict, or null and the code of the failure. Not written for a cancelled run.
struct FinalResultFile: Decodable, Equatable {
    /// One entry of `errors`.
    struct Entry: Decodable, Equatable {
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

    /// The file: `verdict` is there also when it is null.
    var bytes: [UInt8] {
        var members = JSONMembers()
        members.add(
            "errors",
            errors.map { entry in
                var inner = JSONMembers()
                inner.add("code", entry.code)
                return inner
            })
        members.add("run_id", runID)
        members.add("verdict", verdict)
        return members.closed
    }
}
