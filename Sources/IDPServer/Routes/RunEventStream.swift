internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline
internal import Synchronization

/// One client's view of a run as it goes on: server-sent events (WHATWG HTML, 9.2) in a body that is written bit by
/// bit.
///
/// Events: `state` with the status document, at the beginning and at each change; `progress` with stage, page and
/// pages; `queue` with the place in the line. The stream ends with the `state` event of a final state. A state's event
/// id is made of the state itself, so it means the same to every node and after a restart: a client that comes back
/// with it (`Last-Event-ID`) is not told what it knows, and one that has seen the end is answered 204, which is how a
/// server tells an `EventSource` to stop coming back.
///
/// Any thread. Nothing in here blocks; a client that does not take what it is sent is let go.
final class RunEventStream: Sendable {
    private struct State {
        var status: RunState?
        var position: Int?
        var lastWrite = ContinuousClock.now
        var isEnded = false
    }

    /// The run that it is about.
    let runID: RunID
    /// What the client is sent.
    let body = BodyStream()
    private let state = Mutex(State())

    /// What may wait for a client before it is let go.
    private static let pendingBytesMax = 64 << 10

    init(runID: RunID) {
        self.runID = runID
    }

    /// Whether nothing more is written.
    var isEnded: Bool { state.withLock { $0.isEnded } || body.isClosed }

    /// The id of the event that tells a run's state.
    static func eventID(of record: RunRecord) -> String {
        "\(record.state.rawValue)-\(record.replays)-\(record.attempts)"
    }

    /// Begins: reads the run and tells it, before anything that `watch` brings. `seen` is the client's `Last-Event-ID`.
    func begin(seen: String?, watch: () -> Void, read: () -> (RunRecord, Pipeline.Progress?, Int?)) {
        // The lock holds back what the watch brings meanwhile.
        state.withLock { state in
            append("retry: 3000\n\n", &state)
            watch()
            let (record, progress, position) = read()
            if seen == Self.eventID(of: record), !record.state.isFinal {
                state.status = record.state
            } else {
                tell(record, progress, position, &state)
            }
            state.position = position
            if let progress, !record.state.isFinal { tell(progress, &state) }
        }
    }

    /// Tells an update; `isStopping` ends the stream after it, whatever the state.
    func take(_ update: RunUpdate, isStopping: Bool) {
        state.withLock { state in
            guard !state.isEnded else { return }
            switch update {
            case .state(let record):
                if record.state != state.status { tell(record, nil, nil, &state) }
                if isStopping { end(&state, ": the server stops\n\n") }
            case .progress(let progress): tell(progress, &state)
            }
        }
    }

    /// Tells the place in the line if it is another one, and shows a sign of life after a silence.
    func tick(position: Int?, expectedSeconds: Int?, heartbeat: Duration, isStopping: Bool) {
        state.withLock { state in
            guard !state.isEnded else { return }
            if isStopping { return end(&state, ": the server stops\n\n") }
            if body.pendingBytes > Self.pendingBytesMax { return end(&state, "") }
            if let position, position != state.position {
                state.position = position
                let event = QueueEvent(runID: runID, position: position, expectedSeconds: expectedSeconds)
                append(Self.text("queue", id: nil, event), &state)
            } else if state.lastWrite.duration(to: .now) >= heartbeat {
                append(": heartbeat\n\n", &state)
            }
        }
    }

    private func tell(_ record: RunRecord, _ progress: Pipeline.Progress?, _ position: Int?, _ state: inout State) {
        state.status = record.state
        let document = RunResponse(record: record, progress: progress, queuePosition: position)
        append(Self.text("state", id: Self.eventID(of: record), document), &state)
        if record.state.isFinal { end(&state, "") }
    }

    private func tell(_ progress: Pipeline.Progress, _ state: inout State) {
        append(Self.text("progress", id: nil, ProgressEvent(runID: runID, progress: progress)), &state)
    }

    private func append(_ text: String, _ state: inout State) {
        guard !state.isEnded, !text.isEmpty else { return }
        state.lastWrite = .now
        body.write(Array(text.utf8))
    }

    private func end(_ state: inout State, _ last: String) {
        guard !state.isEnded else { return }
        append(last, &state)
        state.isEnded = true
        body.finish()
    }

    private static func text(_ event: String, id: String?, _ data: some Encodable) -> String {
        // JSON of ours has no line breaks, so it is one `data` line; it can always be encoded.
        let json = (try? JSONEncoder.wire.encode(data)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return (id.map { "id: \($0)\n" } ?? "") + "event: \(event)\ndata: \(json)\n\n"
    }
}

/// `data` of a `progress` event.
private struct ProgressEvent: Encodable {
    let runID: RunID
    let progress: Pipeline.Progress

    private enum Key: String, CodingKey {
        case runID = "run_id"
        case stage, page, pages
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(runID.description, forKey: .runID)
        try container.encode(progress.stage, forKey: .stage)
        try container.encode(progress.page, forKey: .page)
        try container.encode(progress.pages, forKey: .pages)
    }
}

/// `data` of a `queue` event.
private struct QueueEvent: Encodable {
    let runID: RunID
    let position: Int
    let expectedSeconds: Int?

    private enum Key: String, CodingKey {
        case runID = "run_id"
        case position = "queue_position"
        case expectedSeconds = "expected_seconds"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(runID.description, forKey: .runID)
        try container.encode(position, forKey: .position)
        try container.encode(expectedSeconds, forKey: .expectedSeconds)
    }
}
