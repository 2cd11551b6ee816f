import Observability
import Synchronization

/// The result of a store's write, for a thread that waits for it.
final class WriteOutcome: Sendable {
    private let result = Mutex<Result<Void, ServiceError>?>(nil)

    /// The write has ended.
    func set(_ value: Result<Void, ServiceError>) { result.withLock { $0 = value } }

    /// - Throws: why it failed. Called after `set`.
    func get() throws(ServiceError) {
        guard let value = result.withLock({ $0 }) else { preconditionFailure("the write has not ended") }
        try value.get()
    }
}
