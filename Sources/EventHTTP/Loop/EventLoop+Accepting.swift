internal import CLibevent
internal import Glibc
internal import Synchronization

/// Where a loop listens.
struct ListenAddress {
    var host: String
    var port: UInt16
}

/// Why a loop does not accept for now.
enum AcceptPause {
    case none
    /// As many connections are open as may be; the others wait in the kernel's backlog.
    case capacity
    /// The process is out of descriptors or memory: accepting again at once would fail again, in a spin.
    case descriptors(until: UInt64)
}

extension AcceptPause: Equatable {}

/// What libevent calls when `accept` fails. Its context is evhttp's own, so the loop is found by its thread.
let acceptErrorCallback: evconnlistener_errorcb = { _, _ in LoopThread.current?.acceptFailed() }

extension EventLoop {
    /// How long accepting rests when descriptors have run out.
    private static let descriptorPauseMilliseconds: UInt64 = 100

    // MARK: Listening

    /// Binds and listens, and hands the listener to evhttp, which owns it from then on. Returns what evhttp calls it,
    /// and the port.
    static func listen(
        _ base: OpaquePointer, _ http: OpaquePointer, _ address: ListenAddress, backlog: Int32
    ) throws(HTTPServerError) -> (bound: OpaquePointer, port: UInt16) {
        var storage = sockaddr_storage()
        let length = try resolve(address, into: &storage)
        let flags = LEV_OPT_REUSEABLE | LEV_OPT_REUSEABLE_PORT | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE
        let listener = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                evconnlistener_new_bind(base, nil, nil, flags, backlog, $0, Int32(length))
            }
        }
        guard let listener else {
            throw .cannotListen(address: "\(address.host):\(address.port)", code: errno)
        }
        let descriptor = evconnlistener_get_fd(listener)
        // Inherited by every connection: answers go out at once, not when the last one was acknowledged.
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        guard let bound = evhttp_bind_listener(http, listener) else {
            evconnlistener_free(listener)
            throw .resourceExhausted(call: "evhttp_bind_listener", code: ENOMEM)
        }
        return (bound, boundPort(of: descriptor))
    }

    /// Throws `cannotListen` if somebody listens on `address` already. The loops' own listeners would not tell: the
    /// kernel lets any that say SO_REUSEPORT share a port, those of a second server of the same user as well.
    static func checkFree(_ address: ListenAddress) throws(HTTPServerError) {
        guard address.port != 0 else { return }
        var storage = sockaddr_storage()
        let length = try resolve(address, into: &storage)
        let descriptor = socket(Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .resourceExhausted(call: "socket", code: errno) }
        defer { Glibc.close(descriptor) }
        // What an earlier server has left in TIME_WAIT is no hindrance.
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let code = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(length))
            }
        }
        guard code == 0 else { throw .cannotListen(address: "\(address.host):\(address.port)", code: errno) }
    }

    private static func resolve(
        _ address: ListenAddress, into storage: inout sockaddr_storage
    ) throws(HTTPServerError) -> Int {
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        // The address alone: with a port the call refuses 0, which is how any free port is asked for.
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                evutil_parse_sockaddr_port(address.host, $0, &length)
            }
        }
        guard code == 0 else {
            throw .invalidConfiguration("the host must be an IPv4 or IPv6 address in numbers, not \(address.host)")
        }
        withUnsafeMutablePointer(to: &storage) { pointer in
            if pointer.pointee.ss_family == sa_family_t(AF_INET6) {
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    $0.pointee.sin6_port = address.port.bigEndian
                }
            } else {
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    $0.pointee.sin_port = address.port.bigEndian
                }
            }
        }
        return Int(length)
    }

    private static func boundPort(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { PeerAddress($0).port }
        }
    }

    // MARK: Accepting

    /// Makes the bufferevent for a connection that evhttp is accepting.
    ///
    /// evhttp owns it; our extra reference, which lasts until `adoptNewborn`, keeps the memory if evhttp gives up in
    /// between. It does not close the descriptor: evhttp does, when it frees the connection.
    func makeBufferEvent() -> OpaquePointer? {
        guard let event = bufferevent_socket_new(base, -1, 0) else { return nil }
        bufferevent_incref(event)
        newborn.append(event)
        scheduleAdoption()
        let open = front.connections.add(1, ordering: .relaxed).newValue
        if open >= front.limits.connections && acceptPause == .none {
            counters.refusedByCapacity.bump()
            pauseAccepting(.capacity)
        }
        return event
    }

    /// Takes over the connections that were accepted in this pass.
    func adoptNewborn() {
        startSweeping()
        for event in newborn {
            defer { bufferevent_decref(event) }
            var context: UnsafeMutableRawPointer?
            bufferevent_getcb(event, nil, nil, nil, &context)
            let descriptor = bufferevent_getfd(event)
            // No context: evhttp could not finish the connection and has freed it.
            guard let context, descriptor >= 0 else {
                connectionEnded()
                continue
            }
            adopt(event, OpaquePointer(context), descriptor)
        }
        newborn.removeAll(keepingCapacity: true)
        takeOwnMessages()
    }

    private func adopt(_ event: OpaquePointer, _ evhttpConnection: OpaquePointer, _ descriptor: Int32) {
        // libevent keeps no more of an address than its family's structure, and of AF_UNIX the family alone.
        let peer = evhttp_connection_get_addr(evhttpConnection).map { PeerAddress($0) } ?? .unix
        guard front.admit(peer) else {
            counters.refusedByAddress.bump()
            evhttp_connection_free(evhttpConnection)
            connectionEnded()
            return
        }
        // In this order, so that nobody sees a connection that was accepted and is not open.
        counters.open.bump()
        counters.accepted.bump()
        let slot = takeSlot()
        let connection = Connection(
            loop: self, slot: slot, descriptor: descriptor, peerAddress: peer, evhttpConnection, event)
        connections[slot] = connection
        connection.begin()
    }

    /// `accept` failed for want of descriptors or memory.
    func acceptFailed() {
        counters.refusedByDescriptors.bump()
        front.log(.warning, "accepting rests for 100 ms: \(describe(errno: errno))")
        pauseAccepting(.descriptors(until: MonotonicClock.milliseconds + Self.descriptorPauseMilliseconds))
    }

    private func pauseAccepting(_ pause: AcceptPause) {
        acceptPause = pause
        for listener in listeners { evconnlistener_disable(listener) }
        startSweeping()
    }

    /// Accepts again.
    func resumeAccepting() {
        acceptPause = .none
        for listener in listeners { evconnlistener_enable(listener) }
    }

    /// Lets no connection come any more, and ends accepting when those that the kernel has completed are taken: closing
    /// a listener would reset them, though their clients have done nothing wrong.
    func sealListeners() {
        guard !bound.isEmpty else { return }
        for listener in listeners where idp_drop_incoming(evconnlistener_get_fd(listener)) != 0 {
            // Connections that come in the next milliseconds are at risk, as everywhere else.
            front.log(.notice, "a listener could not be sealed: \(describe(errno: errno))")
        }
        lookAgainAtListeners()
    }

    /// The loop's passes until then take what waits. The context is unretained: `event_base_free` drops the event.
    private func lookAgainAtListeners() {
        var soon = timeval(tv_sec: 0, tv_usec: 5000)
        let context = Unmanaged.passUnretained(self).toOpaque()
        let code = event_base_once(
            base, -1, Int16(EV_TIMEOUT), { _, _, context in EventLoop.from(context).sealedListenerTick() }, context,
            &soon)
        if code != 0 { stopListening() }
    }

    private func sealedListenerTick() {
        let isSomeoneWaiting = listeners.contains { SocketState.isReadable(evconnlistener_get_fd($0)) }
        if isSomeoneWaiting { lookAgainAtListeners() } else { stopListening() }
    }

    /// Ends accepting for good.
    func stopListening() {
        let bound = bound
        self.bound = []
        for socket in bound { evhttp_del_accept_socket(http, socket) }
    }
}

extension PeerAddress {
    /// The address in a socket address; anything but IPv4 and IPv6 is `unix`. `address` is borrowed, and read as far as
    /// its family's structure goes.
    init(_ address: UnsafePointer<sockaddr>) {
        let bytes = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let address = bytes.loadUnaligned(as: sockaddr_in.self)
            self = .ipv4(UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = bytes.loadUnaligned(as: sockaddr_in6.self)
            self = withUnsafeBytes(of: address.sin6_addr) { half in
                .ipv6(
                    high: UInt64(bigEndian: half.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: half.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    port: UInt16(bigEndian: address.sin6_port))
            }
        default: self = .unix
        }
    }

    /// The port; 0 where there is none.
    var port: UInt16 {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, let port): port
        case .unix: 0
        }
    }
}
