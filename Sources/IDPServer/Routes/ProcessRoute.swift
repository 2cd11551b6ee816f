internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline

/// `POST /v1/process`: a document in, its verdict out, while the caller waits.
struct ProcessRoute: Sendable {
    let runs: RunService
    let intake: Intake

    var routes: [Route] {
        [
            Route(
                .post, "/v1/process",
                .queued(
                    admit: { (head) throws(ServiceError) in try intake.admit(head) },
                    handle: { (call) throws(ServiceError) in try process(call) }))
        ]
    }

    private func process(_ call: Call) throws(ServiceError) {
        let submission = try intake.submission(of: call)
        if intake.prefersAsynchronous(call) {
            return JobSubmission.submit(submission, call, runs, applied: true)
        }
        call.onClientGone { call.context.cancellation.cancel(.clientGone) }
        runs.process(submission, timeout: submission.timeout, cancellation: call.context.cancellation) { outcome in
            switch outcome {
            case .success(let record):
                Self.answer(call, record)
            case .failure(let failure):
                call.fail(failure.error, runID: failure.runID)
            }
        }
    }

    private static func answer(_ call: Call, _ record: RunRecord) {
        call.context.runID = record.id
        guard let verdict = record.verdict else {
            let code = record.failure ?? .internalProcessingError
            return call.fail(ServiceError(code), runID: record.id)
        }
        call.reply(
            200,
            json: VerdictResponse(
                runID: record.id.description, verdict: verdict, errors: record.reasons.map(\.rawValue)))
    }
}
