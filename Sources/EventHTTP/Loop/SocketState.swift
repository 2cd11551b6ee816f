internal import Glibc

/// What the kernel knows of a connection.
enum SocketState {
    /// Whether the connection was reset or is closed on both sides. A client that has only ended its sending side has
    /// not hung up.
    static func hasHungUp(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        guard poll(&entry, 1, 0) > 0 else { return false }
        return Int32(entry.revents) & (POLLERR | POLLHUP) != 0
    }

    /// Whether there is something to read, or a connection to accept.
    static func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0 && Int32(entry.revents) & POLLIN != 0
    }
}
