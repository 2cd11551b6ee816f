import Observability
import Testing

@testable import IDPServer

struct JobStateMachineTests {
    typealias Event = JobStateMachine.Event
    typealias Action = JobStateMachine.Action

    static let events: [Event] = [
        .start, .complete, .fail(.ocrFailed), .poison(.ocrFailed), .cancel, .expire, .handBack, .recover, .replay,
    ]

    /// What each event does in each state; a pair that is not here is refused.
    static let legal: [RunState: [(Event, RunState, Action)]] = [
        .accepted: [
            (.start, .running, .run(attempt: 2)), (.cancel, .cancelled, .finish(.cancelled, nil)),
            (.expire, .failed, .finish(.failed, .processingTimeout)), (.recover, .accepted, .enqueue),
        ],
        .running: [
            (.complete, .completed, .finish(.completed, nil)),
            (.fail(.ocrFailed), .failed, .finish(.failed, .ocrFailed)), (.cancel, .running, .stopWork),
            (.poison(.ocrFailed), .failed, .finish(.failed, .ocrFailed)),
            (.handBack, .accepted, .handBack), (.recover, .accepted, .enqueue),
        ],
        .completed: [(.cancel, .completed, .alreadyEnded)],
        .failed: [(.cancel, .failed, .alreadyEnded), (.replay, .accepted, .enqueue)],
        .cancelled: [(.cancel, .cancelled, .alreadyEnded)],
    ]

    @Test(arguments: RunState.allCases, events)
    func answersEveryPair(state: RunState, event: Event) throws {
        let before = JobStateMachine(state: state, attempts: 1, attemptsMax: 5)
        var machine = before
        guard let (_, after, action) = Self.legal[state]?.first(where: { $0.0 == event }) else {
            #expect(throws: JobStateMachine.IllegalTransition(state: state, event: event)) {
                try machine.handle(event)
            }
            #expect(machine == before)
            return
        }
        #expect(try machine.handle(event) == action)
        #expect(machine.state == after)
        #expect(machine.attempts == (event == .start ? 2 : event == .replay ? 0 : 1))
        #expect(machine.deadLetter == (event == .poison(.ocrFailed) ? .workersLost : nil))
    }

    /// The caller was told that it is cancelled: whatever the work comes to, it is.
    @Test(arguments: [Event.complete, .fail(.ocrFailed), .poison(.ocrFailed), .handBack, .recover])
    func keepsACancelThroughTheEndOfTheWork(event: Event) throws {
        var machine = JobStateMachine(state: .running, attempts: 1, attemptsMax: 5)
        #expect(try machine.handle(.cancel) == .stopWork)
        #expect(try machine.handle(.cancel) == .stopWork)
        #expect(try machine.handle(event) == .finish(.cancelled, nil))
    }

    @Test func keepsACancelOverARestart() throws {
        var machine = JobStateMachine(state: .accepted, isCancelRequested: true, attemptsMax: 5)
        #expect(try machine.handle(.recover) == .finish(.cancelled, nil))
    }

    @Test func givesUpAJobThatNoStartSurvived() throws {
        var machine = JobStateMachine(state: .accepted, attemptsMax: 3)
        for attempt in 1...3 {
            #expect(try machine.handle(.start) == .run(attempt: attempt))
            let action = try machine.handle(.recover)
            #expect(action == (attempt < 3 ? .enqueue : .finish(.failed, .internalProcessingError)))
        }
        #expect(machine.deadLetter == .attemptsExhausted)
    }

    @Test func startsAReplayedJobFromTheBeginning() throws {
        var machine = JobStateMachine(
            state: .failed, attempts: 3, isCancelRequested: true, deadLetter: .attemptsExhausted, attemptsMax: 3)
        #expect(try machine.handle(.replay) == .enqueue)
        #expect(machine == JobStateMachine(attemptsMax: 3))
    }
}
