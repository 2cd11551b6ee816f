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
    var priority: JobPriority
    /// Whether nobody wants it any more: such items give way when the queue is full.
    var isAbandoned: @Sendable () -> Bool = { false }
    /// Called instead of `work` when it has given way; must not block.
    var discard: @Sendable () -> Void = {}
    /// Runs on a slot's queue and may block it.
    var work: @Sendable (WorkSlot) -> Void
}

/// A bounded queue in front of a fixed number of serial Dispatch queues.
///
/// DESIGN. Items wait in one first-in-first-out row per priority; a free slot takes the oldest item of the highest
/// priority. The bound counts places, and a place is reserved before the work that leads to an item begins, so that a
/// job is never made durable only to find the queue full. Items that must not be refused (acknowledged jobs after a
/// restart) enter beyond the bound. State is one `Mutex`; items run outside of it.
final class WorkQueue: Sendable {
    private struct Waiting {
        var item: WorkItem
        var since: ContinuousClock.Instant
    }

    private struct State {
        /// By priority level.
        var rows: [FIFO<Waiting>] = Array(repeating: FIFO(), count: JobPriority.range.count)
        var waiting = 0
        var reserved = 0
        var free: [Int]
        var isPaused = false
        var drainRate = DrainRate()

        mutating func next() -> Waiting? {
            guard waiting > 0 else { return nil }
            for level in rows.indices.reversed() {
                if let first = rows[level].popFirst() {
                    waiting -= 1
                    return first
                }
            }
            return nil
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
    var depth: Int { state.withLock { $0.waiting } }

    /// Items that run.
    var runningCount: Int { state.withLock { slots.count - $0.free.count } }

    /// How long the oldest item has waited; nil when none waits.
    var oldestAge: Duration? {
        let oldest = state.withLock { state in state.rows.compactMap { $0.first?.since }.min() }
        return oldest.map { $0.duration(to: .now) }
    }

    /// Whether a reservation would be refused.
    var isFull: Bool { state.withLock { isFull($0) } }

    /// Reserves a place; false when there is none. Any thread.
    func reserve() -> Bool {
        let (isReserved, abandoned) = state.withLock { state -> (Bool, [WorkItem]) in
            let abandoned = isFull(state) ? removeAbandoned(&state) : []
            guard !isFull(state) else { return (false, abandoned) }
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
            state.rows[item.priority.level].append(Waiting(item: item, since: .now))
            state.waiting += 1
            return state.isPaused ? nil : state.free.popLast()
        }
        if let slot { start(slot) }
    }

    /// Takes an item out of the line; false when it is not in it (any more).
    func remove(_ id: RunID) -> Bool {
        state.withLock { state in
            for level in state.rows.indices where state.rows[level].removeFirst(where: { $0.item.id == id }) {
                state.waiting -= 1
                return true
            }
            return false
        }
    }

    /// How many items run before this one, going by the line as it is; nil when it is not in it.
    func position(of id: RunID) -> Int? {
        state.withLock { state in
            var before = 0
            for row in state.rows.reversed() {
                if let index = row.firstIndex(where: { $0.item.id == id }) { return before + index }
                before += row.count
            }
            return nil
        }
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

    private func isFull(_ state: borrowing State) -> Bool {
        // A free slot is a place as well; a paused queue has none free for long.
        state.waiting + state.reserved >= limit + (state.isPaused ? 0 : state.free.count)
    }

    private func removeAbandoned(_ state: inout State) -> [WorkItem] {
        let removed = state.rows.indices.flatMap { state.rows[$0].removeAll { $0.item.isAbandoned() } }
        state.waiting -= removed.count
        return removed.map(\.item)
    }

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

    private func take(_ index: Int) -> Waiting? {
        state.withLock { state in
            if !state.isPaused, let next = state.next() { return next }
            state.free.append(index)
            return nil
        }
    }
}
