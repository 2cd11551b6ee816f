/// Who has which place in the pool: a value, changed under the pool's lock.
///
/// `count` workers may be at work; up to `spares` more may exist, idle or being started.
struct WorkerPlaces {
    /// What a waiter gets.
    enum Grant: Sendable {
        case worker(PooledWorker)
        /// A free place: start a worker there.
        case vacancy
        case cancelled
        case abandoned
        case stopping
    }

    /// An operation that waits for a worker.
    struct Waiter {
        var cell: WaitCell<Grant>
        var isInteractive: Bool
        var share: DocumentShare
    }

    let count: Int
    let spares: Int
    private(set) var idle: [PooledWorker] = []
    /// Workers at work, and places in which a caller starts its own.
    private(set) var busy = 0
    /// Workers that are being started in the background.
    private(set) var starting = 0
    private(set) var isStopping = false
    private var waiters: [Waiter] = []
    private var turns = WorkerShare()

    init(count: Int, spares: Int) {
        self.count = count
        self.spares = spares
    }

    var waiting: Int { waiters.count }

    private var hasRoom: Bool { idle.count + busy + starting < count + spares }

    /// Asks for a worker; the answer comes through the waiter's cell, at once if there is one.
    mutating func ask(_ waiter: Waiter) {
        if isStopping {
            waiter.cell.deliver(.stopping)
        } else {
            waiters.append(waiter)
            serve()
        }
    }

    /// A waiter has given up.
    mutating func forget(_ cell: WaitCell<Grant>) { waiters.removeAll { $0.cell === cell } }

    /// An operation is over and its worker good for another.
    mutating func giveBack(_ worker: PooledWorker, _ share: DocumentShare) {
        share.giveBack()
        busy -= 1
        if !isStopping { idle.append(worker) }
        serve()
    }

    /// An operation is over and its worker is not to be used again, or could not be started.
    mutating func vacate(_ share: DocumentShare) {
        share.giveBack()
        busy -= 1
        serve()
    }

    /// Takes a place for a start in the background; false when there is none.
    mutating func beginStart() -> Bool {
        guard !isStopping, hasRoom else { return false }
        starting += 1
        return true
    }

    /// A start in the background has ended: with a worker, or not.
    mutating func endStart(_ worker: PooledWorker?) {
        starting -= 1
        if let worker, !isStopping { idle.append(worker) }
        serve()
    }

    /// Takes an idle worker out that has died; nil if it is not idle.
    mutating func removeIdle(where isDead: (PooledWorker) -> Bool) -> PooledWorker? {
        idle.firstIndex(where: isDead).map { idle.remove(at: $0) }
    }

    /// No more grants; whom to turn away.
    mutating func stop() -> [WaitCell<Grant>] {
        isStopping = true
        idle = []
        defer { waiters = [] }
        return waiters.map(\.cell)
    }

    /// Gives what there is to whoever is next.
    private mutating func serve() {
        while !isStopping, busy < count, !waiters.isEmpty {
            // A start that is under way is sooner done than one that has yet to begin.
            guard !idle.isEmpty || (hasRoom && starting < waiters.count) else { return }
            let servesBatch = turns.servesBatch(
                interactiveWaits: waiters.contains { $0.isInteractive },
                batchWaits: waiters.contains { !$0.isInteractive })
            guard let next = nextWaiter(isInteractive: !servesBatch) else { return }
            let waiter = waiters.remove(at: next)
            let grant = idle.popLast().map(Grant.worker) ?? .vacancy
            if waiter.cell.deliver(grant) {
                busy += 1
                waiter.share.take()
            } else if case .worker(let worker) = grant {
                // The waiter has given up meanwhile.
                idle.append(worker)
            }
        }
    }

    /// Of those of a class, the document with the fewest workers, then who waits longest.
    private func nextWaiter(isInteractive: Bool) -> Int? {
        waiters.indices.filter { waiters[$0].isInteractive == isInteractive }.min { a, b in
            let (less, more) = (waiters[a].share.busy, waiters[b].share.busy)
            return less != more ? less < more : a < b
        }
    }
}
