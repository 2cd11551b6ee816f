import Dispatch
import Observability
import Synchronization

/// One of a work queue's Dispatch queues.
struct WorkSlot: Sendable {
    let queue: DispatchQueue
    /// Only code that runs on `queue` writes metrics here.
    let lane: Lane
}

/// Work that waits for a slot.
struct WorkItem: Sendable {
    var id: RunID
    /// Whose turn it takes.
    var caller = ""
    var priority: JobPriority
    /// Whether nobody wants it any more: such items give way when the queue is full. Nil: it never gives way.
    var isAbandoned: (@Sendable () -> Bool)?
    /// Called instead of `work` when it has given way; must not block.
    var discard: @Sendable () -> Void = {}
    /// Runs on a slot's queue and may block it.
    var work: @Sendable (WorkSlot) -> Void
}

/// A bounded queue in front of a fixed number of serial Dispatch queues.
///
/// DESIGN. Items wait in a `FairLine`: callers take turns, priorities order each caller's own items. The bound counts
/// places, and a place is reserved before the work that leads to an item begins, so that a job is never made durable
/// only to find the queue full. A tenth more places stand open for callers who have fewer than that tenth waiting, so
/// that one who has filled the queue does not lock the others out. Items that must not be refused (acknowledged jobs
/// after a restart) enter beyond the bound. State is one `Mutex`; items run outside of it.
final class WorkQueue: Sendable {
    private struct State {
        var line = FairLine<WorkItem>()
        /// Items that can give way.
        var yielding = 0
        var reserved = 0
        /// Items that wait elsewhere and count for the bound.
        var elsewhere = 0
        var free: [Int]
        var isPaused = false
        var drainRate = DrainRate()

        mutating func next() -> (item: WorkItem, since: ContinuousClock.Instant)? {
            guard let (item, since) = line.popFirst() else { return nil }
            if item.isAbandoned != nil { yielding -= 1 }
            return (item, since)
        }

        mutating func remove(_ id: RunID) -> WorkItem? {
            guard let item = line.remove(id) else { return nil }
            if item.isAbandoned != nil { yielding -= 1 }
            return item
        }
    }

    /// As in the labels of the queue's metrics.
    let name: String
    /// Items that may wait.
    let limit: Int
    private let slots: [WorkSlot]
    private let state: Mutex<State>
    private let running = DispatchGroup()
    private let onStart: @Sendable (Duration, WorkSlot) -> Void

    /// - Parameters:
    ///   - slots: as many items run at a time.
    ///   - onStart: called on the slot with the time that the item had waited.
    init(
        name: String, limit: Int, slots: [WorkSlot],
        onStart: @escaping @Sendable (Duration, WorkSlot) -> Void = { _, _ in }
    ) {
        precondition(!slots.isEmpty, "a work queue needs a slot")
        self.name = name
        self.limit = limit
        self.slots = slots
        self.onStart = onStart
        state = Mutex(State(free: Array(slots.indices.reversed())))
    }

    /// Items that wait.
    var depth: Int { state.withLock { $0.line.count } }

    /// Items that wait or run, and places that are reserved.
    var load: Int { state.withLock { $0.line.count + $0.reserved + slots.count - $0.free.count } }

    /// So many items wait elsewhere, in a line that other processes share: they take places too.
    func setElsewhere(_ count: Int) { state.withLock { $0.elsewhere = count } }

    /// As many items as end in that time, from the measured rate; 0 while nothing was measured.
    func itemsEnded(in time: Duration) -> Int {
        let rate = state.withLock { $0.drainRate }
        return rate.items(in: time, at: .now)
    }

    /// Items that run.
    var runningCount: Int { state.withLock { slots.count - $0.free.count } }

    /// How long the oldest item has waited; nil when none waits.
    var oldestAge: Duration? {
        let oldest = state.withLock { $0.line.oldest }
        return oldest.map { $0.duration(to: .now) }
    }

    /// Whether a caller who has much waiting would be refused a reservation.
    var isFull: Bool { state.withLock { isFull($0) } }

    /// Whether that caller would be refused a reservation.
    func isFull(for caller: String) -> Bool { state.withLock { isFull($0, for: caller) } }

    /// Items of that caller that wait.
    func depth(of caller: String) -> Int { state.withLock { $0.line.count(of: caller) } }

    /// Reserves a place; false when there is none. Any thread.
    ///
    /// - Parameter waitingMax: how many items the caller may have waiting; those that he has reserved places for and
    ///   not put in line yet are not counted.
    func reserve(for caller: String = "", waitingMax: Int? = nil) -> Bool {
        let (isReserved, abandoned) = state.withLock { state -> (Bool, [WorkItem]) in
            if let waitingMax, isOver(waitingMax, state, for: caller) { return (false, []) }
            let abandoned = isFull(state, for: caller) ? removeAbandoned(&state) : []
            guard !isFull(state, for: caller) else { return (false, abandoned) }
            state.reserved += 1
            return (true, abandoned)
        }
        for item in abandoned { item.discard() }
        return isReserved
    }

    /// Gives a reserved place back.
    func release() {
        state.withLock { state in
            precondition(state.reserved > 0, "a place is given back that nobody had reserved")
            state.reserved -= 1
        }
    }

    /// Puts an item in line, on the place that was reserved for it, or beyond the bound.
    func enqueue(_ item: WorkItem, reserved: Bool) {
        let slot = state.withLock { state -> Int? in
            if reserved {
                precondition(state.reserved > 0, "an item takes a place that nobody had reserved")
                state.reserved -= 1
            }
            if item.isAbandoned != nil { state.yielding += 1 }
            state.line.append(item, id: item.id, caller: item.caller, priority: item.priority, at: .now)
            return state.isPaused ? nil : state.free.popLast()
        }
        if let slot { start(slot) }
    }

    /// Takes an item out of the line; false when it is not in it (any more).
    func remove(_ id: RunID) -> Bool {
        state.withLock { $0.remove(id) != nil }
    }

    /// How many items have their turn before this one, going by the line as it is; nil when it is not in it.
    func position(of id: RunID) -> Int? {
        state.withLock { $0.line.position(of: id) }
    }

    /// Seconds until `count` items will have ended, from the measured rate.
    func seconds(forItems count: Int, limit: Int = 60, fallback: Int = 2) -> Int {
        let rate = state.withLock { $0.drainRate }
        return rate.seconds(for: count, at: .now, limit: limit, fallback: fallback)
    }

    /// Seconds after which asking for a place makes sense: until a tenth of the line (at least one item) is done.
    var retryAfterWhenFull: Int { seconds(forItems: max(1, depth / 10), limit: 300, fallback: 5) }

    /// Starts nothing any more; what runs goes on, what waits stays.
    func pause() { state.withLock { $0.isPaused = true } }

    /// Takes everything out of the line.
    func removeAll() -> [WorkItem] {
        state.withLock { state in
            var items: [WorkItem] = []
            while let next = state.next() { items.append(next.item) }
            return items
        }
    }

    /// Waits until nothing runs; false when that did not come about in time. Never call it from a slot.
    func waitUntilIdle(by deadline: Deadline) -> Bool {
        let nanoseconds = Int(clamping: Int64((deadline.remaining / .nanoseconds(1)).rounded()))
        return running.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
    }

    /// Whether one more item of a caller would have to wait who has all waiting that he may have.
    func isOver(_ waitingMax: Int, for caller: String) -> Bool {
        state.withLock { isOver(waitingMax, $0, for: caller) }
    }

    private func isOver(_ waitingMax: Int, _ state: borrowing State, for caller: String) -> Bool {
        // With a slot free nothing has to wait.
        (state.isPaused || state.free.isEmpty) && state.line.count(of: caller) >= waitingMax
    }

    private func isFull(_ state: borrowing State, for caller: String? = nil) -> Bool {
        // A free slot is a place as well; a paused queue has none free for long.
        let bound = limit + (state.isPaused ? 0 : state.free.count)
        let taken = state.line.count + state.reserved + state.elsewhere
        guard taken >= bound else { return false }
        let more = limit / WorkQueue.moreForTheFew
        guard let caller, taken < bound + more else { return true }
        return state.line.count(of: caller) >= more
    }

    private func removeAbandoned(_ state: inout State) -> [WorkItem] {
        guard state.yielding > 0 else { return [] }
        let ids = state.line.elements.filter { $0.element.isAbandoned?() ?? false }.map(\.id)
        return ids.compactMap { state.remove($0) }
    }

    /// The share of the limit that stands open beyond it for callers who have few items waiting.
    private static let moreForTheFew = 10

    private func start(_ index: Int) {
        running.enter()
        slots[index].queue.async { self.run(index) }
    }

    private func run(_ index: Int) {
        defer { running.leave() }
        let slot = slots[index]
        while let next = take(index) {
            onStart(next.since.duration(to: .now), slot)
            next.item.work(slot)
            state.withLock { $0.drainRate.recordEnd(at: .now) }
        }
    }

    private func take(_ index: Int) -> (item: WorkItem, since: ContinuousClock.Instant)? {
        state.withLock { state in
            if !state.isPaused, let next = state.next() { return next }
            state.free.append(index)
            return nil
        }
    }
}
