import Testing

import struct TestSupport.SeededRandom

@testable import IDPServer

struct OffsetTrackerTests {
    @Test func movesPastWhatIsDoneWithInOrder() {
        var tracker = OffsetTracker()
        #expect(tracker.next == nil)
        for offset: Int64 in [5, 6, 9, 10] { #expect(tracker.begin(offset) == true) }
        #expect(tracker.next == 5)
        #expect(tracker.end(6) == nil && tracker.end(9) == nil)
        #expect(tracker.openCount == 2)
        #expect(tracker.end(5) == 10)
        #expect(tracker.end(10) == 11)
        #expect(tracker.next == 11 && tracker.openCount == 0)
    }

    @Test func knowsARecordThatCameBefore() {
        var tracker = OffsetTracker()
        #expect(tracker.begin(3) && tracker.begin(4))
        #expect(!tracker.begin(4) && !tracker.begin(2))
        _ = tracker.end(3)
        _ = tracker.end(4)
        #expect(!tracker.begin(4) && tracker.begin(5))
    }

    /// Whatever the order, what may be committed never passes a record that is open, and in the end passes all.
    @Test func neverPassesAnOpenRecord() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededRandom(seed)
        for _ in 0..<200 {
            var tracker = OffsetTracker()
            var open: Set<Int64> = []
            var next: Int64 = 0
            var committed: Int64?
            for _ in 0..<100 {
                if open.isEmpty || Bool.random(using: &random) {
                    next += Int64.random(in: 1...3, using: &random)
                    #expect(tracker.begin(next) == true)
                    open.insert(next)
                } else if let offset = open.randomElement(using: &random) {
                    open.remove(offset)
                    if let moved = tracker.end(offset) {
                        #expect(moved > committed ?? -1 && open.allSatisfy { $0 >= moved })
                        committed = moved
                    }
                }
            }
            for offset in open.shuffled(using: &random) { committed = tracker.end(offset) ?? committed }
            #expect(committed == next + 1)
        }
    }
}
