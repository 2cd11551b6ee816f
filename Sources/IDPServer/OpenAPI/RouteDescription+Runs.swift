internal import EventHTTP
internal import Observability

/// Runs and jobs.
extension RouteDescription {
    static let process = RouteDescription(
        method: .post, template: "/v1/process", tag: .runs, id: "process",
        access: .runs(.submit, action: "judge"), summary: "Judge a document while you wait",
        details: """
            A verdict of `false` is a success: the reasons stand in `errors`. With `Prefer: respond-async` the call \
            becomes a job and is answered as `POST /v1/jobs`. A client that goes away cancels the run.
            """,
        parameters: [idempotencyKey, requestTimeout, prefer], body: submission,
        answers: [
            .json(
                200, "Verdict", "The document was judged.", example: APIExamples.verdict,
                fields: ["Idempotent-Replayed"], links: afterRun),
            accepted(fields: ["Preference-Applied"]),
        ],
        errors: submissionErrors + [
            .idempotencyInProgress, .documentUnreadable, .documentEncrypted, .tooManyPages, .serverBusy, .queueFull,
            .ocrFailed, .processingTimeout, .ocrTimeout, .jobSubmitFailed,
        ])

    static let submitJob = RouteDescription(
        method: .post, template: "/v1/jobs", tag: .jobs, id: "submitJob",
        access: .runs(.submit, action: "submit"), summary: "Submit a document as a job",
        details: """
            Answered once document and job are on stable storage: an acknowledged job survives a crash and ends. Ask \
            for it at `Location`, or have its end sent to `callback_url`.
            """,
        parameters: [idempotencyKey, requestTimeout], body: submission, answers: [accepted()],
        errors: submissionErrors + [.queueFull, .jobSubmitFailed], callbacks: jobEnded)

    static let listJobs = RouteDescription(
        method: .get, template: "/v1/jobs", tag: .jobs, id: "listJobs",
        access: .runs(.read), summary: "List jobs, newest first",
        parameters: [
            APIParameter(
                name: "status", place: .query,
                summary: "Only jobs in this state; `dead_lettered` are the failed ones that wait for a replay.",
                schema: APISchemas.named(
                    "A state.", RunState.allCases.map(\.rawValue) + [JobRoutes.deadLettered])),
            APIParameter(
                name: "limit", place: .query, summary: "Jobs on a page.",
                schema: ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]),
            APIParameter(
                name: "cursor", place: .query, summary: "`next_cursor` of the page before.",
                schema: [
                    "type": "string",
                    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
                ]),
        ],
        answers: [
            .json(
                200, "RunList", "A page of jobs.",
                example: ["jobs": [APIExamples.judged], "next_cursor": .null], fields: ["Cache-Control"])
        ], errors: [.validationError, .storageFailed])

    static let jobStatus = RouteDescription(
        method: .get, template: "/v1/jobs/{run_id}", tag: .runs, id: "getRun",
        access: .runs(.read), summary: "A run as it stands",
        details: "Also for synchronous runs. While it is not final, `Retry-After` says when to ask again.",
        parameters: [
            APIParameter(
                name: "wait", place: .query, summary: "Seconds to wait for the state to change: a long poll.",
                schema: [
                    "type": "integer", "minimum": 0, "maximum": .integer(JobRoutes.waitMax), "default": 0,
                ])
        ],
        answers: [
            .json(
                200, "Run", "The run.", example: APIExamples.waiting, fields: ["Cache-Control", "Retry-After"],
                links: afterRun)
        ], errors: runErrors + [.validationError])

    static let jobResult = RouteDescription(
        method: .get, template: "/v1/jobs/{run_id}/result", tag: .runs, id: "getResult",
        access: .runs(.read, action: "read result"), summary: "Everything known of a run",
        details: "The found fields with page, box and confidence, the four checks with their reasons, stage times.",
        answers: [.json(200, "Result", "The result.", fields: ["Cache-Control", "Retry-After"])], errors: runErrors)

    static let pagePicture = RouteDescription(
        method: .get, template: "/v1/jobs/{run_id}/pages/{page}", tag: .runs, id: "getPage",
        access: .runs(.read, action: "read page"), summary: "A page of a judged document as it was read",
        details: "Upright, as a JPEG; the boxes of the result, scaled by `page_sizes`, lie on it. Made anew each time.",
        answers: [.bytes("image/jpeg", "The page.", fields: ["Cache-Control"])],
        errors: runErrors + [
            .notFound, .serverBusy, .documentUnreadable, .documentEncrypted, .ocrFailed, .processingTimeout,
        ])

    static let jobEvents = RouteDescription(
        method: .get, template: "/v1/jobs/{run_id}/events", tag: .runs, id: "followRun",
        access: .runs(.read), summary: "Follow a run as it goes on",
        details: """
            Server-sent events: `state` with the run at the beginning and at each change, `progress` with stage, page \
            and pages, `queue` with the place in the line. The stream ends with the final state.
            """,
        parameters: [
            APIParameter(
                name: "Last-Event-ID", place: .header,
                summary: "The id of the last event seen: what it told is not told again.",
                schema: ["type": "string"], example: "running-0-1")
        ],
        answers: [
            APIAnswer(
                status: 200, summary: "The events.",
                content: [("text/event-stream", APISchemas.reference(to: "Event"), APIExamples.event)],
                fields: ["Cache-Control"]),
            APIAnswer(status: 204, summary: "The client has seen the end.", fields: ["Cache-Control"]),
        ], errors: runErrors + [.serverBusy])

    static let cancelJob = RouteDescription(
        method: .post, template: "/v1/jobs/{run_id}/cancel", tag: .jobs, id: "cancelRun",
        access: .runs(.manage, action: "cancel"), summary: "Cancel a run",
        details: "Idempotent. A run that works is stopped within moments.",
        answers: [
            .json(200, "Run", "It had ended before.", example: APIExamples.judged),
            .json(202, "Run", "It is cancelled, or about to be."),
        ], errors: runErrors)

    static let replayJob = RouteDescription(
        method: .post, template: "/v1/jobs/{run_id}/replay", tag: .jobs, id: "replayJob",
        access: .runs(.manage, action: "replay"), summary: "Try a failed job again",
        answers: [.json(202, "Run", "It waits again.", fields: ["Location", "Retry-After"])],
        errors: runErrors + [.jobNotReplayable, .storageFull, .queueFull])

    private static let submission = APIBody(
        mediaType: "multipart/form-data", schema: APISchemas.reference(to: "Submission"),
        summary: "The document and the applicant's name.",
        parts: ["file": "application/pdf, image/jpeg, image/png, image/tiff"])

    private static let afterRun = ["getRun", "getResult", "followRun", "cancelRun"]

    private static func accepted(fields: [String] = []) -> APIAnswer {
        .json(
            202, "Accepted", "The job is on stable storage.", example: APIExamples.accepted,
            fields: ["Location", "Retry-After", "Idempotent-Replayed"] + fields, links: afterRun)
    }

    private static let runErrors: [ErrorCode] = [.jobNotFound, .jobExpired, .storageFailed]

    private static let submissionErrors: [ErrorCode] = [
        .unsupportedFileType, .uploadReadFailed, .fileTooLarge, .unsupportedMediaType, .validationError,
        .idempotencyKeyReused, .storageFailed, .dependencyUnavailable, .storageFull,
    ]

    private static let idempotencyKey = APIParameter(
        name: "Idempotency-Key", place: .header,
        summary: """
            Makes the call safe to repeat: the same key with the same document and fields gets the same answer. 1 to \
            255 printable ASCII characters, quoted or bare.
            """,
        schema: ["type": "string", "pattern": #"^(?:[!#-~][!-~]{0,254}|"[ !#-\[\]-~]{1,255}")$"#],
        example: "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"")

    private static let requestTimeout = APIParameter(
        name: "Request-Timeout", place: .header,
        summary: "Seconds that the caller gives it, if less than the server's own limit; a job's includes its wait.",
        schema: ["type": "number", "exclusiveMinimum": 0, "maximum": 86_400], example: 30)

    private static let prefer = APIParameter(
        name: "Prefer", place: .header, summary: "`respond-async` makes it a job (RFC 7240).",
        schema: ["type": "string"], example: "respond-async")
}
