internal import EventHTTP
internal import Pipeline
internal import Synchronization

/// The bodies of status answers as they were last sent, so that a loop can send them again without a queue or an
/// encoder.
///
/// An answer is good for as long as the run's published record and progress are what it was made of. While the run
/// lives, it also says what changes without the record (place in the line, when to ask again): then it is good for
/// `liveAgeMax` only. Bounded: the oldest go.
final class StatusCache: Sendable {
    /// One answer.
    final class Answer: Sendable {
        let record: RunRecord
        let progress: Progress?
        let body: [UInt8]
        /// For `Retry-After`; nil of a run that has ended.
        let retryAfterSeconds: Int?
        /// Monotonic nanoseconds.
        let madeAt: UInt64

        init(_ record: RunRecord, _ progress: Progress?, body: [UInt8], retryAfterSeconds: Int?, madeAt: UInt64) {
            self.record = record
            self.progress = progress
            self.body = body
            self.retryAfterSeconds = retryAfterSeconds
            self.madeAt = madeAt
        }
    }

    private struct State {
        var answers: [RunID: Answer] = [:]
        var order = FIFO<RunID>()
    }

    /// Answers that are kept: as many as there are ended runs in memory, some hundred bytes each.
    static let limitDefault = 4096
    /// Nanoseconds for which the answer of a live run may be sent again: its place in the line may be old by that.
    static let liveAgeMax: UInt64 = 100_000_000

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = StatusCache.limitDefault) {
        self.limit = limit
    }

    /// The answer for a run that stands as `record` and `progress` say; nil if there is none that is still right.
    /// Never blocks for long and allocates nothing: fit for a loop.
    func answer(_ record: RunRecord, _ progress: Progress?, now: UInt64) -> Answer? {
        guard let answer = state.withLock({ $0.answers[record.id] }), answer.record == record,
            answer.progress == progress
        else { return nil }
        return record.state.isFinal || now &- answer.madeAt < Self.liveAgeMax ? answer : nil
    }

    /// Keeps an answer.
    func keep(_ answer: Answer) {
        state.withLock { state in
            let id = answer.record.id
            if state.answers.updateValue(answer, forKey: id) == nil { state.order.append(id) }
            while state.order.count > limit, let oldest = state.order.popFirst() { state.answers[oldest] = nil }
        }
    }
}
