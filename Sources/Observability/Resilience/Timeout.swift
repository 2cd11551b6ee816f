private import Dispatch

/// Runs `operation` in a child task and cancels it when `deadline` passes: the work is really stopped, not left
/// behind. Returns only after the operation has returned, so work that ignores cancellation delays the answer.
///
/// - Throws: `DeadlineExceeded` when the deadline passed first; else what the operation throws.
public func withTimeout<Result: Sendable>(
    _ deadline: Deadline, _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    if deadline.hasPassed { throw DeadlineExceeded() }
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(until: deadline.instant, clock: .continuous)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw DeadlineExceeded() }
        return result
    }
}

/// Runs blocking work with a token of its own that is cancelled when `deadline` passes, or with `parent`. The work
/// stops by its token's handlers (kill the child, abort the transfer) or by asking it.
///
/// - Throws: `DeadlineExceeded` if the work threw after its token was cancelled by the deadline, `WorkCancelled` if by
///   the parent; else what the work throws. Work that ended with a result keeps it, however late.
public func withTimeout<Result>(
    _ deadline: Deadline, parent: CancellationToken? = nil,
    _ work: (Deadline, CancellationToken) throws -> Result
) throws -> Result {
    try parent?.check()
    if deadline.hasPassed { throw DeadlineExceeded() }
    let token = CancellationToken()
    let timer = DispatchSource.makeTimerSource(queue: timeoutQueue)
    timer.setEventHandler { token.cancel(.deadline) }
    timer.schedule(deadline: .now() + .nanoseconds(Int(clamping: deadline.remaining.wholeNanoseconds)))
    timer.activate()
    defer { timer.cancel() }
    func run() throws -> Result {
        do {
            return try work(deadline, token)
        } catch {
            switch token.reason {
            case .none: throw error
            case .deadline: throw DeadlineExceeded()
            case .some(let reason): throw WorkCancelled(reason: reason)
            }
        }
    }
    guard let parent else { return try run() }
    return try parent.whileCancellable(onCancel: { token.cancel($0) }) { try run() }
}

// Handlers of a cancelled token run here; they are short by contract (a signal sent, a descriptor closed).
private let timeoutQueue = DispatchQueue(label: "idp.timeouts", qos: .userInitiated)
