internal import CLibevent
internal import Glibc

/// A listening Unix-domain socket with its file, for all loops: AF_UNIX knows no SO_REUSEPORT, so each loop accepts
/// from a duplicate of the one descriptor, and whichever comes first gets the connection.
///
/// Whether a file that is there already belongs to a server is told by a lock that each server holds on a file beside
/// it: the kernel lets go of it whatever way the server ends. A socket of some other program is told by connecting.
final class UnixListener: Sendable {
    /// Listening and non-blocking. Closed in `deinit`; the loops' duplicates are theirs.
    private let descriptor: Int32
    /// Holds the lock. Closed in `deinit`.
    private let lock: Int32
    private let path: String
    /// The inode of the socket's file.
    private let inode: ino_t

    /// Takes the place of a dead server's file, or makes one; permissions are set before anybody can connect. Throws
    /// `cannotListen`, with `EADDRINUSE` if a server listens there.
    init(_ address: UnixSocketAddress, backlog: Int32) throws(HTTPServerError) {
        path = address.path
        guard (1...UnixSocketAddress.pathBytesMax).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw .invalidConfiguration(
                "the path of a Unix-domain socket has 1 to \(UnixSocketAddress.pathBytesMax) bytes, not \"\(path)\"")
        }
        let lock = try Self.takeLock(path)
        self.lock = lock
        do throws(HTTPServerError) {
            (descriptor, inode) = try Self.listen(address, backlog: backlog)
        } catch {
            unlink(path + ".lock")
            close(lock)
            throw error
        }
    }

    deinit {
        remove()
        close(descriptor)
        close(lock)
    }

    /// A descriptor for a loop's own listener, which closes it. Throws `resourceExhausted`.
    func duplicate() throws(HTTPServerError) -> Int32 {
        let copy = idp_duplicate(descriptor)
        guard copy >= 0 else { throw .resourceExhausted(call: "fcntl(F_DUPFD_CLOEXEC)", code: errno) }
        return copy
    }

    /// Removes the files, so that clients see at once that nobody listens. Harmless when they have gone or are another
    /// server's by now.
    func remove() {
        var state = stat()
        if lstat(path, &state) == 0 && state.st_ino == inode { unlink(path) }
        if Self.isSameFile(lock, path + ".lock") { unlink(path + ".lock") }
    }

    private static func takeLock(_ path: String) throws(HTTPServerError) -> Int32 {
        let lockPath = path + ".lock"
        while true {
            let lock = idp_open_lock(lockPath)
            guard lock >= 0 else { throw .cannotListen(address: lockPath, code: errno) }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                close(lock)
                throw .cannotListen(address: path, code: EADDRINUSE)
            }
            // A server that was just stopping may have removed the file between the two calls.
            if isSameFile(lock, lockPath) { return lock }
            close(lock)
        }
    }

    private static func isSameFile(_ descriptor: Int32, _ path: String) -> Bool {
        var open = stat()
        var named = stat()
        return fstat(descriptor, &open) == 0 && lstat(path, &named) == 0 && open.st_ino == named.st_ino
            && open.st_dev == named.st_dev
    }

    private static func listen(
        _ address: UnixSocketAddress, backlog: Int32
    ) throws(HTTPServerError) -> (descriptor: Int32, inode: ino_t) {
        try removeStale(address.path)
        let descriptor = makeSocket()
        guard descriptor >= 0 else { throw .resourceExhausted(call: "socket", code: errno) }
        guard withAddress(address.path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw .cannotListen(address: address.path, code: code)
        }
        var state = stat()
        guard chmod(address.path, address.mode) == 0, lstat(address.path, &state) == 0,
            Glibc.listen(descriptor, backlog) == 0
        else {
            let code = errno
            close(descriptor)
            unlink(address.path)
            throw .cannotListen(address: address.path, code: code)
        }
        return (descriptor, state.st_ino)
    }

    /// Removes the socket of a server that has died. Throws if there is something else, or somebody listens.
    private static func removeStale(_ path: String) throws(HTTPServerError) {
        var state = stat()
        guard lstat(path, &state) == 0 else {
            guard errno == ENOENT else { throw .cannotListen(address: path, code: errno) }
            return
        }
        guard state.st_mode & S_IFMT == S_IFSOCK else { throw .cannotListen(address: path, code: ENOTSOCK) }
        let probe = makeSocket()
        guard probe >= 0 else { throw .resourceExhausted(call: "socket", code: errno) }
        defer { close(probe) }
        // EAGAIN: somebody listens, and is busy.
        if withAddress(path, { connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
            throw .cannotListen(address: path, code: EADDRINUSE)
        }
        guard errno == ECONNREFUSED || errno == ENOENT else { throw .cannotListen(address: path, code: errno) }
        unlink(path)
    }

    private static func makeSocket() -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        return socket(AF_UNIX, kind, 0)
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Zeroed, so that a NUL stands behind the path.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

extension EventLoop {
    /// Accepts from `unix` too. Before `run`.
    func listen(on unix: UnixListener) throws(HTTPServerError) {
        let descriptor = try unix.duplicate()
        // No backlog here: it listens already.
        let flags = LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE
        guard let listener = evconnlistener_new(base, nil, nil, flags, 0, descriptor) else {
            close(descriptor)
            throw .resourceExhausted(call: "evconnlistener_new", code: ENOMEM)
        }
        guard let bound = evhttp_bind_listener(http, listener) else {
            evconnlistener_free(listener)
            throw .resourceExhausted(call: "evhttp_bind_listener", code: ENOMEM)
        }
        evconnlistener_set_error_cb(listener, acceptErrorCallback)
        self.bound.append(bound)
    }
}
