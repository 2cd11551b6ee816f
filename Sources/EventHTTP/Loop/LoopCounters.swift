internal import Synchronization

/// What one loop counts. Only the loop writes, so that an addition is a plain load and store; any thread may read.
final class LoopCounters: Sendable {
    let accepted = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    let refusedByCapacity = Atomic<Int>(0)
    let refusedByAddress = Atomic<Int>(0)
    let refusedByDescriptors = Atomic<Int>(0)
    /// Accepted requests that have not ended, by the raw value of their method.
    let inFlight = InlineArray<7, Atomic<Int>> { _ in Atomic(0) }
    /// How often each limit was reached, by the raw value of `FrontLimit`.
    let limits = InlineArray<12, Atomic<Int>> { _ in Atomic(0) }
    let answered = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let bytesIn = Atomic<Int>(0)
    let bytesOut = Atomic<Int>(0)
    let handshakesCompleted = Atomic<Int>(0)
    let handshakesTimedOut = Atomic<Int>(0)
    let handshakesAborted = Atomic<Int>(0)
    let handshakesRejected = Atomic<Int>(0)
    let handshakesWithoutTrust = Atomic<Int>(0)
    let handshakesMismatched = Atomic<Int>(0)

    /// Counts the end of a handshake.
    func count(_ outcome: TLSHandshakeOutcome) {
        switch outcome {
        case .completed: handshakesCompleted.bump()
        case .timeout: handshakesTimedOut.bump()
        case .aborted: handshakesAborted.bump()
        case .rejected: handshakesRejected.bump()
        case .certificate: handshakesWithoutTrust.bump()
        case .mismatch: handshakesMismatched.bump()
        }
    }

    /// Counts that a limit was reached. Called by the loop.
    func reached(_ limit: FrontLimit) {
        limits[limit.rawValue].bump()
    }

    /// Adds to `total` what this loop counted.
    func add(to total: inout FrontStatistics) {
        total.connectionsOpen += open.load(ordering: .relaxed)
        total.connectionsAccepted += accepted.load(ordering: .relaxed)
        total.refusedByCapacity += refusedByCapacity.load(ordering: .relaxed)
        total.refusedByAddress += refusedByAddress.load(ordering: .relaxed)
        total.refusedByDescriptors += refusedByDescriptors.load(ordering: .relaxed)
        for method in HTTPMethod.allCases {
            total.requestsInFlightByMethod[Int(method.rawValue)] += inFlight[Int(method.rawValue)].load(
                ordering: .relaxed)
        }
        for limit in FrontLimit.allCases {
            total.limitsReached[limit, default: 0] += limits[limit.rawValue].load(ordering: .relaxed)
        }
        total.requestsAnswered += answered.load(ordering: .relaxed)
        total.requestsRefused += refused.load(ordering: .relaxed)
        total.bytesIn += bytesIn.load(ordering: .relaxed)
        total.bytesOut += bytesOut.load(ordering: .relaxed)
        for (outcome, count) in [
            (TLSHandshakeOutcome.completed, handshakesCompleted.load(ordering: .relaxed)),
            (.timeout, handshakesTimedOut.load(ordering: .relaxed)),
            (.aborted, handshakesAborted.load(ordering: .relaxed)),
            (.rejected, handshakesRejected.load(ordering: .relaxed)),
            (.certificate, handshakesWithoutTrust.load(ordering: .relaxed)),
            (.mismatch, handshakesMismatched.load(ordering: .relaxed)),
        ] { total.handshakes[outcome, default: 0] += count }
    }
}

extension Atomic where Value == Int {
    /// Adds without a locked instruction: for a counter that one thread writes.
    @inline(__always)
    func bump(by amount: Int = 1) {
        store(load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
