import TestSupport
import Testing

@testable import IDPServer

struct FairLineTests {
    private func append(_ line: inout FairLine<Int>, _ number: Int, _ caller: String, _ level: Int = 5) {
        line.append(number, id: ids[number], caller: caller, priority: JobPriority(level), at: .now)
    }

    private let ids = (0..<20_000).map { RunID(at: Timestamp(milliseconds: Int64($0))) }

    @Test func aCallerWithThousandsDelaysAnotherByOneTurn() {
        var line = FairLine<Int>()
        for number in 0..<10_000 { append(&line, number, "loud") }
        for number in 10_000..<10_003 { append(&line, number, "quiet") }
        #expect((10_000..<10_003).map { line.position(of: ids[$0]) } == [1, 3, 5])
        var order: [Int] = []
        while order.count < 8, let next = line.popFirst() { order.append(next.element) }
        #expect(order == [0, 10_000, 1, 10_001, 2, 10_002, 3, 4])
    }

    @Test func aPriorityMovesItsOwnCallersElementsOnly() {
        var line = FairLine<Int>()
        append(&line, 0, "a")
        append(&line, 1, "b")
        append(&line, 2, "b")
        append(&line, 3, "a", 9)
        append(&line, 4, "a", 9)
        append(&line, 5, "a", 9)
        #expect((0..<6).map { line.position(of: ids[$0]) } == [5, 1, 3, 0, 2, 4])
    }

    @Test func aCallerWhoComesAgainHasItsTurnAfterThoseWhoWait() {
        var line = FairLine<Int>()
        append(&line, 0, "a")
        append(&line, 1, "b")
        append(&line, 2, "c")
        #expect(line.popFirst()?.element == 0)
        append(&line, 3, "a")
        #expect((1..<4).map { line.position(of: ids[$0]) } == [0, 1, 2])
    }

    /// Against the definition: a position is what a copy of the line gives out before.
    @Test func positionsAreWhatHappens() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed)
        var line = FairLine<Int>()
        var waiting: Set<Int> = []
        var next = 0
        for _ in 0..<2_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let caller = "caller \(Int.random(in: 0..<5, using: &random))"
                append(&line, next, caller, Int.random(in: 4...6, using: &random))
                waiting.insert(next)
                next += 1
            case 6..<9:
                let popped = line.popFirst()?.element
                #expect((popped == nil) == waiting.isEmpty, "seed \(seed)")
                if let popped { #expect(waiting.remove(popped) != nil, "seed \(seed)") }
            default:
                guard let some = waiting.sorted().randomElement(using: &random) else { continue }
                #expect(line.remove(ids[some]) == some, "seed \(seed)")
                #expect(line.remove(ids[some]) == nil, "seed \(seed)")
                waiting.remove(some)
            }
            #expect(line.count == waiting.count, "seed \(seed)")
            if next.isMultiple(of: 50) {
                var copy = line
                var place = 0
                while let element = copy.popFirst()?.element {
                    #expect(line.position(of: ids[element]) == place, "seed \(seed)")
                    place += 1
                }
                #expect(place == waiting.count, "seed \(seed)")
            }
        }
        #expect(Set(line.elements.map(\.element)) == waiting, "seed \(seed)")
        #expect((line.oldest == nil) == waiting.isEmpty, "seed \(seed)")
    }

    /// A hundred times the line must not make a position a hundred times dearer.
    @Test func aPositionDoesNotCostMoreInALongLine() {
        func cost(_ length: Int) -> Duration {
            var line = FairLine<Int>()
            for number in 0..<length { append(&line, number, "caller \(number % 4)") }
            return ContinuousClock().measure {
                for probe in 0..<20_000 { _ = line.position(of: ids[probe % length]) }
            }
        }
        let (short, long) = (cost(200), cost(20_000))
        #expect(long < short * 10, "\(short) among 200, \(long) among 20,000")
    }
}
