import Dispatch
import Observability
import Synchronization
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(1)))
struct WorkQueueTests {
    fileprivate func queue(_ slots: Int, limit: Int) -> WorkQueue {
        WorkQueue(
            name: "test", limit: limit,
            slots: (0..<slots).map { WorkSlot(queue: DispatchQueue(label: "idp.worker.\($0)"), lane: .shared) })
    }

    fileprivate func id(_ number: Int64) -> RunID { RunID(at: Timestamp(milliseconds: number)) }

    @Test func countsPlacesThatAreReservedOrTaken() {
        let queue = queue(1, limit: 1)
        #expect(queue.reserve())
        #expect(queue.reserve())
        #expect(!queue.reserve())
        queue.release()
        #expect(!queue.isFull)
        #expect(queue.reserve())
        #expect(queue.isFull && queue.depth == 0)
    }

    @Test func runsAsManyAtATimeAsItHasSlots() {
        let queue = queue(3, limit: 100)
        let running = Mutex((now: 0, most: 0, done: 0))
        for number in 0..<50 {
            queue.enqueue(
                WorkItem(id: id(Int64(number)), priority: .normal) { _ in
                    running.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    running.withLock {
                        $0.now -= 1
                        $0.done += 1
                    }
                }, reserved: false)
        }
        #expect(queue.waitUntilIdle(by: .after(.seconds(20))))
        #expect(running.withLock { $0.done } == 50)
        #expect(running.withLock { $0.most } <= 3)
    }

    @Test func knowsPositionsAgesAndTakesItemsOut() {
        let queue = queue(1, limit: 10)
        queue.pause()
        let ids = (0..<4).map { id($0) }
        for (index, level) in [5, 5, 9, 1].enumerated() {
            queue.enqueue(WorkItem(id: ids[index], priority: JobPriority(level)) { _ in }, reserved: false)
        }
        #expect(ids.map { queue.position(of: $0) } == [1, 2, 0, 3])
        #expect(queue.depth == 4 && queue.oldestAge != nil)
        #expect(queue.remove(ids[0]))
        #expect(!queue.remove(ids[0]))
        #expect(ids.map { queue.position(of: $0) } == [nil, 1, 0, 2])
        #expect(queue.removeAll().map(\.id) == [ids[2], ids[1], ids[3]])
        #expect(queue.depth == 0 && queue.oldestAge == nil)
    }

    @Test func tellsWhenItIsNotIdleInTime() {
        let queue = queue(1, limit: 1)
        let hold = DispatchGroup()
        hold.enter()
        queue.enqueue(WorkItem(id: id(1), priority: .normal) { _ in hold.wait() }, reserved: false)
        #expect(!queue.waitUntilIdle(by: .after(.milliseconds(10))))
        hold.leave()
        #expect(queue.waitUntilIdle(by: .after(.seconds(20))))
    }
}

extension WorkQueueTests {
    private func items(_ queue: WorkQueue, _ numbers: Range<Int64>, of caller: String) {
        for number in numbers where queue.reserve(for: caller) {
            let item = WorkItem(id: id(number), caller: caller, priority: .normal) { _ in }
            queue.enqueue(item, reserved: true)
        }
    }

    @Test func keepsATenthMoreForCallersWhoHaveFew() {
        let queue = queue(1, limit: 100)
        queue.pause()
        items(queue, 0..<200, of: "loud")
        #expect(queue.depth == 100 && queue.isFull && queue.isFull(for: "loud"))
        #expect(!queue.isFull(for: "quiet"))
        items(queue, 200..<300, of: "quiet")
        #expect(queue.depth == 110 && queue.isFull(for: "quiet") && queue.isFull(for: "third"))
    }

    @Test func letsAbandonedItemsGiveWayWhenItIsFull() {
        let queue = queue(1, limit: 2)
        queue.pause()
        let discarded = Mutex(0)
        queue.enqueue(
            WorkItem(
                id: id(1), priority: .normal, isAbandoned: { true }, discard: { discarded.withLock { $0 += 1 } },
                work: { _ in }), reserved: false)
        queue.enqueue(WorkItem(id: id(2), priority: .normal, isAbandoned: { false }, work: { _ in }), reserved: false)
        #expect(queue.reserve())
        #expect(discarded.withLock { $0 } == 1)
        #expect(!queue.reserve())
        #expect(queue.depth == 1)
    }
}
