public import Dependencies
public import Observability

/// Stages that only take time: for load tests of everything around them.
///
/// A simulated stage opens nothing, reads nothing and finds nothing, so that no document is ever accepted on its word:
/// `acquire` says that there is one page, `text` gives pages without words, `classify` knows no type, `extract` finds
/// nothing, `validate` finds nothing that holds.
public struct StageSimulation: Sendable {
    private let stages: [StageName: LatencyDistribution]
    private let environment: RetryEnvironment

    /// - Parameter stages: those to be replaced; `acquire` only together with `text`, which needs what it opens.
    public init(_ stages: [StageName: LatencyDistribution], environment: RetryEnvironment = .live) {
        precondition(
            stages[.acquire] == nil || stages[.text] != nil, "a document that nobody opened has no text to read")
        self.stages = stages
        self.environment = environment
    }

    /// Whether a stage is replaced.
    func replaces(_ stage: StageName) -> Bool { stages[stage] != nil }

    /// Takes a stage's time on the calling thread; false where the stage is not replaced.
    ///
    /// - Throws: `PROCESSING_TIMEOUT` where the deadline comes first, `CLIENT_CLOSED_REQUEST` where the run is
    ///   cancelled.
    func takesTime(of stage: StageName, _ request: JudgeRequest) throws(ServiceError) -> Bool {
        guard let distribution = stages[stage] else { return false }
        let time = distribution.quantile(environment.fraction())
        let left = request.deadline.remaining
        environment.wait(min(time, left), request.cancellation)
        if request.cancellation.isCancelled { throw ServiceError(.clientClosedRequest) }
        if time >= left { throw ServiceError(.processingTimeout, cause: "in the simulated stage \(stage)") }
        return true
    }

    /// What a simulated `text` gives.
    static func emptyText(pages: Int) -> DocumentText {
        DocumentText(
            pages: (0..<pages).map {
                PageText(number: $0 + 1, width: 1, height: 1, source: .textLayer, confidence: 1, lines: [])
            })
    }

    /// What a simulated `classify` gives.
    static var noType: Classification {
        Classification(
            types: [], single: Finding(value: true, confidence: 1, words: "", source: "simulated"), sections: [])
    }

    /// What a simulated `extract` gives, and a simulated `validate` judges.
    static var nothing: Extraction {
        Extraction(
            docType: nil, singleDocType: Finding(value: true, confidence: 1, words: "", source: "simulated"),
            fio: nil, docDate: nil)
    }
}
