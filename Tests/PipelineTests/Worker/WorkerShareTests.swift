import Testing

@testable import Pipeline

struct WorkerShareTests {
    @Test func interactiveCallersGoFirstAndJobsAreNotStarved() {
        let turns = turns(Array(repeating: (true, true), count: 20))
        #expect(turns.count { $0 } == 4)
        #expect(turns.prefix(4).allSatisfy { !$0 })
        #expect(turns.firstIndex(of: true) == 4)
    }

    @Test func whoWaitsAloneIsServed() {
        #expect(turns([(false, true), (true, false)]) == [true, false])
    }

    /// Interactive callers who came while no job waited do not count against those who come later.
    @Test func countsOnlyWhatJobsHadToLetPass() {
        let both = Array(repeating: (true, true), count: 4)
        #expect(turns(both + [(true, false), (true, true)]) == Array(repeating: false, count: 6))
    }

    /// Whether jobs are served, for each pair of who waits: interactive callers, jobs.
    private func turns(_ waits: [(Bool, Bool)]) -> [Bool] {
        var share = WorkerShare()
        return waits.map { share.servesBatch(interactiveWaits: $0.0, batchWaits: $0.1) }
    }
}
