import Testing

@testable import IDPServer

struct BatchPacerTests {
    private let start = ContinuousClock.now

    private func isDue(_ pacer: inout BatchPacer, _ count: Int, at now: ContinuousClock.Instant) -> Bool {
        pacer.isDue(count, at: now)
    }

    @Test func neverLetsALoneElementWait() {
        var pacer = BatchPacer()
        for round in 0..<100 {
            let now = start + .milliseconds(round)
            
        do {
            let due = isDue(&pacer, 1, at: now)
            #expect(due == true)
        }
            pacer.flushed(1, waitedInVain: false, at: now)
        }
    }

    @Test func growsWhileItsExpectationIsMet() {
        var pacer = BatchPacer()
        var sizes: [Int] = []
        for _ in 0..<6 {
            pacer.flushed(max(2, pacer.expected), waitedInVain: false, at: start)
            sizes.append(pacer.expected)
        }
        #expect(sizes == [4, 8, 16, 32, 64, 64])
        
        do {
            let due = isDue(&pacer, 63, at: start)
            #expect(due == false)
        }
        
        do {
            let due = isDue(&pacer, 64, at: start)
            #expect(due == true)
        }
    }

    @Test func fallsToWhatCameAndStaysThereForAWhile() {
        var pacer = BatchPacer()
        pacer.flushed(20, waitedInVain: false, at: start)
        pacer.flushed(16, waitedInVain: true, at: start)
        for _ in 0..<49 {
            #expect(pacer.expected == 16)
            pacer.flushed(16, waitedInVain: false, at: start)
        }
        pacer.flushed(16, waitedInVain: false, at: start)
        #expect(pacer.expected == 32)
    }

    @Test func expectsNothingAfterAPause() {
        var pacer = BatchPacer()
        pacer.flushed(20, waitedInVain: false, at: start)
        
        do {
            let due = isDue(&pacer, 1, at: start + .milliseconds(5))
            #expect(due == false)
        }
        
        do {
            let due = isDue(&pacer, 1, at: start + .milliseconds(11))
            #expect(due == true)
        }
    }
}
