import Observability

/// The life of a run as a pure value: event in, action out. It knows no store, no clock and no queue; whoever holds it
/// performs the action, and makes it durable before anybody outside may see the new state.
///
///     accepted ──start──► running ──complete──► completed
///      ▲ ▲  │                │ ├──fail,poison─► failed
///      │ │  └─cancel,expire  │ └──(cancelled)─► cancelled
///      │ └──handBack,recover─┘
///      └───────────────replay────── failed
///
/// A cancel of running work is a wish first (`isCancelRequested`): the work is stopped, and whatever its end is, the
/// run is `cancelled`, because that is what the caller was told.
struct JobStateMachine: Sendable, Equatable {
    private(set) var state: RunState
    /// Starts so far.
    private(set) var attempts: Int
    /// Somebody asked for running work to be stopped.
    private(set) var isCancelRequested: Bool
    /// Why a failed run was set aside: it did harm, or nobody got through it, and it is not to be run again unasked.
    private(set) var deadLetter: DeadLetterReason?
    /// Starts after which a run that the server did not survive is given up.
    let attemptsMax: Int

    /// What happened.
    enum Event: Sendable, Equatable {
        /// A worker took it.
        case start
        /// The pipeline judged it.
        case complete
        /// The pipeline could not judge it.
        case fail(ErrorCode)
        /// It ended the document workers that read it.
        case poison(ErrorCode)
        /// Somebody asked for its end.
        case cancel
        /// Its deadline passed while it waited.
        case expire
        /// The server stops and gives the work back.
        case handBack
        /// The server has started and found it unfinished.
        case recover
        /// Somebody asked for a failed run to be tried again.
        case replay
    }

    /// What has to be done about it.
    enum Action: Sendable, Equatable {
        /// Store `running` and do the work.
        case run(attempt: Int)
        /// Store the final state and tell everybody.
        case finish(RunState, ErrorCode?)
        /// Store the wish and stop the work; its end comes as another event.
        case stopWork
        /// Store `accepted` and wait for the next start of the server.
        case handBack
        /// Store `accepted` and queue it.
        case enqueue
        /// It had ended: nothing to do.
        case alreadyEnded
    }

    /// The event does not belong to the state: a programmer's error of the caller.
    struct IllegalTransition: Error, Equatable, CustomStringConvertible {
        var state: RunState
        var event: Event

        var description: String { "a run that is \(state) cannot \(event)" }
    }

    /// A run as it was stored, or a new one.
    init(
        state: RunState = .accepted, attempts: Int = 0, isCancelRequested: Bool = false,
        deadLetter: DeadLetterReason? = nil, attemptsMax: Int
    ) {
        self.state = state
        self.attempts = attempts
        self.isCancelRequested = isCancelRequested
        self.deadLetter = deadLetter
        self.attemptsMax = attemptsMax
    }

    /// Moves on and says what to do; leaves everything as it was when it throws.
    mutating func handle(_ event: Event) throws(IllegalTransition) -> Action {
        switch state {
        case .accepted: try handleAccepted(event)
        case .running: try handleRunning(event)
        case .completed, .failed, .cancelled: try handleEnded(event)
        }
    }

    private mutating func handleAccepted(_ event: Event) throws(IllegalTransition) -> Action {
        switch event {
        case .start:
            state = .running
            attempts += 1
            return .run(attempt: attempts)
        case .cancel: return finish(.cancelled, nil)
        case .expire: return finish(.failed, .processingTimeout)
        case .recover: return isCancelRequested ? finish(.cancelled, nil) : .enqueue
        case .complete, .fail, .poison, .handBack, .replay: throw IllegalTransition(state: state, event: event)
        }
    }

    private mutating func handleRunning(_ event: Event) throws(IllegalTransition) -> Action {
        switch event {
        case .complete: return isCancelRequested ? finish(.cancelled, nil) : finish(.completed, nil)
        case .fail(let code): return isCancelRequested ? finish(.cancelled, nil) : finish(.failed, code)
        case .poison(let code):
            return isCancelRequested ? finish(.cancelled, nil) : finish(.failed, code, .workersLost)
        case .cancel:
            isCancelRequested = true
            return .stopWork
        case .handBack:
            if isCancelRequested { return finish(.cancelled, nil) }
            state = .accepted
            return .handBack
        case .recover:
            if isCancelRequested { return finish(.cancelled, nil) }
            if attempts >= attemptsMax { return finish(.failed, .internalProcessingError, .attemptsExhausted) }
            state = .accepted
            return .enqueue
        case .start, .expire, .replay: throw IllegalTransition(state: state, event: event)
        }
    }

    private mutating func handleEnded(_ event: Event) throws(IllegalTransition) -> Action {
        switch event {
        case .cancel: return .alreadyEnded
        case .replay where state == .failed:
            self = JobStateMachine(attemptsMax: attemptsMax)
            return .enqueue
        case .start, .complete, .fail, .poison, .expire, .handBack, .recover, .replay:
            throw IllegalTransition(state: state, event: event)
        }
    }

    private mutating func finish(_ end: RunState, _ code: ErrorCode?, _ reason: DeadLetterReason? = nil) -> Action {
        state = end
        deadLetter = reason
        return .finish(end, code)
    }
}
