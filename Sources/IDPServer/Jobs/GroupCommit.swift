import Dispatch
import Synchronization

/// Gathers what arrives while the previous batch is being flushed, and flushes it as one batch.
///
/// An element that arrives alone is flushed at once. Elements that arrive together share a flush: a batch waits a
/// moment for those that were announced and, if it has any of these, for as many as `BatchPacer` expects. Only
/// announced ones raise that expectation: else one client's submission and the changes that its last one brings about
/// would be taken for a crowd, and the next would wait for a timer. Elements keep their order. `flush` runs on one
/// serial queue.
final class GroupCommit<Element: Sendable>: Sendable {
    /// What was done so far.
    struct Counts: Sendable, Equatable {
        /// Batches that were flushed.
        var flushes = 0
        /// Those of them with announced elements that had waited for company until a timer ran out.
        var flushesByTimer = 0
    }

    private enum Phase {
        case idle
        /// For more elements.
        case waiting
        case flushing
    }

    private struct State {
        var pending: [(element: Element, wasAnnounced: Bool)] = []
        /// Of these, the announced ones.
        var pendingAnnounced = 0
        var isUrgent = false
        var phase = Phase.idle
        var pacer = BatchPacer()
        /// Elements that are being made.
        var announced = 0
        var waitBegan = ContinuousClock.now
        /// Counts the waits, so that a timer knows whether its wait is still on.
        var wait = 0
        var counts = Counts()
    }

    private enum Step {
        case nothing
        case flush
        case wait(Int)
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let batchLimit: Int
    private let flush: @Sendable ([Element]) -> Void

    /// - Parameters:
    ///   - label: of the queue.
    ///   - batchLimit: most elements of a batch, so that a flood cannot make one transaction endless.
    init(label: String, batchLimit: Int = 1024, flush: @escaping @Sendable ([Element]) -> Void) {
        queue = DispatchQueue(label: label)
        self.batchLimit = batchLimit
        self.flush = flush
    }

    /// Flushes so far.
    var counts: Counts { state.withLock { $0.counts } }

    /// Says that an element is being made that will be added as announced, or withdrawn.
    func announce() { state.withLock { $0.announced += 1 } }

    /// Says that an announced element will not come.
    func withdraw() {
        let step = state.withLock { state -> Step in
            takeAnnounced(&state)
            return state.phase == .waiting ? leaveWait(&state) : .nothing
        }
        perform(step)
    }

    /// Puts an element into the next batch; an urgent one lets the batch wait for nobody. Any thread; never blocks on a
    /// flush.
    func add(_ element: Element, isUrgent: Bool = false, wasAnnounced: Bool = false) {
        let step = state.withLock { state -> Step in
            if wasAnnounced {
                takeAnnounced(&state)
                state.pendingAnnounced += 1
            }
            state.pending.append((element, wasAnnounced))
            state.isUrgent = state.isUrgent || isUrgent
            switch state.phase {
            case .flushing: return .nothing
            case .waiting: return leaveWait(&state)
            case .idle: return next(&state)
            }
        }
        perform(step)
    }

    private func takeAnnounced(_ state: inout State) {
        precondition(state.announced > 0, "an element comes or is withdrawn that nobody had announced")
        state.announced -= 1
    }

    private func leaveWait(_ state: inout State) -> Step {
        guard isDue(&state) else { return .nothing }
        state.phase = .flushing
        return .flush
    }

    private func perform(_ step: Step) {
        switch step {
        case .nothing: break
        case .flush: queue.async { self.run(waitedInVain: false) }
        case .wait(let wait):
            let limit = Int(BatchPacer.waitLimit / .microseconds(1))
            queue.asyncAfter(deadline: .now() + .microseconds(limit)) { self.endWait(wait) }
        }
    }

    private func endWait(_ wait: Int) {
        let step = state.withLock { state -> Step in
            guard state.phase == .waiting, state.wait == wait else { return .nothing }
            // Who was announced comes; but nobody waits long for one whose disk is slow.
            if state.announced > 0, state.waitBegan.duration(to: .now) < BatchPacer.announcedWaitLimit {
                return .wait(wait)
            }
            state.phase = .flushing
            return .flush
        }
        switch step {
        case .flush: run(waitedInVain: true)
        case .wait, .nothing: perform(step)
        }
    }

    private func run(waitedInVain: Bool) {
        let (batch, announced) = state.withLock { state in
            let batch = Array(state.pending.prefix(batchLimit))
            let announced = batch.count { $0.wasAnnounced }
            state.pending.removeFirst(batch.count)
            state.pendingAnnounced -= announced
            state.isUrgent = false
            state.counts.flushes += 1
            if waitedInVain, announced > 0 { state.counts.flushesByTimer += 1 }
            return (batch.map(\.element), announced)
        }
        flush(batch)
        let step = state.withLock { state in
            if announced > 0 { state.pacer.flushed(announced, waitedInVain: waitedInVain, at: .now) }
            return next(&state)
        }
        perform(step)
    }

    /// What comes after a flush or a pause.
    private func next(_ state: inout State) -> Step {
        if state.pending.isEmpty {
            state.phase = .idle
            return .nothing
        }
        if isDue(&state) {
            state.phase = .flushing
            return .flush
        }
        state.phase = .waiting
        state.wait += 1
        state.waitBegan = .now
        return .wait(state.wait)
    }

    private func isDue(_ state: inout State) -> Bool {
        if state.isUrgent || state.pending.count >= min(BatchPacer.expectedLimit, batchLimit) { return true }
        guard state.announced == 0 else { return false }
        return state.pendingAnnounced == 0 || state.pacer.isDue(state.pendingAnnounced, at: .now)
    }
}
