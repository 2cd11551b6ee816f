import Observability
import Pipeline

/// Where a callback stands.
enum CallbackStatus: String, Sendable, CaseIterable {
    /// It is to be delivered, now or after a wait.
    case pending
    /// The receiver took it.
    case delivered
    /// It was tried as often as it may be.
    case givenUp = "given_up"
    /// The receiver said that it wants no more (410).
    case disabled

    /// As stored; what waits is 0.
    var number: Int {
        switch self {
        case .pending: 0
        case .delivered: 1
        case .givenUp: 2
        case .disabled: 3
        }
    }

    /// The status that is stored as `number`; nil if it is none.
    init?(number: Int) {
        guard let status = CallbackStatus.allCases.first(where: { $0.number == number }) else { return nil }
        self = status
    }
}

/// What a receiver is told: that a job has ended, and how. Made in the transaction that stores the end, one for each
/// end of a job: a job that failed and was replayed has several. What it says is kept apart from the run, so that a
/// replay changes nothing of what was said before.
struct CallbackEvent: Sendable, Equatable {
    /// Its number in the outbox.
    var number: Int64
    var runID: RunID
    /// Which of the job's ends: how often it had been replayed.
    var replays: Int
    /// As the caller gave it; may hold credentials.
    var url: String
    /// Scheme, host and port, lower case: what shares room and outages.
    var endpoint: String
    /// The final state.
    var runState: RunState
    var verdict: Bool?
    var reasons: [VerdictReason] = []
    var failure: ErrorCode?
    var endedAt: Timestamp
    var requestID: String?
    /// The caller's span.
    var trace: TraceContext?
    var status = CallbackStatus.pending
    /// Since when it is to be delivered: the end, or the latest wish to send it again.
    var since: Timestamp
    /// When it is due.
    var nextAt: Timestamp
    /// Attempts of the schedule since `since`.
    var step = 0
    /// All attempts, those that only asked whether an endpoint is back among them.
    var attempts = 0
    /// What came of the last attempt.
    var outcome: String?
    /// It waits because its endpoint was away: it is due as soon as that is back.
    var isOutage = false

    /// `webhook-id`: the same for each attempt, so that a receiver knows what it has had. Without dots, which separate
    /// the parts of what is signed.
    var webhookID: String {
        "msg_\(runID.description.replacing("-", with: ""))_\(replays)"
    }

    /// `job.completed`, `job.failed` or `job.cancelled`.
    var type: String { "job.\(runState.rawValue)" }

    /// The content: thin, without anything personal. The same bytes each time.
    var body: [UInt8] {
        var data = JSONMembers()
        data.add("err_codes", numbers)
        data.add("errors", codes)
        data.add("request_id", requestID)
        data.add("run_id", runID.description)
        data.add("status", runState.rawValue)
        data.add("verdict", verdict)
        var whole = JSONMembers()
        whole.add("data", data)
        whole.add("timestamp", endedAt.description)
        whole.add("type", type)
        return whole.closed
    }

    private var codes: [String] {
        switch runState {
        case .accepted, .running, .cancelled: []
        case .completed: reasons.map(\.rawValue)
        case .failed: [(failure ?? .internalProcessingError).rawValue]
        }
    }

    private var numbers: [Int] {
        switch runState {
        case .accepted, .running, .cancelled: []
        case .completed: reasons.map(\.number)
        case .failed: [(failure ?? .internalProcessingError).runNumber]
        }
    }
}

/// One try at a delivery, as the log keeps it.
struct CallbackAttempt: Sendable, Equatable {
    /// Counted from 1.
    var number: Int
    var at: Timestamp
    /// Until the answer, or until there was none.
    var seconds: Double
    /// A few stable words, as `idp_dependency_request_duration_seconds` has them.
    var outcome: String
    /// The receiver's answer; nil without one.
    var httpStatus: Int?
}

/// A callback with its latest attempts, oldest first.
struct CallbackRecord: Sendable, Equatable {
    var event: CallbackEvent
    var attempts: [CallbackAttempt]
}
