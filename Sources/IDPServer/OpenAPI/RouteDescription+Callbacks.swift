internal import EventHTTP
internal import Observability

/// Callbacks: their log, and what a receiver is sent.
extension RouteDescription {
    static let listCallbacks = RouteDescription(
        method: .get, template: "/v1/callbacks", tag: .jobs, id: "listCallbacks",
        access: .runs(.allRuns), summary: "List callbacks, newest first",
        parameters: [
            APIParameter(
                name: "status", place: .query, summary: "Only those that stand so.",
                schema: APISchemas.named("Where it stands.", CallbackStatus.allCases.map(\.rawValue))),
            APIParameter(
                name: "limit", place: .query, summary: "Callbacks on a page.",
                schema: ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]),
            APIParameter(
                name: "cursor", place: .query, summary: "`next_cursor` of the page before.",
                schema: ["type": "string", "pattern": "^[1-9][0-9]{0,17}$"]),
        ],
        answers: [.json(200, "CallbackList", "A page of callbacks.", fields: ["Cache-Control"])],
        errors: [.validationError, .storageFailed])

    static let jobCallbacks = RouteDescription(
        method: .get, template: "/v1/jobs/{run_id}/callbacks", tag: .jobs, id: "getCallbacks",
        access: .runs(.read), summary: "A job's callbacks and the log of their deliveries",
        details: "None while the job goes on, or when it was submitted without `callback_url`.",
        answers: [.json(200, "JobCallbacks", "The callbacks, oldest first.", fields: ["Cache-Control"])],
        errors: [.jobNotFound, .jobExpired, .storageFailed])

    static let resendCallbacks = RouteDescription(
        method: .post, template: "/v1/jobs/{run_id}/callbacks/replay", tag: .jobs, id: "replayCallbacks",
        access: .runs(.manage, action: "replay callbacks"), summary: "Send a job's callbacks again",
        details: """
            Those that were not delivered; where all were, the last one. They keep their `webhook-id`. A receiver that \
            had answered 410 is told again.
            """,
        answers: [.json(202, "JobCallbacks", "They are on their way.")],
        errors: [.jobNotFound, .jobExpired, .jobNotReplayable, .storageFailed])

    /// What a receiver is sent, as `callbacks` of the operation that asks for it.
    static let jobEnded: JSONNode = [
        "jobEnded": [
            "{$request.body#/callback_url}": [
                "post": [
                    "summary": "The job has ended",
                    "description": """
                        Standard Webhooks: `webhook-signature` holds `v1,` and the Base64 of HMAC-SHA256 over \
                        `{webhook-id}.{webhook-timestamp}.{content}`, one for each key that is in force. Told at least \
                        once: `webhook-id` says what was told before. The callbacks of one job come in order. Whatever \
                        is not 2xx is tried again, after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h or as \
                        `Retry-After` says; 410 ends it for this URL. Redirects are not followed.
                        """,
                    "parameters": [
                        header("webhook-id", "The same for each attempt."),
                        header("webhook-timestamp", "Unix seconds of the attempt."),
                        header("webhook-signature", "One or more, with spaces between them."),
                        header("traceparent", "The trace that the submission belongs to."),
                    ],
                    "requestBody": [
                        "required": true,
                        "content": ["application/json": ["schema": APISchemas.reference(to: "JobEnded")]],
                    ],
                    "responses": [
                        "2XX": ["description": "It was taken."], "410": ["description": "Nothing more is wanted here."],
                    ],
                ]
            ]
        ]
    ]

    private static func header(_ name: String, _ summary: String) -> JSONNode {
        ["name": .string(name), "in": "header", "description": .string(summary), "schema": ["type": "string"]]
    }
}

extension APISchemas {
    static var callback: JSONNode {
        object(
            "An end of a job that its submitter is told of.",
            [
                "webhook_id": text("The same for each attempt."), "run_id": runID,
                "type": named("What is told.", ["job.completed", "job.failed", "job.cancelled"]),
                "url": text("Where to, without credentials and query."),
                "status": named("Where it stands.", CallbackStatus.allCases.map(\.rawValue)),
                "created_at": moment("When the job ended."), "next_attempt_at": moment("When it is due."),
                "attempts": integer("Attempts so far."),
                "last_outcome": text("Of the last attempt: `ok`, `http_503`, `refused`, `timeout` and the like."),
                "deliveries": list(
                    of: object(
                        "An attempt; the latest \(callbackAttemptsKept) are kept.",
                        [
                            "attempt": integer("Counted from 1.", minimum: 1), "at": moment("When it began."),
                            "seconds": ["type": "number", "minimum": 0, "description": "Until its end."],
                            "outcome": text("As in `last_outcome`."),
                            "status": integer("The receiver's answer.", minimum: 100),
                        ], optional: ["status"])),
            ], optional: ["next_attempt_at", "last_outcome", "deliveries"])
    }

    static var jobCallbacks: JSONNode {
        object("A job's callbacks.", ["run_id": runID, "callbacks": list(of: reference(to: "Callback"))])
    }

    static var callbackList: JSONNode {
        object(
            "Callbacks, newest first.",
            [
                "callbacks": list(of: reference(to: "Callback")),
                "next_cursor": orNull(text("For `cursor`, to get the next page; null on the last.")),
            ])
    }

    static var jobEnded: JSONNode {
        object(
            "The content of a callback: nothing personal.",
            [
                "type": named("What is told.", ["job.completed", "job.failed", "job.cancelled"]),
                "timestamp": moment("When the job ended."),
                "data": object(
                    "The job.",
                    [
                        "run_id": runID, "request_id": orNull(requestID),
                        "status": named("The final state.", ["completed", "failed", "cancelled"]),
                        "verdict": orNull(truth("Whether all four checks hold; null unless completed.")),
                        "errors": list(of: ["anyOf": [reference(to: "Reason"), reference(to: "ErrorCode")]]),
                        "err_codes": list(of: integer("The numbers of `errors`, in their order.")),
                    ]),
            ])
    }
}
