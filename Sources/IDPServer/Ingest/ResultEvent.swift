internal import Foundation
internal import Observability
internal import Pipeline

/// What a request came to, as it stands in a record of the topic of results:
/// `{request_id, status, err_codes, run_id}`.
struct ResultEvent: Sendable, Equatable, Encodable {
    enum Status: String, Sendable, Encodable, CaseIterable {
        /// The document was judged and the verdict is true.
        case success
        /// The verdict is false, or there is none: `err_codes` say why.
        case fail
    }

    let requestID: String
    let status: Status
    /// Numbers of the verdict's reasons or of the failure; 0 stands for those that have none.
    let codes: [Int]
    /// Nil where the request did not become a run.
    let runID: String?

    /// What a run that has ended came to.
    init(requestID: String, _ record: RunRecord) {
        self.requestID = requestID
        runID = record.id.description
        switch record.state {
        case .completed where record.verdict == true: (status, codes) = (.success, [])
        case .completed: (status, codes) = (.fail, record.reasons.map(\.number))
        case .failed: (status, codes) = (.fail, [record.failure?.runNumber ?? 0])
        case .cancelled: (status, codes) = (.fail, [0])
        case .accepted, .running: preconditionFailure("a run that goes on has no result")
        }
    }

    /// What a request came to that did not become a run, or whose run is gone.
    init(requestID: String, refused number: Int, runID: RunID? = nil) {
        self.requestID = requestID
        self.runID = runID?.description
        status = .fail
        codes = [number]
    }

    /// The record's value.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers always have a JSON form.
        guard let data = try? encoder.encode(self) else { preconditionFailure("a result has no JSON form") }
        return Array(data)
    }

    private enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case status
        case codes = "err_codes"
        case runID = "run_id"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(requestID, forKey: .requestID)
        try container.encode(status, forKey: .status)
        try container.encode(codes, forKey: .codes)
        // Always there, null where there is no run.
        try container.encode(runID, forKey: .runID)
    }
}
