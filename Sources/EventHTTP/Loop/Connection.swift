internal import CLibevent
internal import Glibc

/// One client connection: the gate in front of evhttp.
///
/// DESIGN. evhttp alone mis-frames requests, reads 4 KiB at a time, keeps reading while it writes and loses answers to
/// clients that have closed their sending side. So it does not get the socket. Its bufferevent is given the descriptor
/// -1 (`begin`): whatever evhttp enables and disables on it then costs nothing and does nothing. The socket is read
/// here, by one persistent event and `recv` into the loop's buffer; the gate validates heads and frames bodies; the
/// content goes to a sink. When the answer is known, evhttp gets one canonical request, complete and without a body,
/// gives it back at once as an `evhttp_request`, takes the answer and formats it into the bufferevent's output, which
/// is written to the socket in the same callback (`flush`). When all is out, evhttp is told so and makes itself ready
/// for the next. So an `evhttp_request` exists only between answer and flush, no handler ever holds one, and a
/// connection may be freed at any time at which evhttp is not on the stack.
///
/// With TLS a `Transport` stands between this and the socket, and nothing else changes: the gate, the limits and evhttp
/// see the same bytes (see `Connection+TLS.swift`).
///
/// Phases: (`handshake` →) `idle` → `head` → (`body` → (`storing`) → `handling`) → (`writing` or `streaming`) → `idle`
/// or `lingering` → `closed`. Input that comes while a request is handled or answered waits in `pending`, up to a
/// limit.
///
/// C pointers: `evhttpConnection` and `bufferEvent` belong to evhttp and end with `evhttp_connection_free`, which
/// closes the descriptor too and tells us before, by `closeCallback`; `readEvent` and `writeEvent` are ours, freed in
/// that callback. All of it is touched on the loop's thread only.
final class Connection {
    enum Phase {
        /// TLS is being agreed on.
        case handshake
        /// Between requests.
        case idle
        /// A head has begun.
        case head
        /// A body is being read: into a sink, or away.
        case body
        /// The body is read, and being written to disk.
        case storing
        /// The responder has the request.
        case handling
        /// The answer did not fit into the socket's buffer.
        case writing
        /// The answer is being made while it is sent.
        case streaming
        /// The answer is out; what the client still sends is thrown away so that it can read the answer.
        case lingering
        case closed
    }

    // Memory: 10,000 idle connections are 10,000 of these. The fields stand by size, lest padding come between them.

    /// Unowned without a check: the loop closes its connections before it goes.
    unowned(unsafe) let loop: EventLoop
    let evhttpConnection: OpaquePointer
    let bufferEvent: OpaquePointer
    private var readEvent: OpaquePointer?
    private var writeEvent: OpaquePointer?
    var transport = Transport.cleartext
    /// Who the client is, if it has proved that in the TLS handshake.
    var clientCertificate: ClientCertificate?
    /// Bytes of records that the kernel had taken when a deadline was last put off.
    var recordBytesWritten: UInt64 = 0
    var inflight: Inflight?
    /// The body of a request that was answered without it, on its way to nowhere.
    var discarded: BodyRead?
    /// The evhttp request of a streamed answer; it ends with the stream or the connection.
    var streamRequest: UnsafeMutablePointer<evhttp_request>?
    let openedAt: UInt64
    var peerEndedAt: UInt64 = 0
    var lingeredBytes = 0

    var pending = PendingBytes()
    /// Bytes of the head at the beginning of the input that have been scanned; a head is never near 4 GiB.
    private var scannedBytes: UInt32 = 0
    private let slotNumber: Int32
    let descriptor: Int32
    let peerAddress: PeerAddress

    var phase = Phase.idle
    /// TLS will bring nothing more than what it has brought.
    var hasChannelEnded = false
    /// A request has been read.
    var hasHadRequest = false

    // The request being answered.
    var isHead = false
    var isHTTP10 = false
    var keepsAlive = true
    var mustLinger = false
    var isWithEvhttp = false

    /// The client sends nothing more.
    var peerHasEnded = false
    var hasProbed = false
    var isPumping = false
    var isReading = false
    private var isWriting = false

    /// Where the loop keeps it.
    var slot: Int { Int(slotNumber) }
    /// Bytes of the head at the beginning of the input that have been scanned.
    var scanned: Int {
        get { Int(scannedBytes) }
        set { scannedBytes = UInt32(newValue) }
    }

    init(
        loop: EventLoop, slot: Int, descriptor: Int32, peerAddress: PeerAddress, _ evhttpConnection: OpaquePointer,
        _ bufferEvent: OpaquePointer
    ) {
        self.loop = loop
        slotNumber = Int32(slot)
        self.descriptor = descriptor
        self.peerAddress = peerAddress
        self.evhttpConnection = evhttpConnection
        self.bufferEvent = bufferEvent
        openedAt = loop.now
    }

    deinit {
        pending.clear()
    }

    /// Takes the socket over from evhttp and begins to read.
    func begin() {
        // The context is unretained: the loop keeps the connection until `closeCallback` has run.
        let context = Unmanaged.passUnretained(self).toOpaque()
        evhttp_connection_set_closecb(
            evhttpConnection, { _, context in Connection.from(context).hasBeenFreed() }, context)
        bufferevent_setfd(bufferEvent, -1)
        if loop.front.isTLSOn && peerAddress != .unix { return beginTLS() }
        setDeadline(in: loop.front.times.idle)
        resumeReading()
    }

    /// The connection behind a callback's context. Unretained: the loop keeps it until its callbacks have ended; the
    /// reference taken here keeps it to the end of the call.
    static func from(_ context: UnsafeMutableRawPointer?) -> Connection {
        guard let context else { preconditionFailure("Every callback was registered with its connection.") }
        return Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    }

    // MARK: Events of the socket

    func readable() {
        loop.isAtWork()
        receive()
        settle()
        loop.takeOwnMessages()
    }

    func writable() {
        flush()
        settle()
        loop.takeOwnMessages()
    }

    /// Reads the socket again.
    func resumeReading() {
        guard !isReading, !peerHasEnded else { return }
        if case .tls(let channel) = transport { return resumeReading(from: channel) }
        if readEvent == nil {
            readEvent = event_new(
                loop.base, descriptor, Int16(EV_READ | EV_PERSIST),
                { _, _, context in Connection.from(context).readable() },
                Unmanaged.passUnretained(self).toOpaque())
        }
        guard let readEvent else { return lost() }
        isReading = true
        event_add(readEvent, nil)
    }

    /// Lets the socket rest; the client feels it when the kernel's buffers are full.
    func pauseReading() {
        guard isReading else { return }
        isReading = false
        switch transport {
        case .cleartext: if let readEvent { event_del(readEvent) }
        case .tls(let channel): bufferevent_disable(channel, Int16(EV_READ))
        }
    }

    /// Waits until the socket takes more.
    func startWriting() {
        guard !isWriting else { return }
        if writeEvent == nil {
            writeEvent = event_new(
                loop.base, descriptor, Int16(EV_WRITE | EV_PERSIST),
                { _, _, context in Connection.from(context).writable() },
                Unmanaged.passUnretained(self).toOpaque())
        }
        guard let writeEvent else { return lost() }
        isWriting = true
        event_add(writeEvent, nil)
    }

    /// Nothing waits to be written any more.
    func stopWriting() {
        guard isWriting, let writeEvent else { return }
        isWriting = false
        event_del(writeEvent)
    }

    // MARK: Deadlines

    /// Wants `deadlineHasCome` in so many milliseconds, instead of whenever it was wanted before.
    func setDeadline(in milliseconds: UInt64) {
        loop.deadlines[slot] = loop.now &+ milliseconds
    }

    /// Wants no `deadlineHasCome`.
    func clearDeadline() {
        loop.deadlines[slot] = .max
    }

    // MARK: The end

    /// Closes the connection. evhttp may not be on the stack.
    func close() {
        guard phase != .closed else { return }
        evhttp_connection_free(evhttpConnection)
    }

    /// The connection is of no use any more: the client has gone or takes nothing.
    func lost() {
        guard phase != .closed else { return }
        // The kernel forgets what it could not send, instead of trying for minutes.
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        endTLS(tellingClient: false)
        close()
    }

    /// evhttp frees the connection: everything of ours that hangs on it goes, and an open request ends as 499.
    private func hasBeenFreed() {
        guard phase != .closed else { return }
        endTLS(tellingClient: phase != .handshake)
        phase = .closed
        if let readEvent { event_free(readEvent) }
        if let writeEvent { event_free(writeEvent) }
        readEvent = nil
        writeEvent = nil
        streamRequest = nil
        discarded = nil
        if let inflight {
            inflight.body?.sink.cancel()
            inflight.core?.clientHasGone()
            inflight.stream?.close()
            if inflight.status == 0 { inflight.status = 499 }
            finishInflight()
        }
        loop.release(self)
    }

    /// Tells the responder that the accepted request has ended. Called when the answer is complete and before it is
    /// written: a client that has its answer finds it counted.
    func finishInflight() {
        guard let inflight else { return }
        self.inflight = nil
        loop.watched.remove(slot)
        loop.uploading.remove(slot)
        loop.counters.inFlight[Int(inflight.head.view.method.rawValue)].bump(by: -1)
        let waiting = phase == .closed ? 0 : evbuffer_get_length(output)
        let record = ExchangeRecord(
            status: inflight.status, bytesIn: inflight.bytesIn, bytesOut: inflight.bytesOut + waiting,
            durationNanoseconds: MonotonicClock.nanoseconds - inflight.startedAt)
        loop.front.responder.finished(inflight.context, record, loop: loop.index)
    }
}
