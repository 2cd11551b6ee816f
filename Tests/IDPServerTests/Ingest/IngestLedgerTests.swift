import KafkaClient
import Testing

import struct TestSupport.SeededRandom

@testable import IDPServer

struct IngestLedgerTests {
    private let start = ContinuousClock.now
    private let run = RunID(at: Timestamp(milliseconds: 1_700_000_000_000))

    private func record(_ offset: Int64, _ partition: Int32 = 0) -> KafkaRecord {
        KafkaRecord(partition: partition, offset: offset, key: nil, value: nil)
    }

    private func ledger(width: Int = 2, line: Int = 4, window: Int = 8) -> IngestLedger {
        var ledger = IngestLedger(IngestLedger.Limits(width: width, line: line, window: window))
        ledger.assign([0, 1])
        return ledger
    }

    @Test func aRecordIsCommittedOnceItsAnswerIsAcknowledged() throws {
        var ledger = ledger()
        #expect(ledger.take(record(0)) && ledger.take(record(1)))
        let first = try #require(ledger.start(at: start)?.place)
        let second = try #require(ledger.start(at: start)?.place)
        #expect(ledger.follow(first, run, success: start) && ledger.follow(second, run, success: start))
        #expect(ledger.following.count == 2)
        // The second is through first: nothing may be committed that passes the first.
        #expect(ledger.answer(second) != nil && ledger.end(second) == nil)
        #expect(ledger.answer(first) != nil)
        #expect(ledger.isAnswering(first) && ledger.end(first) == 2)
        #expect(ledger.count == 0)
    }

    @Test func anAnswerIsGivenOnce() throws {
        var ledger = ledger()
        #expect(ledger.take(record(0)) == true)
        let place = try #require(ledger.start(at: start)?.place)
        #expect(ledger.follow(place, run, success: start) == true)
        #expect(ledger.answer(place) != nil && ledger.answer(place) == nil)
        #expect(ledger.follow(place, run, success: start) == false)
    }

    @Test func noMoreBeginThanMay() {
        var ledger = ledger()
        for offset in 0..<3 { #expect(ledger.take(record(Int64(offset))) == true) }
        #expect(ledger.start(at: start) != nil && ledger.start(at: start) != nil)
        #expect(ledger.start(at: start) == nil)
    }

    @Test func whatFailsComesAgainWhenItsTimeHasCome() throws {
        var ledger = ledger()
        #expect(ledger.take(record(0)) && ledger.take(record(1)))
        let place = try #require(ledger.start(at: start)?.place)
        #expect(ledger.fail(place, at: start)?.failures == 1)
        let later = start.advanced(by: .seconds(1))
        ledger.wait(place, until: later, others: false)
        // Others go on meanwhile.
        #expect(ledger.start(at: start)?.place.offset == 1)
        #expect(ledger.start(at: start) == nil)
        #expect(ledger.start(at: later)?.place == place)
    }

    @Test func whatConcernsAllHoldsEverything() throws {
        var ledger = ledger()
        #expect(ledger.take(record(0)) && ledger.take(record(1)))
        let place = try #require(ledger.start(at: start)?.place)
        _ = ledger.fail(place, at: start)
        let later = start.advanced(by: .seconds(1))
        ledger.wait(place, until: later, others: true)
        #expect(ledger.start(at: start) == nil)
        #expect(ledger.regulate(at: start, isStopping: false) == true && ledger.isPaused)
        #expect(ledger.regulate(at: start, isStopping: false) == nil)
        #expect(ledger.start(at: later)?.place.offset == 0)
        #expect(ledger.regulate(at: later, isStopping: false) == false && !ledger.isPaused)
    }

    /// Only failures between which others went through speak against a record.
    @Test func strikesNeedOthersThatGoThrough() throws {
        var ledger = ledger()
        #expect(ledger.take(record(0)) && ledger.take(record(1)))
        let place = try #require(ledger.start(at: start)?.place)
        for _ in 0..<5 {
            _ = ledger.fail(place, at: start)
            #expect(ledger.start(at: start)?.place == place)
        }
        #expect(ledger.take(record(2)) == true)
        // One that only found its run says nothing of what it takes to make one.
        let found = try #require(ledger.start(at: start)?.place)
        #expect(ledger.follow(found, run, success: nil) == true)
        #expect(ledger.fail(place, at: start.advanced(by: .seconds(1)))?.strikes == 0)
        #expect(ledger.start(at: start)?.place == place)
        let made = try #require(ledger.start(at: start)?.place)
        #expect(ledger.follow(made, run, success: start.advanced(by: .seconds(2))) == true)
        let failed = ledger.fail(place, at: start.advanced(by: .seconds(3)))
        #expect(failed?.failures == 7 && failed?.strikes == 1)
        #expect(ledger.giveUp(place) != nil && ledger.giveUp(place) == nil)
        #expect(ledger.end(place) == 1)
    }

    @Test func aPartitionThatGoesTakesItsRecordsWithIt() throws {
        var ledger = ledger()
        #expect(ledger.take(record(0, 0)) && ledger.take(record(0, 1)) && ledger.take(record(1, 0)))
        let gone = try #require(ledger.start(at: start)?.place)
        let kept = try #require(ledger.start(at: start)?.place)
        #expect(gone.partition == 0 && kept.partition == 1)
        ledger.revoke([0])
        #expect(ledger.count == 1 && ledger.assigned == [1])
        #expect(!ledger.follow(gone, run, success: start) && ledger.answer(gone) == nil && ledger.end(gone) == nil)
        #expect(ledger.take(record(2, 0)) == false)
        // It comes back and is read again: what the first time left behind is not mistaken for it.
        ledger.assign([0])
        #expect(ledger.take(record(0, 0)) == true)
        #expect(ledger.fail(gone, at: start) == nil && ledger.end(gone) == nil)
        #expect(ledger.start(at: start)?.place != gone)
        #expect(ledger.follow(kept, run, success: start) == true)
    }

    @Test func fetchingStopsWhereThereIsNoRoomAndWhileStopping() throws {
        var ledger = ledger(width: 1, line: 4, window: 8)
        for offset in 0..<4 { #expect(ledger.take(record(Int64(offset))) == true) }
        #expect(ledger.regulate(at: start, isStopping: false) == true)
        // Not at the first free place: each pause throws away what was fetched ahead.
        for left in [3, 2] {
            let place = try #require(ledger.start(at: start)?.place)
            #expect(ledger.follow(place, run, success: start) == true)
            #expect(ledger.regulate(at: start, isStopping: false) == nil, "\(left)")
        }
        let place = try #require(ledger.start(at: start)?.place)
        #expect(ledger.follow(place, run, success: start) == true)
        #expect(ledger.regulate(at: start, isStopping: false) == false)
        #expect(ledger.regulate(at: start, isStopping: true) == true)
    }

    /// A partition that comes while fetching is paused fetches; and those that were paused must not stay so.
    @Test func aNewPartitionIsToldWhatTheOthersWere() {
        var ledger = ledger(line: 1)
        #expect(ledger.take(record(0)) == true)
        #expect(ledger.regulate(at: start, isStopping: false) == true)
        ledger.assign([2])
        #expect(ledger.regulate(at: start, isStopping: false) == true)
        ledger.assign([3])
        #expect(ledger.start(at: start) != nil)
        #expect(ledger.regulate(at: start, isStopping: false) == false)
        #expect(ledger.regulate(at: start, isStopping: false) == nil)
    }

    @Test func theWindowCountsWhatWaitsForItsRun() throws {
        var ledger = ledger(width: 8, line: 64, window: 8)
        for offset in 0..<8 {
            #expect(ledger.take(record(Int64(offset))) == true)
            let place = try #require(ledger.start(at: start)?.place)
            #expect(ledger.follow(place, run, success: start) == true)
        }
        #expect(ledger.regulate(at: start, isStopping: false) == true)
        for (place, _) in ledger.following.prefix(2) {
            _ = ledger.answer(place)
            _ = ledger.end(place)
        }
        #expect(ledger.regulate(at: start, isStopping: false) == false)
    }

    @Test func lagCountsFromWhatIsDoneWith() throws {
        var ledger = ledger()
        #expect(ledger.lag.isEmpty && ledger.isBaseUnknown(0))
        ledger.note(0, base: 3, end: 10)
        #expect(ledger.lag == [0: 7] && !ledger.isBaseUnknown(0))
        #expect(ledger.take(record(3)) && ledger.take(record(4)))
        #expect(ledger.lag == [0: 7])
        let place = try #require(ledger.start(at: start)?.place)
        _ = ledger.answer(place)
        _ = ledger.end(place)
        #expect(ledger.lag == [0: 6])
    }

    /// Whatever happens in whatever order: nothing is committed that is open, and everything ends.
    @Test func nothingIsLostInWhateverOrder() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededRandom(seed)
        for _ in 0..<100 {
            var ledger = ledger(width: 3, line: 100, window: 100)
            var submitting: [IngestLedger.Place] = []
            var answering: [IngestLedger.Place] = []
            var done: Set<Int64> = []
            var next: Int64 = 0
            var committed: Int64 = 0
            var steps = 0
            while committed < 40, steps < 100_000 {
                steps += 1
                switch Int.random(in: 0..<6, using: &random) {
                case 0 where next < 40:
                    #expect(ledger.take(record(next)) == true)
                    next += 1
                case 1: if let entry = ledger.start(at: start) { submitting.append(entry.place) }
                case 2:
                    guard let place = submitting.popLast() else { continue }
                    #expect(ledger.fail(place, at: start) != nil)
                case 3:
                    guard let place = submitting.popLast() else { continue }
                    #expect(ledger.follow(place, run, success: start) == true)
                case 4:
                    guard let (place, _) = ledger.following.randomElement(using: &random) else { continue }
                    #expect(ledger.answer(place) != nil)
                    answering.append(place)
                default:
                    answering.shuffle(using: &random)
                    guard let place = answering.popLast() else { continue }
                    done.insert(place.offset)
                    if let moved = ledger.end(place) {
                        committed = moved
                        #expect((0..<moved).allSatisfy(done.contains))
                    }
                }
            }
            #expect(committed == 40 && ledger.count == 0)
        }
    }
}
