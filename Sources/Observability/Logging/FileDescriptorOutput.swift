private import Glibc

/// Writes whole buffers to a descriptor that it does not own (standard output, usually).
public struct FileDescriptorOutput: Sendable {
    private let descriptor: Int32
    /// How long a descriptor that takes nothing is waited for, in milliseconds.
    private let stallLimitMilliseconds: Int32

    /// An output to `descriptor`, giving up on one that takes nothing for the stall limit.
    public init(descriptor: Int32, stallLimitMilliseconds: Int32 = 5000) {
        self.descriptor = descriptor
        self.stallLimitMilliseconds = stallLimitMilliseconds
    }

    /// Writes all of `bytes`; false if the other end is gone or takes nothing. Blocks; `SIGPIPE` is ignored by the
    /// program.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written > 0 {
                rest = rest.dropFirst(written)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: guard waitUntilWritable() else { return false }
            default: return false
            }
        }
        return true
    }

    private func waitUntilWritable() -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&wanted, 1, stallLimitMilliseconds) > 0
    }
}
