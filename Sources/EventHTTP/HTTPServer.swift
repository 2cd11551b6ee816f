internal import Dispatch
internal import Glibc
internal import Synchronization

/// An HTTP/1.1 server on libevent's evhttp: event loops, each a thread with a listener of its own.
public final class HTTPServer: Sendable {
    /// A running loop, as the other threads see it.
    private struct RunningLoop: Sendable {
        let inbox: LoopInbox
        let counters: LoopCounters
        let thread: pthread_t
    }

    private struct State {
        var wasStarted = false
        var isDraining = false
        var loops: [RunningLoop] = []
        var port: UInt16 = 0
        /// The counters outlive the loops.
        var counters: [LoopCounters] = []
        var unixListener: UnixListener?
    }

    private let configuration: HTTPServerConfiguration
    private let front: SharedFront
    private let state = Mutex(State())

    /// A server that is not listening yet.
    public init(_ configuration: HTTPServerConfiguration, responder: any HTTPResponder) {
        self.configuration = configuration
        front = SharedFront(configuration, responder: responder)
    }

    deinit {
        stop()
    }

    /// Binds, listens and starts the loops. With port 0 the first loop takes any free port and the others the same.
    /// From here on the process ignores SIGPIPE: a write to a connection that has gone is an error, not its end.
    public func start() throws(HTTPServerError) {
        try configuration.check()
        try state.withLock { (state) throws(HTTPServerError) in
            guard !state.wasStarted else { throw .alreadyStarted }
            LibeventLog.install(configuration.log)
            try loadTLS()
            var address = ListenAddress(host: configuration.host, port: configuration.port)
            try EventLoop.checkFree(address)
            let unixListener: UnixListener? =
                if let unix = configuration.unixSocket {
                    try UnixListener(unix, backlog: configuration.backlog)
                } else { nil }
            var loops: [EventLoop] = []
            do throws(HTTPServerError) {
                for index in 0..<configuration.loops {
                    let loop = try EventLoop.make(
                        index: index, front: front, address: address, backlog: configuration.backlog)
                    address.port = loop.port
                    loops.append(loop)
                    if let unixListener { try loop.listen(on: unixListener) }
                }
            } catch {
                for loop in loops { loop.abandon() }
                throw error
            }
            state.wasStarted = true
            state.port = address.port
            state.unixListener = unixListener
            while !loops.isEmpty {
                let loop = loops.removeFirst()
                let (inbox, counters) = (loop.inbox, loop.counters)
                do throws(HTTPServerError) {
                    let thread = try LoopThread.start(loop)
                    state.loops.append(RunningLoop(inbox: inbox, counters: counters, thread: thread))
                    state.counters.append(counters)
                } catch {
                    for rest in loops { rest.abandon() }
                    throw error
                }
            }
        }
    }

    /// Reads the certificates, the key and the authorities of clients again. Handshakes from now on are made with them;
    /// open connections go on. If anything is wrong with the files, all stays as it was.
    public func reloadTLS() throws(HTTPServerError) {
        try loadTLS()
    }

    private func loadTLS() throws(HTTPServerError) {
        guard let tls = configuration.tls else { return }
        do throws(TLSConfigurationError) {
            let context = try TLSContext(tls)
            front.tls.withLock { $0 = context }
        } catch {
            throw .invalidTLS(error)
        }
    }

    /// The port that was bound; 0 before `start`.
    public var port: UInt16 { state.withLock { $0.port } }

    /// Stops accepting, says `Connection: close` from now on, closes idle connections and waits until open exchanges
    /// have ended, at the latest at `instant`; then those that are left are answered 503. Blocks the caller, which may
    /// not be a loop. A second call waits too, and may bring the end forward.
    public func drain(by instant: ContinuousClock.Instant) {
        let left = ContinuousClock.now.duration(to: instant)
        let milliseconds = left > .zero ? left.milliseconds : 0
        state.withLock { state in
            let deadline = MonotonicClock.milliseconds + milliseconds
            for loop in state.loops {
                if !state.isDraining { front.drained.enter() }
                loop.inbox.post(.drain(deadline: deadline))
            }
            state.isDraining = true
            state.unixListener?.remove()
        }
        // The loops end what is open at the deadline, and a client that does not read its refusal soon after.
        let grace = Int(milliseconds) + 1000
        _ = front.drained.wait(timeout: .now() + .milliseconds(grace))
    }

    /// Closes what is open, frees the loops on their own threads and waits for these. Can be called again.
    public func stop() {
        let loops = state.withLock { state in
            defer { state.loops = [] }
            state.unixListener?.remove()
            return state.loops
        }
        for loop in loops { loop.inbox.post(.stop) }
        for loop in loops { pthread_join(loop.thread, nil) }
        state.withLock { $0.unixListener = nil }
    }

    /// What the front does now and has done, over all loops.
    public func statistics() -> FrontStatistics {
        let counters = state.withLock { $0.counters }
        var total = FrontStatistics()
        for counter in counters { counter.add(to: &total) }
        return total
    }
}

extension HTTPServerConfiguration {
    /// Throws `invalidConfiguration` with the first setting that cannot work.
    func check() throws(HTTPServerError) {
        guard (1...256).contains(loops) else {
            throw .invalidConfiguration("loops must be from 1 to 256, not \(loops)")
        }
        guard (256...65_535).contains(limits.headBytes) else {
            throw .invalidConfiguration("limits.headBytes must be from 256 to 65535, not \(limits.headBytes)")
        }
        guard (1...limits.headBytes).contains(limits.targetBytes) else {
            throw .invalidConfiguration("limits.targetBytes must be from 1 to headBytes, not \(limits.targetBytes)")
        }
        guard (1...1000).contains(limits.fields) else {
            throw .invalidConfiguration("limits.fields must be from 1 to 1000, not \(limits.fields)")
        }
        guard limits.connections > 0, limits.connectionsPerAddress >= 0 else {
            throw .invalidConfiguration("limits.connections must be above 0, connectionsPerAddress not below")
        }
        guard limits.pipelinedBytes > 0, limits.drainBytes >= 0 else {
            throw .invalidConfiguration("limits.pipelinedBytes must be above 0, drainBytes not below")
        }
    }
}
