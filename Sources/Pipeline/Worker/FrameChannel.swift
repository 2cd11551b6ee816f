internal import CLinux
internal import Foundation
internal import Observability

/// Frames over a connected stream socket: four bytes of length (big-endian), then that many bytes; a frame may carry
/// one descriptor (SCM_RIGHTS), which arrives with its first bytes.
///
/// Owns the socket. One sender and one receiver at a time; `FrameChannel` itself holds no state between frames, so a
/// channel on which a call failed must be given up.
final class FrameChannel: Sendable {
    /// Why no frame went through.
    enum Failure: Error, Equatable {
        /// The other side is gone.
        case closed
        /// The other side was gone before it began what it was asked for.
        case neverBegan
        /// The deadline passed.
        case timedOut
        /// The other side has not shown for long that it goes on.
        case stalled
        /// The length is beyond the bound, or the content is not what was agreed.
        case garbage(String)
        /// A system call failed.
        case system(Int32)
    }

    /// Nothing that is said here is longer: a page holds a few thousand words of some 40 bytes.
    static let frameLimitBytes = 32 << 20

    private let socket: Int32

    /// Takes the socket over and makes it non-blocking.
    init(owning socket: Int32) {
        self.socket = socket
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
    }

    deinit { close(socket) }

    /// Ends the connection from this side: whoever waits in a call fails with `closed` at once. Any thread.
    func interrupt() { shutdown(socket, Int32(SHUT_RDWR)) }

    /// Sends one frame. `descriptor` stays the caller's.
    func send(_ frame: Data, descriptor: Int32? = nil, by deadline: Deadline? = nil) throws(Failure) {
        var bytes = Data(capacity: frame.count + 4)
        withUnsafeBytes(of: UInt32(frame.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(frame)
        var sent = 0
        while sent < bytes.count {
            let passenger = sent == 0 ? descriptor ?? -1 : -1
            let count = bytes.withUnsafeBytes { idp_send(socket, $0.baseAddress! + sent, $0.count - sent, passenger) }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), by: deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                throw .closed
            } else if errno != EINTR {
                throw .system(errno)
            }
        }
    }

    /// Waits for one frame. A descriptor that came along is the caller's to close.
    func receive(by deadline: Deadline? = nil) throws(Failure) -> (frame: Data, descriptor: Int32?) {
        var descriptor: Int32 = -1
        do throws(Failure) {
            let head = try receive(count: 4, &descriptor, by: deadline)
            let length = head.reduce(0) { $0 << 8 | Int($1) }
            guard length <= Self.frameLimitBytes else { throw .garbage("a frame of \(length) bytes") }
            let frame = try receive(count: length, &descriptor, by: deadline)
            return (frame, descriptor >= 0 ? descriptor : nil)
        } catch {
            if descriptor >= 0 { close(descriptor) }
            throw error
        }
    }

    private func receive(
        count: Int, _ descriptor: inout Int32, by deadline: Deadline?
    ) throws(Failure) -> Data {
        var bytes = Data(count: count)
        var received = 0
        while received < count {
            let got = bytes.withUnsafeMutableBytes {
                idp_receive(socket, $0.baseAddress! + received, count - received, &descriptor)
            }
            if got > 0 {
                received += got
            } else if got == 0 || errno == ECONNRESET {
                throw .closed
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLIN), by: deadline)
            } else if errno != EINTR {
                throw .system(errno)
            }
        }
        return bytes
    }

    private func wait(for events: Int16, by deadline: Deadline?) throws(Failure) {
        var item = pollfd(fd: socket, events: events, revents: 0)
        guard poll(&item, 1, deadline?.pollTimeout ?? -1) != 0 else { throw .timedOut }
    }
}

extension Deadline {
    /// What is left as poll(2) wants it: milliseconds, rounded up so that a wait never ends early.
    var pollTimeout: Int32 {
        let (seconds, attoseconds) = remaining.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: milliseconds)
    }
}
