/// Values that the document's examples share, so that one walk through them reads as one story.
enum APIExamples {
    static let runID = "019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21"
    static let requestID = "order-4711"
    static let fio = "Ахметов Данияр Маратович"

    /// `200` of `/v1/process` of a good document.
    static let verdict: JSONNode = ["run_id": .string(runID), "verdict": true, "errors": []]

    /// `202` of a job.
    static let accepted: JSONNode = ["run_id": .string(runID), "status": "accepted"]

    /// A job that waits.
    static let waiting: JSONNode = [
        "run_id": .string(runID), "kind": "job", "status": "accepted", "verdict": .null, "errors": .null,
        "attempts": 0, "priority": 5, "request_id": .string(requestID),
        "created_at": "2026-11-23T09:00:00.000Z", "queue_position": 3,
    ]

    /// A job that was judged, with a reason against the document.
    static let judged: JSONNode = [
        "run_id": .string(runID), "kind": "job", "status": "completed", "verdict": false,
        "errors": ["DOC_DATE_TOO_OLD"], "attempts": 1, "priority": 5, "request_id": .string(requestID),
        "created_at": "2026-11-23T09:00:00.000Z", "started_at": "2026-11-23T09:00:00.120Z",
        "finished_at": "2026-11-23T09:00:01.480Z",
    ]

    /// One event of a run that is being read.
    static let event: JSONNode = [
        "event": "progress",
        "data": .string(#"{"page":1,"pages":2,"run_id":"\#(runID)","stage":"text"}"#),
    ]
}
