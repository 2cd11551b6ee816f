internal import Observability
internal import Pipeline

/// What goes in and comes out of runs.
extension APISchemas {
    /// The form of both POSTs.
    static var submission: JSONNode {
        var form = object(
            "A document, or where it lies, and whose it should be. Each field may come once; others are ignored.",
            [
                "file": [
                    "type": "string", "format": "binary",
                    "description": "The document: PDF, JPEG, PNG or TIFF, told by its first bytes.",
                ],
                "s3_path": [
                    "type": "string", "minLength": 1, "maxLength": 1024, "examples": ["s3://documents/2026/paper.pdf"],
                    "description": "Instead of `file`: s3://bucket/key, or a key in the first of IDP_S3_BUCKETS.",
                ],
                "fio": fio, "priority": priority,
                "request_id": [
                    "type": "string", "pattern": "^[A-Za-z0-9._-]{0,128}$",
                    "description": "An id of the caller's own; empty is none.",
                ],
                "callback_url": [
                    "type": "string", "pattern": "^(?:[Hh][Tt][Tt][Pp][Ss]?://[!-~]{1,2040})?$",
                    "description": """
                        Where the end of a job is told, signed; only where IDP_WEBHOOK_SECRET is set and \
                        IDP_CALLBACK_ALLOW permits it. A user and a password before the host are sent as Basic \
                        authentication. Empty is none.
                        """, "examples": ["https://hooks.example.com/idp"],
                ],
            ], optional: ["file", "s3_path", "request_id", "priority", "callback_url"])
        // A part of the form has a name (RFC 7578 §4.2). How clients quote other characters in it differs.
        form["propertyNames"] = ["pattern": "^[A-Za-z0-9_.-]+$"]
        form["oneOf"] = [["required": ["file"]], ["required": ["s3_path"]]]
        return form
    }

    /// Letters as `ApplicantName` takes them: Latin with its extensions, Cyrillic with Kazakh.
    private static let letter = #"A-Za-zÀ-ÖØ-öø-ɏЀ-ҁҊ-ԯ"#

    private static var fio: JSONNode {
        // Two words or initials at least, one of them longer than a letter.
        let (one, within, any) = ("[\(letter)]", "[\(letter)'-]*", "[\(letter) .'-]*")
        let long = one + within + one + within
        let pattern = "^\(any)(?:\(long)[ .]\(any)\(one)|\(one)\(within)[ .]\(any)\(long))\(any)$"
        return [
            "type": "string", "minLength": 3, "maxLength": 200, "pattern": .string(pattern),
            "description": "The applicant's full name: surname, given name, patronymic; initials will do.",
            "examples": [.string(APIExamples.fio)],
        ]
    }

    private static let priority: JSONNode = [
        "type": "string", "enum": ["low", "normal", "high", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        "default": "normal", "description": "How soon among the caller's own jobs: low is 2, normal 5, high 8.",
    ]

    private static let deduplicated = truth(
        "There, true, when it is an earlier run of the same document (IDP_DEDUP_WINDOW).")

    static var accepted: JSONNode {
        object(
            "A job that is on stable storage.",
            [
                "run_id": runID, "status": named("Also when it is done by now.", ["accepted"]),
                "deduplicated": deduplicated,
            ], optional: ["deduplicated"])
    }

    static var verdict: JSONNode {
        object(
            "A document that was judged.",
            [
                "run_id": runID, "verdict": truth("Whether all four checks hold."),
                "errors": list(of: reference(to: "Reason")),
                "deduplicated": deduplicated,
            ], optional: ["deduplicated"])
    }

    private static var runMembers: [String: JSONNode] {
        [
            "run_id": runID, "kind": named("Whether its caller waits for it.", RunKind.allCases.map(\.rawValue)),
            "status": reference(to: "RunStatus"),
            "verdict": orNull(truth("Whether all four checks hold; null unless completed.")),
            "errors": orNull(
                list(of: ["anyOf": [reference(to: "Reason"), reference(to: "ErrorCode")]])),
            "attempts": integer("How often it was started."),
            "priority": integer("Higher is sooner.", maximum: 9), "request_id": requestID,
            "created_at": moment("When it came in."), "started_at": moment("When it was last started."),
            "finished_at": moment("When it ended."), "deadline_at": moment("When it is given up (Request-Timeout)."),
            "replays": integer("How often it was tried again by hand.", minimum: 1),
            "dead_letter": named(
                "Why a failed job waits for a replay.", DeadLetterReason.allCases.map(\.rawValue)),
            "progress": reference(to: "Progress"),
            "queue_position": integer("Jobs that go before it, while it waits."),
            "error": object(
                "Why it failed.",
                [
                    "code": reference(to: "ErrorCode"), "message": text("For people, in English."),
                    "retryable": truth("Whether it may succeed later, unchanged."),
                ]),
        ]
    }

    private static let runOptional: Set<String> = [
        "request_id", "started_at", "finished_at", "deadline_at", "replays", "dead_letter", "progress",
        "queue_position", "error",
    ]

    static var run: JSONNode { object("A run as it stands.", runMembers, optional: runOptional) }

    static var runList: JSONNode {
        object(
            "Runs, newest first.",
            [
                "jobs": list(of: reference(to: "Run")),
                "next_cursor": orNull(text("For `cursor`, to get the next page; null on the last.")),
            ])
    }

    static var result: JSONNode {
        let own: [String: JSONNode] = [
            "extracted": orNull(
                object(
                    "What was found, each with where it stands; null when it was not found.",
                    [
                        "doc_type": orNull(reference(to: "Evidence")), "single_doc_type": reference(to: "Evidence"),
                        "fio": orNull(reference(to: "Evidence")), "doc_date": orNull(reference(to: "Evidence")),
                    ])),
            "checks": orNull(
                object(
                    "The four checks; the verdict is true when all hold.",
                    [
                        "fio_match": reference(to: "Check"), "doc_type_known": reference(to: "Check"),
                        "doc_date_valid": reference(to: "Check"), "single_doc_type": reference(to: "Check"),
                    ])),
            "stages": orNull(
                list(
                    of: object(
                        "How long a step took.",
                        [
                            "stage": reference(to: "Stage"),
                            "seconds": ["type": "number", "minimum": 0, "description": "By a monotonic clock."],
                        ]))),
            "pages": orNull(integer("Pages of the document.", minimum: 1)),
            "page_sizes": orNull(
                list(
                    of: object(
                        "How large a page is in the units of the boxes on it.",
                        ["width": ["type": "number"], "height": ["type": "number"]]))),
            "consultations": orNull(
                list(
                    of: object(
                        "A field that a language model was asked about, because the rules were unsure of it.",
                        [
                            "field": named("The field.", Consultation.Field.allCases.map(\.rawValue)),
                            "outcome": named(
                                "Whose answer stands: `taken` is the model's, all others are the rules'.",
                                Consultation.Outcome.allCases.map(\.rawValue)),
                            "prompt": text("The prompt with its version.", example: "extract-v1"),
                        ]))),
            "needs_review": orNull(truth("Whether somebody should look at it before the verdict is acted on.")),
            "review": orNull(
                object(
                    "How sure the verdict is.",
                    [
                        "needed": truth("The same as needs_review."),
                        "confidence": share("About the share of such verdicts that are right."),
                        "threshold": share("Below this a review is needed."), "why": text("In words."),
                    ])),
        ]
        return object(
            "Everything known of a run. Members about the document are null until it is completed.",
            runMembers.merging(own) { $1 }, optional: runOptional)
    }

    static var evidence: JSONNode {
        object(
            "A value with where it was read.",
            [
                "value": ["type": ["string", "boolean"], "description": "A key of a document type, a name, a day."],
                "confidence": share("The share of such findings that are right."),
                "page": orNull(integer("Counted from 1; null when it follows from the whole.", minimum: 1)),
                "box": orNull(reference(to: "Box")), "words": text("The words on the page."),
                "source": text("The rule that found it.", example: "label:fio"),
                "read_from": orNull(
                    named(
                        "Whether the words are the file's own or were recognised from a picture.",
                        [PageText.Source.textLayer, .ocr].map(\.rawValue))),
            ])
    }

    static var box: JSONNode {
        let number: JSONNode = ["type": "number"]
        return object(
            "Around the words, in the page's own units, from its upper left corner.",
            ["x": number, "y": number, "width": number, "height": number])
    }

    static var check: JSONNode {
        object("Whether a check holds.", ["passed": truth("Whether it holds."), "why": text("In words.")])
    }

    /// One event of a stream, as a client's parser gives it (WHATWG HTML, 9.2.6).
    static var event: JSONNode {
        let place: JSONNode = object(
            "Data of `queue`.",
            [
                "run_id": runID, "queue_position": integer("Jobs that go before it."),
                "expected_seconds": orNull(integer("Until its turn comes, as far as one can tell.")),
            ])
        let step: JSONNode = object(
            "Data of `progress`.",
            [
                "run_id": runID, "stage": reference(to: "Stage"), "page": orNull(integer("Pages read so far.")),
                "pages": orNull(integer("Pages in all.")),
            ])
        return object(
            "One event of the stream.",
            [
                "event": named("What it tells.", ["state", "progress", "queue"]),
                "id": text("Of `state` events: for Last-Event-ID.", example: "running-0-1"),
                "data": [
                    "type": "string", "contentMediaType": "application/json", "description": "JSON, on one line.",
                    "contentSchema": ["anyOf": [reference(to: "Run"), step, place]],
                ],
            ], optional: ["event", "id", "data"])
    }

    static var progress: JSONNode {
        object(
            "How far a run has come.",
            [
                "stage": reference(to: "Stage"), "page": integer("Pages read so far."),
                "pages": integer("Pages in all."),
            ], optional: ["page", "pages"])
    }
}
