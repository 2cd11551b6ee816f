import Foundation
import Synchronization
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(1)))
struct GroupCommitTests {
    @Test func flushesALoneElementAtOnce() async {
        await withCheckedContinuation { continuation in
            let commits = GroupCommit<Int>(label: "test") { batch in
                #expect(batch == [7])
                continuation.resume()
            }
            commits.add(7)
        }
    }

    /// What comes during a flush makes one batch, in order.
    @Test func gathersWhatComesDuringAFlush() {
        let batches = Mutex<[[Int]]>([])
        let started = DispatchGroup()
        let hold = DispatchGroup()
        started.enter()
        hold.enter()
        let commits = GroupCommit<Int>(label: "test", batchLimit: 50) { batch in
            batches.withLock { $0.append(batch) }
            if batch == [0] {
                started.leave()
                hold.wait()
            }
        }
        commits.add(0)
        started.wait()
        for number in 1...100 { commits.add(number) }
        hold.leave()
        commits.waitUntilFlushed()
        #expect(batches.withLock { $0 } == [[0], Array(1...50), Array(51...100)])
    }

    @Test func losesNothingUnderContention() async {
        let seen = Mutex<[Int]>([])
        let commits = GroupCommit<Int>(label: "test") { batch in seen.withLock { $0 += batch } }
        await withTaskGroup(of: Void.self) { group in
            for start in 0..<8 {
                group.addTask { for number in 0..<1000 { commits.add(start * 1000 + number) } }
            }
        }
        commits.waitUntilFlushed()
        #expect(seen.withLock { $0.sorted() } == Array(0..<8000))
        for start in 0..<8 {
            let own = seen.withLock { $0.filter { $0 / 1000 == start } }
            #expect(own == own.sorted())
        }
    }
}
