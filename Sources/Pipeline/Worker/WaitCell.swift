internal import CLinux
internal import Foundation
internal import Observability

/// A value that one thread waits for and another delivers, once. On the monotonic clock, which Foundation's conditions
/// are not.
///
/// `@unchecked Sendable`: `value` is read and written with `mutex` held only; the two pthread objects live at fixed
/// addresses from `init` to `deinit`, which is their contract (pthread_mutex_init(3)).
final class WaitCell<Value: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value?

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Delivers; false when something had been delivered before, which then stands.
    @discardableResult
    func deliver(_ value: Value) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard self.value == nil else { return false }
        self.value = value
        pthread_cond_signal(condition)
        return true
    }

    /// Blocks until something is delivered; nil when the deadline passes first.
    func wait(by deadline: Deadline?) -> Value? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while value == nil {
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let left = deadline.remaining.components
            guard left.seconds > 0 || left.attoseconds > 0 else { return nil }
            let nanoseconds = now.tv_nsec + Int(left.attoseconds / 1_000_000_000)
            var until = timespec(
                tv_sec: now.tv_sec + Int(min(left.seconds, 1 << 31)) + nanoseconds / 1_000_000_000,
                tv_nsec: nanoseconds % 1_000_000_000)
            pthread_cond_timedwait(condition, mutex, &until)
        }
        return value
    }
}
