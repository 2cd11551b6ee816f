internal import CLibevent
internal import Dispatch
internal import Synchronization

/// Deadlines, and the end.
extension EventLoop {
    /// How often clients that may have gone are looked after.
    private static let probeMilliseconds: UInt64 = 200

    /// Runs every 100 ms while there is something to watch.
    func sweepTick() {
        now = MonotonicClock.milliseconds
        date.update(to: front.currentTime())
        resumeAcceptingIfDue()
        for slot in deadlines.indices where deadlines[slot] <= now {
            deadlines[slot] = .max
            connections[slot]?.deadlineHasCome()
        }
        for slot in watched { connections[slot]?.probe() }
        for slot in uploading { connections[slot]?.tendUpload() }
        if isDraining { driveDrain() }
        takeOwnMessages()
        let isIdle = counters.open.load(ordering: .relaxed) == 0 && acceptPause == .none && !isDraining
        if isIdle && newborn.isEmpty { stopSweeping() }
    }

    private func resumeAcceptingIfDue() {
        switch acceptPause {
        case .none: break
        case .capacity:
            // Another loop's connections may have been the ones that ended.
            if front.connections.load(ordering: .relaxed) < front.limits.connections { resumeAccepting() }
        case .descriptors(let until):
            if now >= until { resumeAccepting() }
        }
    }

    // MARK: Drain

    /// Begins to drain, or brings the deadline of a drain forward.
    ///
    /// The listener is closed a little later and not now: what the kernel has accepted already would be reset.
    func beginDrain(deadline: UInt64) {
        drainDeadline = min(drainDeadline, deadline)
        guard !isDraining else { return }
        isDraining = true
        owesDrained = true
        startSweeping()
        sealListeners()
        for connection in connections { connection?.closeIfIdle() }
    }

    private func driveDrain() {
        for connection in connections { connection?.closeIfIdle() }
        if now >= drainDeadline {
            stopListening()
            for connection in connections { connection?.endForStop() }
        }
        guard bound.isEmpty else { return }
        guard counters.open.load(ordering: .relaxed) == 0, newborn.isEmpty, owesDrained else { return }
        owesDrained = false
        front.drained.leave()
    }
}
