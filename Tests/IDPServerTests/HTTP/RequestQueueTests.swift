import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

struct RequestQueueTests {
    /// What ran, in its order.
    private final class Log: Sendable {
        let ran = Mutex<[Int]>([])
    }

    @Test func oneWorkerKeepsTheOrderOfAllTurns() async throws {
        let log = Log()
        let queue = RequestQueue<Int>(width: 1) { number in log.ran.withLock { $0.append(number) } }
        for turn in 0..<300 {
            var items = Array(turn * 10..<turn * 10 + 10)
            #expect(queue.submit(&items).isEmpty)
            #expect(items.isEmpty)
        }
        try await eventually("all have run") { queue.depth == 0 }
        #expect(log.ran.withLock { $0 } == Array(0..<3000))
    }

    @Test func nobodyStandsBehindASlowOneWhileAWorkerIsFree() async throws {
        let log = Log()
        let gate = DispatchGroup()
        gate.enter()
        let queue = RequestQueue<Int>(width: 2) { number in
            if number == 0 { gate.wait() }
            log.ran.withLock { $0.append(number) }
        }
        var items = Array(0..<20)
        #expect(queue.submit(&items).isEmpty)
        try await eventually("the others have run") { log.ran.withLock { $0.count } == 19 }
        #expect(queue.depth == 1)
        gate.leave()
        try await eventually("all have run") { queue.depth == 0 }
        #expect(log.ran.withLock { $0 } == Array(1..<20) + [0])
    }

    @Test func aRequestThatComesWhileAllWorkersWorkIsNotForgotten() async throws {
        let log = Log()
        let gate = DispatchGroup()
        gate.enter()
        let queue = RequestQueue<Int>(width: 2) { number in
            gate.wait()
            log.ran.withLock { $0.append(number) }
        }
        for number in 0..<5 {
            var items = [number]
            #expect(queue.submit(&items).isEmpty)
        }
        try await eventually("two run") { queue.depth == 5 }
        gate.leave()
        try await eventually("all have run") { log.ran.withLock { $0.sorted() } == Array(0..<5) }
    }

    @Test func whatIsAboveTheLimitIsGivenBack() async throws {
        let log = Log()
        let gate = DispatchGroup()
        gate.enter()
        let queue = RequestQueue<Int>(width: 1, limit: 3) { number in
            gate.wait()
            log.ran.withLock { $0.append(number) }
        }
        var items = Array(0..<5)
        #expect(queue.submit(&items) == [3, 4])
        items = [5]
        #expect(queue.submit(&items) == [5])
        #expect(items.isEmpty)
        gate.leave()
        try await eventually("the first have run") { queue.depth == 0 }
        #expect(log.ran.withLock { $0 } == [0, 1, 2])
        items = [6]
        #expect(queue.submit(&items).isEmpty)
        try await eventually("the last has run") { log.ran.withLock { $0.last } == 6 }
    }

    /// Many threads bring, few work: nothing is lost, nothing runs twice.
    @Test func eachRunsOnceWhoeverBringsIt() async throws {
        let log = Log()
        let queue = RequestQueue<Int>(width: 3, limit: .max) { number in log.ran.withLock { $0.append(number) } }
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            var next = thread * 10_000
            for turn in 0..<500 {
                var items = Array(next..<next + turn % 20)
                next += items.count
                _ = queue.submit(&items)
            }
        }
        try await eventually("all have run") { queue.depth == 0 }
        let each = (0..<500).reduce(0) { $0 + $1 % 20 }
        let expected = (0..<4).flatMap { thread in (thread * 10_000)..<(thread * 10_000 + each) }
        #expect(log.ran.withLock { $0.sorted() } == expected)
    }
}
