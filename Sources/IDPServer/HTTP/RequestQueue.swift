internal import Dispatch
internal import Synchronization

/// Where queued handlers run: one line of requests, and a few serial Dispatch queues that work it off. Handlers here
/// check, read a row, move a file; what takes a document's time has queues of its own.
///
/// DESIGN. Waking a thread costs more than most handlers do. So a loop brings what one of its turns has collected in
/// one go; a worker that has begun takes one request after the other until the line is empty, and only then goes back
/// to sleep. Each takes one at a time, so that nobody stands behind a slow one while another worker is free; and who
/// finds more in the line than it takes wakes the next worker, so that one request wakes one and a burst wakes all.
///
/// Bounded: beyond `limit` requests, new ones are given back.
final class RequestQueue<Item: Sendable>: Sendable {
    private struct State {
        var line = FIFO<Item>()
        /// Requests that run.
        var running = 0
        /// Workers that sleep, the one that was awake last at the end: its thread is the warmest.
        var idle: [Int]
    }

    private let workers: [DispatchQueue]
    private let limit: Int
    private let run: @Sendable (Item) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - width: how many requests run at once.
    ///   - limit: requests that may wait or run in all; each holds a connection anyway, so this only caps what a burst
    ///     may queue.
    ///   - run: runs one request, on a worker.
    init(width: Int, limit: Int = 4096, run: @escaping @Sendable (Item) -> Void) {
        workers = (0..<max(1, width)).map { DispatchQueue(label: "idp.request.\($0)", qos: .userInitiated) }
        state = Mutex(State(idle: Array(workers.indices.reversed())))
        self.limit = limit
        self.run = run
    }

    /// Requests that wait or run.
    var depth: Int { state.withLock { $0.line.count + $0.running } }

    /// Puts requests at the end of the line, in their order, and empties `items`, whose memory can be used again. From
    /// any thread.
    ///
    /// - Returns: those for which there was no room.
    func submit(_ items: inout [Item]) -> [Item] {
        let (taken, worker) = state.withLock { state in
            let room = max(0, limit - state.line.count - state.running)
            let taken = min(items.count, room)
            for item in items.prefix(taken) { state.line.append(item) }
            return (taken, state.line.count > 0 ? state.idle.popLast() : nil)
        }
        let refused = Array(items.dropFirst(taken))
        items.removeAll(keepingCapacity: true)
        if let worker { wake(worker) }
        return refused
    }

    private func wake(_ worker: Int) {
        workers[worker].async { [self] in workOff(worker) }
    }

    /// Runs requests until none waits.
    private func workOff(_ worker: Int) {
        var isFirst = true
        while true {
            let (item, next) = state.withLock { state -> (Item?, Int?) in
                if !isFirst { state.running -= 1 }
                guard let item = state.line.popFirst() else {
                    state.idle.append(worker)
                    return (nil, nil)
                }
                state.running += 1
                return (item, state.line.count > 0 ? state.idle.popLast() : nil)
            }
            guard let item else { return }
            isFirst = false
            if let next { wake(next) }
            run(item)
        }
    }
}
