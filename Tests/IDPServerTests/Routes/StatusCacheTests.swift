import Pipeline
import Testing

@testable import IDPServer

/// An answer is sent again only while it is still true.
struct StatusCacheTests {
    private static func record(_ state: RunState, at milliseconds: Int64 = 1_795_449_600_000) -> RunRecord {
        let moment = Timestamp(milliseconds: milliseconds)
        let document = RunDocument(fileExtension: "pdf", size: 1, sha256: [])
        var record = RunRecord(
            id: RunID(at: moment), kind: .job, createdAt: moment, fio: "А Б", today: moment.day(hoursEast: 5),
            document: document)
        record.state = state
        return record
    }

    private static func answer(
        _ record: RunRecord, _ progress: Progress? = nil, at nanoseconds: UInt64 = 0
    ) -> StatusCache.Answer {
        StatusCache.Answer(record, progress, body: [1], retryAfterSeconds: nil, madeAt: nanoseconds)
    }

    @Test func anEndedRunsAnswerStaysRight() {
        let cache = StatusCache()
        let record = Self.record(.completed)
        #expect(cache.answer(record, nil, now: 0) == nil)
        cache.keep(Self.answer(record))
        #expect(cache.answer(record, nil, now: .max)?.body == [1])
    }

    @Test func aChangedRecordHasNoAnswer() {
        let cache = StatusCache()
        var record = Self.record(.completed)
        cache.keep(Self.answer(record))
        record.attempts += 1
        #expect(cache.answer(record, nil, now: 0) == nil)
    }

    @Test func aLiveRunsAnswerGoesWithItsProgressAndWithTime() {
        let cache = StatusCache()
        let record = Self.record(.running)
        let progress = Progress(stage: .text, page: 1, pages: 2)
        cache.keep(Self.answer(record, progress, at: 1000))
        #expect(cache.answer(record, progress, now: 1000 + StatusCache.liveAgeMax - 1) != nil)
        #expect(cache.answer(record, progress, now: 1000 + StatusCache.liveAgeMax) == nil)
        #expect(cache.answer(record, Progress(stage: .text, page: 2, pages: 2), now: 1000) == nil)
        #expect(cache.answer(record, nil, now: 1000) == nil)
    }

    @Test func theOldestGo() {
        let cache = StatusCache(limit: 2)
        let records = (0..<3).map { Self.record(.completed, at: 1_795_449_600_000 + $0) }
        for record in records { cache.keep(Self.answer(record)) }
        cache.keep(Self.answer(records[2]))
        #expect(records.map { cache.answer($0, nil, now: 0) != nil } == [false, true, true])
    }
}
