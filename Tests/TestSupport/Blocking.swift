import Dispatch

/// Runs blocking work on a thread of its own and awaits it: the cooperative pool is as narrow as the machine's
/// cores, and a test that blocks one of its threads holds up every other test.
public func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        blockingQueue.async { continuation.resume(with: Result(catching: work)) }
    }
}

private let blockingQueue = DispatchQueue(label: "test.blocking", attributes: .concurrent)
