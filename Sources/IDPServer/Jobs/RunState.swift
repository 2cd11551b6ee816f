/// Where a run stands. `accepted → running → completed | failed | cancelled`.
enum RunState: String, Sendable, Hashable, CaseIterable, Codable {
    /// It waits; the document and the row are on stable storage.
    case accepted
    case running
    /// It was judged; the verdict may be false.
    case completed
    /// It could not be judged.
    case failed
    case cancelled

    /// Whether it never changes again.
    var isFinal: Bool {
        switch self {
        case .accepted, .running: false
        case .completed, .failed, .cancelled: true
        }
    }
}

/// How a run came in.
enum RunKind: String, Sendable, Hashable, CaseIterable, Codable {
    /// `/v1/process`: the caller waits for the verdict.
    case sync
    /// `/v1/jobs`: durable, runs when its turn comes.
    case job
}

/// Why a failed job lies with the dead letters until somebody replays it.
enum DeadLetterReason: String, Sendable, Hashable, CaseIterable, Codable {
    /// Its document ended two document workers.
    case workersLost = "WORKERS_LOST"
    /// The server did not survive as many starts of it as it may have.
    case attemptsExhausted = "ATTEMPTS_EXHAUSTED"
}
