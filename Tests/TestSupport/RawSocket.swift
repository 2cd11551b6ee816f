import Foundation
public import Glibc
import Synchronization

/// A system call that failed.
public struct SystemCallFailed: Error, CustomStringConvertible {
    /// The call's name.
    public var call: String
    /// Its `errno`.
    public var code: Int32

    public var description: String { "\(call): \(String(cString: strerror(code)))" }

    /// Takes `errno` as it is now.
    public init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }
}

/// A TCP connection that sends just the bytes it is given: for wire tests, and below `HTTPClient`.
///
/// Calls block the thread up to their deadline; an asynchronous test wraps a conversation in `blocking`. May be
/// used from any thread, one call at a time for each direction.
public final class RawSocket: Sendable {
    private let descriptor: Int32
    private let isOpen = Mutex(true)
    /// Bytes received and not yet handed out.
    private let pending = Mutex<[UInt8]>([])

    /// Connects to a port of this machine. Throws `SystemCallFailed`.
    public init(port: Int, host: String = "127.0.0.1") throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCallFailed("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let failure = SystemCallFailed("connect")
            Glibc.close(descriptor)
            throw failure
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        self.descriptor = descriptor
    }

    deinit { close() }

    /// Sends all of it, or throws `SystemCallFailed` (a peer that closed gives EPIPE or ECONNRESET, no signal), or
    /// `WaitedTooLong` if the peer stopped reading.
    public func send(_ bytes: [UInt8], within limit: Duration = .seconds(60)) throws {
        let end = ContinuousClock().now + limit
        var sent = 0
        while sent < bytes.count {
            try wait(for: Int16(POLLOUT), until: end, "room to send", limit)
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                throw SystemCallFailed("send")
            }
            sent += count
        }
    }

    /// Sends a text as UTF-8.
    public func send(_ text: String, within limit: Duration = .seconds(60)) throws {
        try send(Array(text.utf8), within: limit)
    }

    /// What the peer sends next, at most `count` bytes; empty when it closed. Throws `WaitedTooLong`.
    public func receive(upTo count: Int = 65_536, within limit: Duration = .seconds(60)) throws -> [UInt8] {
        let buffered = pending.withLock { bytes in
            let taken = Array(bytes.prefix(count))
            bytes.removeFirst(taken.count)
            return taken
        }
        if !buffered.isEmpty { return buffered }
        return try receiveFresh(upTo: count, until: ContinuousClock().now + limit, limit)
    }

    /// Everything until the peer closes. A reset counts as the end, as what came before it is what a test looks at.
    public func receiveUntilClosed(within limit: Duration = .seconds(60)) throws -> [UInt8] {
        let end = ContinuousClock().now + limit
        var all = pending.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
        while true {
            do {
                let more = try receiveFresh(upTo: 65_536, until: end, limit)
                if more.isEmpty { return all }
                all += more
            } catch let failure as SystemCallFailed where failure.code == ECONNRESET {
                return all
            }
        }
    }

    /// The next response; bytes after it are kept for the next call. Interim (1xx) responses are passed over.
    public func receiveAnswer(toHead: Bool = false, within limit: Duration = .seconds(60)) throws -> HTTPAnswer {
        let end = ContinuousClock().now + limit
        let parser = HTTPAnswerParser(toHead: toHead)
        var bytes = pending.withLock { $0 }
        var ended = false
        while true {
            if let (answer, length) = try parser.parse(bytes, ended: ended) {
                pending.withLock { $0 = Array(bytes[length...]) }
                return answer
            }
            do {
                let more = try receiveFresh(upTo: 262_144, until: end, limit)
                ended = more.isEmpty
                bytes += more
            } catch let failure as SystemCallFailed where failure.code == ECONNRESET {
                ended = true
            }
        }
    }

    /// Tells the peer that nothing more will be sent (half-close).
    public func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes; safe to call twice.
    public func close() {
        let first = isOpen.withLock { open in
            defer { open = false }
            return open
        }
        if first { Glibc.close(descriptor) }
    }

    /// Closes with a reset instead of an orderly end.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private func receiveFresh(
        upTo count: Int, until end: ContinuousClock.Instant, _ limit: Duration
    ) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            try wait(for: Int16(POLLIN), until: end, "bytes from the peer", limit)
            let received = recv(descriptor, &buffer, count, Int32(MSG_DONTWAIT))
            if received >= 0 { return Array(buffer[..<received]) }
            if errno != EAGAIN && errno != EINTR { throw SystemCallFailed("recv") }
        }
    }

    private func wait(
        for events: Int16, until end: ContinuousClock.Instant, _ awaited: String, _ limit: Duration
    ) throws {
        let left = ContinuousClock().now.duration(to: end)
        let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
        guard milliseconds > 0 else { throw WaitedTooLong(awaited: awaited, limit: limit) }
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        let ready = poll(&entry, 1, Int32(clamping: milliseconds))
        if ready < 0 && errno != EINTR { throw SystemCallFailed("poll") }
    }
}
