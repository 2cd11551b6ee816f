internal import Dispatch
internal import EventHTTP
internal import Observability
internal import Synchronization

/// The open event streams: bounded in number, looked after once a second by one timer while there are any.
final class RunEvents: Sendable {
    private struct Entry {
        var stream: RunEventStream
        /// Nil or negative when the run does not live in this process: the store is asked too, for messages of other
        /// nodes may be lost.
        var watch: Int?
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var nextKey = 0
        var isTicking = false
    }

    private let runs: RunService
    private let limit: Int
    private let heartbeat: Duration
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "idp.events")

    /// - Parameters:
    ///   - limit: streams that may be open at a time.
    ///   - heartbeat: the longest silence of a stream.
    init(runs: RunService, limit: Int, heartbeat: Duration) {
        self.runs = runs
        self.limit = limit
        self.heartbeat = heartbeat
    }

    /// Streams that are open.
    var count: Int { state.withLock { $0.entries.count } }

    /// Opens a stream of a run; nil when the client has seen its end. May read the disk: not for a loop.
    ///
    /// - Parameter seen: the client's `Last-Event-ID`.
    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `STORAGE_FAILED`, `SERVER_BUSY` when too many are open.
    func open(_ id: RunID, seen: String?) throws(ServiceError) -> BodyStream? {
        let record = try runs.record(for: id)
        if record.state.isFinal, seen == RunEventStream.eventID(of: record) { return nil }
        let stream = RunEventStream(runID: id)
        guard let key = enter(stream) else {
            throw ServiceError(.serverBusy, "Too many event streams are open", retryAfter: 5)
        }
        stream.begin(seen: seen) {
            let watch = runs.watch(id) { [runs, weak stream] update in
                stream?.take(update, isStopping: runs.isStopAnnounced)
            }
            state.withLock { $0.entries[key]?.watch = watch }
        } read: {
            (runs.recentRecord(for: id) ?? record, runs.progress(of: id), runs.jobQueue.position(of: id))
        }
        stream.body.onClose { [weak self] in self?.leave(key, id) }
        // An ended stream of a client that never reads is not kept for it.
        if stream.isEnded { leave(key, id) }
        return stream.body
    }

    private func enter(_ stream: RunEventStream) -> Int? {
        let (key, begins) = state.withLock { state -> (Int?, Bool) in
            guard state.entries.count < limit else { return (nil, false) }
            let key = state.nextKey
            state.nextKey += 1
            state.entries[key] = Entry(stream: stream)
            defer { state.isTicking = true }
            return (key, !state.isTicking)
        }
        if begins { queue.asyncAfter(deadline: .now() + .seconds(1)) { self.tick() } }
        return key
    }

    private func leave(_ key: Int, _ id: RunID) {
        let entry = state.withLock { $0.entries.removeValue(forKey: key) }
        if let watch = entry?.watch { runs.unwatch(id, watch) }
    }

    private func tick() {
        let entries = state.withLock { state -> [Int: Entry] in
            state.isTicking = !state.entries.isEmpty
            return state.entries
        }
        let isStopping = runs.isStopAnnounced
        for (key, entry) in entries {
            let stream = entry.stream
            if entry.watch ?? -1 < 0, let record = try? runs.record(for: stream.runID) {
                stream.take(.state(record), isStopping: isStopping)
            }
            let position = runs.jobQueue.position(of: stream.runID)
            let seconds = position.map { runs.jobQueue.seconds(forItems: $0 + 1, limit: 86_400) }
            stream.tick(position: position, expectedSeconds: seconds, heartbeat: heartbeat, isStopping: isStopping)
            if stream.isEnded { leave(key, stream.runID) }
        }
        if !entries.isEmpty { queue.asyncAfter(deadline: .now() + .seconds(1)) { self.tick() } }
    }
}
