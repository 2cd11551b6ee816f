internal import Observability
internal import Pipeline

/// What came of one document of a batch: one line of the output.
struct DocumentReport: Encodable, Sendable {
    /// The path as it was given.
    let file: String
    /// Nil when the document could not be judged.
    var verdict: Bool?
    /// Reasons of a false verdict, or the one code of a failure.
    var errors: [String]
    /// Why it could not be judged, for people.
    var message: String?
    /// What was found.
    var extraction: Extraction?
    /// How long it took, waiting for a worker included.
    var seconds: Double?

    init(file: String, judgement: Judgement, seconds: Double) {
        self.file = file
        verdict = judgement.verdict
        errors = judgement.reasons.map(\.rawValue)
        extraction = judgement.extraction
        self.seconds = (seconds * 1000).rounded() / 1000
    }

    init(file: String, error: ServiceError, seconds: Double? = nil) {
        self.file = file
        errors = [error.code.rawValue]
        message = error.message
        self.seconds = seconds.map { ($0 * 1000).rounded() / 1000 }
    }
}

/// How the documents of a batch came out.
struct BatchCount: Sendable, Equatable {
    var good = 0
    var refused = 0
    var failed = 0

    var all: Int { good + refused + failed }

    /// Counts a verdict; nil is a document that could not be judged.
    mutating func add(_ verdict: Bool?) {
        switch verdict {
        case true?: good += 1
        case false?: refused += 1
        case nil: failed += 1
        }
    }
}
