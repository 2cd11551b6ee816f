internal import Dispatch
internal import Foundation
internal import Observability
internal import Synchronization

/// How workers come to operations, and new ones into the places of those that were lost.
extension DocumentWorkerPool {
    /// Waits for a worker: an idle one, or one that is started for this.
    ///
    /// - Throws: a `ServiceError`: `PROCESSING_TIMEOUT`, `CLIENT_CLOSED_REQUEST`, `SHUTTING_DOWN`, or `OCR_FAILED` when
    ///   none can be started.
    func obtain(_ turn: Turn) throws(ServiceError) -> PooledWorker {
        let cell = WaitCell<WorkerPlaces.Grant>()
        places.withLock {
            $0.ask(WorkerPlaces.Waiter(cell: cell, isInteractive: turn.isInteractive, share: turn.share))
        }
        var grant = turn.cancellation.whileCancellable(onCancel: { _ in cell.deliver(.cancelled) }) {
            cell.wait(by: turn.deadline)
        }
        // The grant may come in the very moment in which the wait ends: then it is taken after all.
        if grant == nil { grant = cell.deliver(.abandoned) ? .abandoned : cell.wait(by: nil) }
        switch grant {
        case .worker(let worker):
            return worker
        case .vacancy:
            do throws(ChildFailure) {
                return try launch()
            } catch {
                places.withLock { $0.vacate(turn.share) }
                onEvent(.startFailed("\(error.call): errno \(error.number)"))
                throw ServiceError(.ocrFailed, cause: "no worker could be started: \(error)")
            }
        case .cancelled:
            places.withLock { $0.forget(cell) }
            throw ServiceError(.clientClosedRequest)
        case .stopping:
            throw ServiceError(.shuttingDown)
        case .abandoned, nil:
            places.withLock { $0.forget(cell) }
            throw ServiceError(.processingTimeout, cause: "no worker became free in time")
        }
    }

    /// Waits, once in a worker's life, until it is ready.
    func welcome(_ worker: PooledWorker, by limit: Deadline) throws(FrameChannel.Failure) {
        guard !worker.isWelcome else { return }
        let report = try worker.process.welcome(by: limit.capped(at: settings.startLimit))
        worker.noteWelcome()
        onEvent(.ready(report))
    }

    /// The operation is over; its worker takes the next one.
    func giveBack(_ worker: PooledWorker, _ turn: Turn) {
        places.withLock { $0.giveBack(worker, turn.share) }
    }

    /// The operation is over, and so is its worker. The place is free before the process is gone.
    func discard(_ worker: PooledWorker, _ reason: RestartReason, _ turn: Turn) {
        worker.process.kill()
        places.withLock { $0.vacate(turn.share) }
        onEvent(.restarted(reason))
        refill()
    }

    /// Starts a worker in the background if there is a free place. One that does not get ready is not tried again: its
    /// successor would not either, and who needs one starts it himself.
    func refill() {
        refills.async { [self] in
            guard places.withLock({ $0.beginStart() }) else { return }
            let worker = startAhead()
            places.withLock { $0.endStart(worker) }
        }
    }

    private func startAhead() -> PooledWorker? {
        let worker: PooledWorker
        do throws(ChildFailure) {
            worker = try launch()
        } catch {
            onEvent(.startFailed("\(error.call): errno \(error.number)"))
            return nil
        }
        do throws(FrameChannel.Failure) {
            try welcome(worker, by: .after(settings.startLimit))
            return worker
        } catch {
            worker.process.kill()
            if !places.withLock({ $0.isStopping }) { onEvent(.restarted(RestartReason(error))) }
            return nil
        }
    }

    private func launch() throws(ChildFailure) -> PooledWorker {
        var environment = ["PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"]
        // More threads per page make it slower by a factor of four (OpenMP spins); allocator arenas of threads that
        // do not exist only eat address space.
        environment.merge(["OMP_THREAD_LIMIT": "1", "MALLOC_ARENA_MAX": "2"]) { $1 }
        environment.merge(settings.environment) { $1 }
        let launch = DocumentWorker.Launch(
            executable: settings.executable, configuration: settings.configuration, environment: environment,
            temporaryFolder: settings.temporaryFolder)
        return PooledWorker(
            try DocumentWorker(launch, keeper: keeper) { [weak self] child in self?.noticeEnd(of: child) })
    }

    /// On the keeper's thread: an idle worker that has died is taken out and replaced.
    private func noticeEnd(of child: Child) {
        let dead = places.withLock { places in
            places.isStopping ? nil : places.removeIdle { $0.process.child === child }
        }
        guard dead != nil else { return }
        onEvent(.restarted(.crash))
        refill()
    }
}

extension DocumentWorkerPool.RestartReason {
    /// Why a worker that did not get ready was given up.
    fileprivate init(_ failure: FrameChannel.Failure) {
        switch failure {
        case .timedOut, .stalled: self = .timeout
        case .garbage: self = .garbage
        case .closed, .neverBegan, .system: self = .crash
        }
    }
}
