private import Glibc

/// Ends a wait from another thread, now or the next one: once it was given, every wait ends at once.
public final class WakeSignal: Sendable {
    /// Readable once the signal was given.
    let descriptor: Int32
    private let writing: Int32

    /// A signal that was not given; the process must have two descriptors left.
    public init() {
        var ends: [Int32] = [-1, -1]
        let made = pipe(&ends)
        precondition(made == 0, "no descriptors are left for a pipe")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (descriptor, writing) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    /// Gives the signal, for good. Any thread.
    public func give() {
        // Once is enough, so the pipe is never full.
        _ = write(writing, "!", 1)
    }

    /// Sleeps so long, or until the signal was given.
    public func wait(_ time: Duration) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&polled, 1, Int32(clamping: Int((time / .milliseconds(1)).rounded(.up))))
    }
}
