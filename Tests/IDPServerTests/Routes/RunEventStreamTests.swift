import Pipeline
import Testing

@testable import EventHTTP
@testable import IDPServer

struct RunEventStreamTests {
    private func text(_ stream: RunEventStream) -> String {
        String(decoding: stream.body.take().chunks.flatMap(\.self), as: UTF8.self)
    }

    private func events(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
    }

    private func begun(_ record: RunRecord, seen: String? = nil, position: Int? = nil) -> RunEventStream {
        let stream = RunEventStream(runID: record.id)
        stream.begin(seen: seen, watch: {}, read: { (record, nil, position) })
        return stream
    }

    @Test func tellsTheStateFirstAndEndsWithTheLast() throws {
        var record = try RunRecord.sample()
        let stream = begun(record, position: 3)
        let first = text(stream)
        #expect(events(first) == ["state"] && first.contains("id: accepted-0-0\n"))
        #expect(first.contains("\"status\":\"accepted\"") && first.contains("\"queue_position\":3"))
        record.state = .running
        record.attempts = 1
        stream.take(.state(record), isStopping: false)
        stream.take(.progress(Progress(stage: .text, page: 2, pages: 9)), isStopping: false)
        let middle = text(stream)
        #expect(events(middle) == ["state", "progress"])
        #expect(middle.contains(#"{"page":2,"pages":9,"run_id":"\#(record.id)","stage":"text"}"#))
        #expect(!stream.isEnded)
        record.state = .completed
        record.verdict = true
        stream.take(.state(record), isStopping: false)
        #expect(stream.isEnded)
        #expect(text(stream).contains("id: completed-0-1\nevent: state\n"))
        stream.take(.state(record), isStopping: false)
        #expect(text(stream).isEmpty)
    }

    @Test func tellsAStateOnce() throws {
        var record = try RunRecord.sample()
        record.state = .running
        let stream = begun(record)
        _ = text(stream)
        stream.take(.state(record), isStopping: false)
        #expect(text(stream).isEmpty)
    }

    /// A client that comes back is told only what it does not know.
    @Test func leavesOutWhatTheClientHasSeen() throws {
        let record = try RunRecord.sample()
        #expect(events(text(begun(record, seen: "accepted-0-0"))).isEmpty)
        #expect(events(text(begun(record, seen: "running-0-1"))) == ["state"])
        let ended = try RunRecord.sample(1, state: .failed)
        #expect(events(text(begun(ended, seen: "failed-0-0"))) == ["state"])
    }

    @Test func tellsTheLineAndSignsOfLife() throws {
        let stream = begun(try RunRecord.sample(), position: 2)
        _ = text(stream)
        stream.tick(position: 2, expectedSeconds: 5, heartbeat: .seconds(60), isStopping: false)
        #expect(text(stream).isEmpty)
        stream.tick(position: 1, expectedSeconds: 5, heartbeat: .seconds(60), isStopping: false)
        let moved = text(stream)
        #expect(events(moved) == ["queue"] && moved.contains("\"expected_seconds\":5"))
        stream.tick(position: 1, expectedSeconds: 5, heartbeat: .zero, isStopping: false)
        #expect(text(stream) == ": heartbeat\n\n")
    }

    @Test func endsWhenTheServerStopsOrTheClientDoesNotRead() throws {
        let stopping = begun(try RunRecord.sample())
        stopping.tick(position: nil, expectedSeconds: nil, heartbeat: .seconds(60), isStopping: true)
        #expect(stopping.isEnded && stopping.body.take().isFinished)
        let unread = begun(try RunRecord.sample())
        for page in 0..<2_000 {
            unread.take(.progress(Progress(stage: .text, page: page, pages: 2_000)), isStopping: false)
        }
        unread.tick(position: nil, expectedSeconds: nil, heartbeat: .seconds(60), isStopping: false)
        #expect(unread.isEnded)
    }
}
