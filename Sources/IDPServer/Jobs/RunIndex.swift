import Observability
import Pipeline
import Synchronization

/// What somebody who watches a run is told.
enum RunUpdate: Sendable {
    /// It has another state, or has ended.
    case state(RunRecord)
    case progress(Progress)
}

/// The runs that live or ended a short while ago, in memory: the hot path of status queries.
///
/// DESIGN. A live run has two records: the *draft*, to which the state machine's decisions are applied at once, and the
/// *published* one, which is what anybody outside sees and which follows when the draft is on stable storage. Ended
/// runs stay for a while, bounded in number; older ones are read from the store. One `Mutex`; watchers run outside of
/// it, on the thread that publishes.
final class RunIndex: Sendable {
    /// Told of updates, on the thread that publishes them: must be short and must not block.
    typealias Watcher = @Sendable (RunUpdate) -> Void

    private struct Entry {
        var published: RunRecord
        var draft: RunRecord
        var machine: JobStateMachine
        var progress: Progress?
        let token: CancellationToken
        var watchers: [Int: Watcher] = [:]
    }

    private struct State {
        var live: [RunID: Entry] = [:]
        var ended: [RunID: RunRecord] = [:]
        var endedOrder = FIFO<RunID>()
        var nextWatcher = 0
    }

    /// A decision of the state machine with what it was applied to.
    struct Decision: Sendable {
        var action: JobStateMachine.Action
        /// To be made durable, then published.
        var draft: RunRecord
        var token: CancellationToken
    }

    private let state = Mutex(State())
    private let endedLimit: Int

    /// - Parameter endedLimit: ended runs that are kept.
    init(endedLimit: Int = 4096) {
        self.endedLimit = endedLimit
    }

    /// Enters a run. Its record is what is on stable storage already.
    func insert(_ record: RunRecord, attemptsMax: Int, token: CancellationToken) {
        let entry = RunIndex.entry(record, attemptsMax, token)
        state.withLock { $0.live[record.id] = entry }
    }

    /// Makes an ended run live again, so that events can be applied to it; false when it is live already. What is
    /// visible of it stays until its new state is published.
    func revive(_ record: RunRecord, attemptsMax: Int, token: CancellationToken) -> Bool {
        let entry = RunIndex.entry(record, attemptsMax, token)
        return state.withLock { state in
            guard state.live[record.id] == nil else { return false }
            state.live[record.id] = entry
            return true
        }
    }

    private static func entry(_ record: RunRecord, _ attemptsMax: Int, _ token: CancellationToken) -> Entry {
        let machine = JobStateMachine(
            state: record.state, attempts: record.attempts, isCancelRequested: record.isCancelRequested,
            deadLetter: record.deadLetter, attemptsMax: attemptsMax)
        return Entry(published: record, draft: record, machine: machine, token: token)
    }

    /// The published record of a live or lately ended run. Never blocks for long: fit for a loop.
    func record(_ id: RunID) -> RunRecord? {
        state.withLock { $0.live[id]?.published ?? $0.ended[id] }
    }

    /// Whether events can be applied to a run.
    func isLive(_ id: RunID) -> Bool { state.withLock { $0.live[id] != nil } }

    /// How far a live run has come.
    func progress(of id: RunID) -> Progress? { state.withLock { $0.live[id]?.progress } }

    /// Live runs.
    var liveCount: Int { state.withLock { $0.live.count } }

    /// The tokens of all live runs of a kind.
    func tokens(of kind: RunKind) -> [CancellationToken] {
        state.withLock { state in state.live.values.filter { $0.draft.kind == kind }.map(\.token) }
    }

    /// Applies an event to a live run: state, attempts and the wish to cancel go into the draft, then `change`. Nil
    /// when the run is not live.
    func handle(
        _ event: JobStateMachine.Event, _ id: RunID, change: (inout RunRecord) -> Void = { _ in }
    ) throws(JobStateMachine.IllegalTransition) -> Decision? {
        let result = state.withLock { state -> Result<Decision?, JobStateMachine.IllegalTransition> in
            guard var entry = state.live[id] else { return .success(nil) }
            do throws(JobStateMachine.IllegalTransition) {
                let action = try entry.machine.handle(event)
                entry.draft.state = entry.machine.state
                entry.draft.attempts = entry.machine.attempts
                entry.draft.isCancelRequested = entry.machine.isCancelRequested
                entry.draft.deadLetter = entry.machine.deadLetter
                change(&entry.draft)
                state.live[id] = entry
                return .success(Decision(action: action, draft: entry.draft, token: entry.token))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Makes a record visible that is on stable storage now. An ended run stops being live.
    ///
    /// - Parameter beforeTelling: called with the record that was visible until now, before those who watch are told.
    func publish(_ record: RunRecord, beforeTelling: (RunRecord) -> Void = { _ in }) {
        let (before, watchers) = state.withLock { state -> (RunRecord?, [Watcher]) in
            guard var entry = state.live[record.id] else { return (nil, []) }
            let before = entry.published
            let watchers = Array(entry.watchers.values)
            entry.published = record
            if record.state.isFinal {
                state.live[record.id] = nil
                keep(record, &state)
            } else {
                state.live[record.id] = entry
            }
            return (before, watchers)
        }
        if let before { beforeTelling(before) }
        for watcher in watchers { watcher(.state(record)) }
    }

    /// Tells how far a live run has come.
    func publish(_ progress: Progress, _ id: RunID) {
        let watchers = state.withLock { state -> [Watcher] in
            state.live[id]?.progress = progress
            return state.live[id].map { Array($0.watchers.values) } ?? []
        }
        for watcher in watchers { watcher(.progress(progress)) }
    }

    /// The token of a live run.
    func token(of id: RunID) -> CancellationToken? { state.withLock { $0.live[id]?.token } }

    /// The jobs that are live.
    func liveJobs() -> [RunID] {
        state.withLock { state in state.live.values.filter { $0.draft.kind == .job }.map(\.draft.id) }
    }

    /// Forgets a live run that is somebody else's by now, and gives those who watched it.
    func detach(_ id: RunID) -> [Watcher] {
        state.withLock { state in state.live.removeValue(forKey: id).map { Array($0.watchers.values) } ?? [] }
    }

    /// Forgets a run that never came to be.
    func remove(_ id: RunID) { state.withLock { $0.live[id] = nil } }

    /// Forgets ended runs that were removed from the store, and gives those that were still known.
    func forget(_ ids: [RunID]) -> [RunRecord] {
        state.withLock { state in ids.compactMap { state.ended.removeValue(forKey: $0) } }
    }

    /// Watches a live run; nil when it is not live (any more), or when its published state is not `from`.
    func watch(_ id: RunID, from: RunState? = nil, _ watcher: @escaping Watcher) -> Int? {
        state.withLock { state in
            guard let entry = state.live[id], from == nil || entry.published.state == from else { return nil }
            let key = state.nextWatcher
            state.nextWatcher += 1
            state.live[id]?.watchers[key] = watcher
            return key
        }
    }

    /// Tells all watchers what they know already, so that those who wait for a change stop waiting.
    func nudge() {
        let calls = state.withLock { state in
            state.live.values.flatMap { entry in entry.watchers.values.map { ($0, entry.published) } }
        }
        for (watcher, record) in calls { watcher(.state(record)) }
    }

    /// Whether somebody watches a live run.
    func isWatched(_ id: RunID) -> Bool { state.withLock { $0.live[id]?.watchers.isEmpty == false } }

    /// Ends a watch.
    func unwatch(_ id: RunID, _ key: Int) {
        state.withLock { _ = $0.live[id]?.watchers.removeValue(forKey: key) }
    }

    private func keep(_ record: RunRecord, _ state: inout State) {
        state.ended[record.id] = record
        state.endedOrder.append(record.id)
        while state.endedOrder.count > endedLimit, let oldest = state.endedOrder.popFirst() {
            state.ended[oldest] = nil
        }
    }
}
