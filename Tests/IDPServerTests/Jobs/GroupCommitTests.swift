import Dispatch
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

    /// One client after the other, each with changes of what went before beside it: nobody ever waits for a timer.
    @Test func aLoneElementNeverWaitsForATimer() async {
        let flushed = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let commits = GroupCommit<Int>(label: "test") { batch in
            guard batch.contains(1) else { return }
            flushed.withLock { waiting in
                waiting?.resume()
                waiting = nil
            }
        }
        for _ in 0..<200 {
            await withCheckedContinuation { continuation in
                flushed.withLock { $0 = continuation }
                commits.announce()
                commits.add(1, wasAnnounced: true)
                commits.add(2)
                commits.add(3)
            }
        }
        let counts = commits.counts
        #expect(counts.flushesByTimer == 0)
        #expect(counts.flushes >= 200)
    }

    /// The control: where a crowd came before, one that comes alone right after it waits for company, and a timer ends
    /// that. Repeated until it has been seen, as the crowd is forgotten when the machine pauses.
    @Test func aCrowdIsWaitedFor() async {
        let count = Mutex(0)
        let commits = GroupCommit<Int>(label: "test") { batch in count.withLock { $0 += batch.count } }
        var added = 0
        while commits.counts.flushesByTimer == 0 {
            for size in [4, 4, 4, 1] {
                for _ in 0..<size { commits.announce() }
                for number in 0..<size { commits.add(number, wasAnnounced: true) }
                added += size
                while count.withLock({ $0 }) < added { await Task.yield() }
            }
        }
        #expect(commits.counts.flushes < added)
    }

    /// What comes during a flush makes one batch, in order.
    @Test func gathersWhatComesDuringAFlush() async {
        let batches = Mutex<[[Int]]>([])
        let started = DispatchGroup()
        let hold = DispatchGroup()
        started.enter()
        hold.enter()
        await withCheckedContinuation { continuation in
            let commits = GroupCommit<Int>(label: "test", batchLimit: 50) { batch in
                batches.withLock { $0.append(batch) }
                if batch == [0] {
                    started.leave()
                    hold.wait()
                }
                if batch.last == 100 { continuation.resume() }
            }
            commits.add(0)
            started.notify(queue: .global()) {
                for number in 1...100 { commits.add(number) }
                hold.leave()
            }
        }
        #expect(batches.withLock { $0 } == [[0], Array(1...50), Array(51...100)])
    }

    @Test func losesNothingUnderContention() async {
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            let commits = GroupCommit<Int>(label: "test") { batch in
                let count = seen.withLock { seen in
                    seen += batch
                    return seen.count
                }
                if count == 8000 { continuation.resume() }
            }
            for start in 0..<8 {
                DispatchQueue.global().async { for number in 0..<1000 { commits.add(start * 1000 + number) } }
            }
        }
        #expect(seen.withLock { $0.sorted() } == Array(0..<8000))
        for start in 0..<8 {
            let own = seen.withLock { $0.filter { $0 / 1000 == start } }
            #expect(own == own.sorted())
        }
    }

    /// Somebody who waits alone must not stand behind an expectation that others have raised.
    @Test func waitsForNobodyWhenUrgent() async {
        let begin = ContinuousClock.now
        await withCheckedContinuation { continuation in
            let commits = GroupCommit<Int>(label: "test") { batch in
                if batch.last == 99 { continuation.resume() }
            }
            for number in 0..<64 { commits.add(number) }
            commits.add(99, isUrgent: true)
        }
        #expect(begin.duration(to: .now) < .seconds(20))
    }

    /// Those who are on their way when the first one comes share its flush.
    @Test func waitsForThoseThatWereAnnounced() async {
        let sizes = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            let commits = GroupCommit<Int>(label: "test") { batch in
                sizes.withLock { $0.append(batch.count) }
                if batch.last == 40 { continuation.resume() }
            }
            for _ in 0...21 { commits.announce() }
            for number in 0..<20 { commits.add(number, wasAnnounced: true) }
            commits.withdraw()
            commits.add(20, wasAnnounced: true)
            commits.announce()
            commits.add(40)
            commits.withdraw()
        }
        #expect(sizes.withLock { $0 } == [21, 1] || sizes.withLock { $0 } == [22])
    }
}
