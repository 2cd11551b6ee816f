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
                .process,
                .queued(
                    admit: { (head, caller) throws(ServiceError) in try intake.admit(head, caller, for: .sync) },
                    handle: { (call) throws(ServiceError) in try process(call) }))
        ]
    }

    private func process(_ call: Call) throws(ServiceError) {
        let arrival = ContinuousClock.now
        guard !intake.prefersAsynchronous(call) else {
            return try intake.withSubmission(of: call) { (submission) throws(ServiceError) in
                JobSubmission.submit(submission, call, runs, applied: true)
            }
        }
        call.onClientGone { call.context.cancellation.cancel(.clientGone) }
        try intake.withSubmission(of: call) { (submission) throws(ServiceError) in
            process(submission, call, arrival)
        }
    }

    private func process(_ submission: Submission, _ call: Call, _ arrival: ContinuousClock.Instant) {
        let limit = intake.processTimeout
        let deadline = Deadline(arrival.advanced(by: min(limit, submission.timeout ?? limit)))
        runs.processWithinLimit(submission, deadline: deadline, cancellation: call.context.cancellation) { outcome in
            switch outcome.result {
            case .success: Self.answer(call, outcome, runs)
            case .failure(let error): call.fail(error, runID: outcome.record?.id, fields: outcome.origin.fields)
            }
        }
    }

    private static func answer(_ call: Call, _ outcome: RunOutcome, _ runs: RunService) {
        guard let record = outcome.record else {
            return call.fail(ServiceError(.internalProcessingError, cause: "a judged run has no record"))
        }
        // The key's first call asked for a job, and gets the same answer again.
        if outcome.origin == .replayed, record.kind == .job {
            let run = SubmittedRun(record: record, origin: outcome.origin)
            return JobSubmission.answer(run, call, runs, applied: false)
        }
        guard let verdict = record.verdict else {
            return call.fail(ServiceError(.internalProcessingError, cause: "a judged run has no verdict"))
        }
        call.context.runID = record.id
        call.reply(
            200, fields: outcome.origin.fields,
            json: VerdictResponse(
                runID: record.id.description, verdict: verdict, errors: record.errorCodes ?? [],
                isDeduplicated: outcome.origin.isDeduplicated))
    }
}
