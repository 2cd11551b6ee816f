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
                    admit: { (head) throws(ServiceError) in try intake.admit(head, for: .sync) },
                    handle: { (call) throws(ServiceError) in try process(call) }))
        ]
    }

    private func process(_ call: Call) throws(ServiceError) {
        let submission = try intake.submission(of: call)
        if intake.prefersAsynchronous(call) {
            return JobSubmission.submit(submission, call, runs, applied: true)
        }
        call.onClientGone { call.context.cancellation.cancel(.clientGone) }
        let limit = intake.processTimeout
        let deadline = Deadline.after(min(limit, submission.timeout ?? limit))
        runs.processWithinLimit(submission, deadline: deadline, cancellation: call.context.cancellation) { outcome in
            switch outcome.result {
            case .success(let judgement): Self.answer(call, judgement, outcome.record)
            case .failure(let error): call.fail(error, runID: outcome.record?.id)
            }
        }
    }

    private static func answer(_ call: Call, _ judgement: Judgement, _ record: RunRecord?) {
        guard let record else {
            return call.fail(ServiceError(.internalProcessingError, cause: "a judged run has no record"))
        }
        call.context.runID = record.id
        call.reply(
            200,
            json: VerdictResponse(
                runID: record.id.description, verdict: judgement.verdict, errors: judgement.reasons.map(\.rawValue)))
    }
}
