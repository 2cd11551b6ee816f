import Glibc

/// Stands in for `Synchronization.Mutex` where the thread sanitizer watches: a declaration of the module itself goes
/// before an imported one.
///
/// The sanitizer cannot see that Swift's own Mutex orders anything. Two threads that do nothing but add to one
/// `Mutex(0)` in `withLock`, a hundred thousand times each, come to 200,000 and are reported as a race (Swift 6.3.1):
/// the futex and its atomics are in the runtime's library, which is not instrumented. A pthread mutex it does know, so
/// with this one a report is true.
///
/// `@unchecked Sendable`: `value` is touched between lock and unlock only. Both allocations are owned and freed in
/// `deinit`, when nobody can hold the lock.
struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    init(_ value: consuming Value) {
        lock = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        pthread_mutex_init(lock, nil)
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
        value.deinitialize(count: 1)
        value.deallocate()
    }

    borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value.pointee)
    }
}
