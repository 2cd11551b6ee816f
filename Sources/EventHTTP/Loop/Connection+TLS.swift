internal import CLibevent
internal import Glibc
internal import Synchronization

/// TLS between the gate and the socket.
///
/// DESIGN. A `bufferevent_openssl` has the socket, and evhttp's bufferevent the descriptor -1 as always: deciphered
/// bytes come out of the one's input into the loop's buffer and go through the gate; formatted answers are moved, not
/// copied, from the other's output. Both lanes, limits, uploads and the drain are those of clear text. What differs:
///
/// - An answer is written by libevent in the next pass of the loop, not in the callback: `flush` moves it, and
///   `writable` runs when the kernel has it all.
/// - The callbacks are deferred (`BEV_OPT_DEFER_CALLBACKS`): libevent 2.1.12 calls for an end of the stream before it
///   has put the bytes that it read along with it into the input, and for both from within OpenSSL, where the session
///   may not be freed. Deferred, the bytes come first and the stack is empty.
/// - At an end of the stream libevent stops writing too: it is started again, since a client that has sent all may
///   wait for its answer.
/// - Records are read whole, at most 16 KiB in a pass: OpenSSL's own reading ahead would leave records where no event
///   of the socket tells of them.
/// - Partial writes stay off: libevent 2.1.12 goes on with the next chain after one.
extension Connection {
    // MARK: Handshake

    /// Has the handshake made, within the time that a head may take.
    func beginTLS() {
        let context = loop.front.tls.withLock { $0 }
        guard let session = context?.makeSession() else { return close() }
        let deferred = Int32(bitPattern: BEV_OPT_DEFER_CALLBACKS.rawValue)
        guard
            let channel = bufferevent_openssl_socket_new(
                loop.base, descriptor, session, BUFFEREVENT_SSL_ACCEPTING, deferred)
        else {
            SSL_free(session)
            return close()
        }
        transport = .tls(channel)
        phase = .handshake
        setDeadline(in: loop.front.times.head)
        // Unretained, as in `begin`: `endTLS` takes the callbacks off before the connection goes.
        bufferevent_setcb(
            channel, { _, context in Connection.from(context).readable() },
            { _, context in Connection.from(context).writable() },
            { _, what, context in Connection.from(context).channelEvent(Int32(what)) },
            Unmanaged.passUnretained(self).toOpaque())
        isReading = true
        bufferevent_enable(channel, Int16(EV_READ | EV_WRITE))
    }

    private func channelEvent(_ what: Int32) {
        guard case .tls(let channel) = transport else { return }
        if what & BEV_EVENT_CONNECTED != 0 {
            handshakeIsDone(channel)
        } else if phase == .handshake {
            handshakeHasFailed(channel)
        } else if what & (BEV_EVENT_ERROR | BEV_EVENT_WRITING) != 0 {
            // After a close_notify OpenSSL calls a write that failed an end, too (SSL_get_error of 3.0).
            lost()
        } else {
            hasChannelEnded = true
            bufferevent_enable(channel, Int16(EV_WRITE))
            receive()
        }
        settle()
        loop.takeOwnMessages()
    }

    private func handshakeIsDone(_ channel: OpaquePointer) {
        loop.counters.count(.completed)
        clientCertificate = bufferevent_openssl_get_ssl(channel).flatMap { ClientCertificate(of: $0) }
        phase = .idle
        setDeadline(in: loop.front.times.idle)
    }

    /// The client gets to read the alert that OpenSSL has sent: what it still sends is read away.
    private func handshakeHasFailed(_ channel: OpaquePointer) {
        var codes: [UInt] = []
        while case let code = bufferevent_get_openssl_error(channel), code != 0 { codes.append(code) }
        let outcome = TLSHandshakeOutcome(failure: codes)
        loop.counters.count(outcome)
        let reason = codes.first.flatMap { ERR_reason_error_string($0) }.map { String(cString: $0) } ?? "no reason"
        loop.front.log(.debug, "TLS handshake failed (\(outcome.rawValue)): \(reason)")
        endTLS(tellingClient: false)
        guard outcome != .aborted else { return close() }
        if codes.contains(where: { ERR_GET_LIB($0) == ERR_LIB_SSL && ERR_GET_REASON($0) == SSL_R_HTTP_REQUEST }) {
            // Someone forgot the s of https: the one case in which clear text can help.
            phase = .head
            return refuse(.badRequest("this port speaks TLS; the scheme is https"), head: nil)
        }
        mustLinger = true
        closeAfterAnswer()
    }

    /// The time of `beginTLS` is over.
    func handshakeHasTimedOut() {
        loop.counters.count(.timeout)
        close()
    }

    // MARK: Input

    /// Takes deciphered bytes as far as the phase lets it; the rest stays where it is.
    func receive(from channel: OpaquePointer) {
        let input = bufferevent_get_input(channel)
        while isReading, transport.isTLS {
            let room = receiveRoom
            guard room > 0 else {
                pauseReading()
                loop.watched.insert(slot)
                return
            }
            let count = Int(evbuffer_remove(input, loop.scratch, room))
            guard count > 0 else {
                if hasChannelEnded { peerEnded() }
                return
            }
            loop.counters.bytesIn.bump(by: count)
            take(UnsafeRawBufferPointer(start: loop.scratch, count: count))
        }
    }

    /// Reads again, what lies there deciphered first: for that no event of the socket would come.
    func resumeReading(from channel: OpaquePointer) {
        isReading = true
        if !hasChannelEnded { bufferevent_enable(channel, Int16(EV_READ)) }
        if hasChannelEnded || evbuffer_get_length(bufferevent_get_input(channel)) > 0 {
            bufferevent_trigger(channel, Int16(EV_READ), 0)
        }
    }

    /// Whether the kernel or libevent has records that the loop will bring in its next pass. False for clear text,
    /// which can be read at any time.
    var hasUnreadRecords: Bool {
        guard case .tls(let channel) = transport, !hasChannelEnded else { return false }
        if evbuffer_get_length(bufferevent_get_input(channel)) > 0 { return true }
        return recv(descriptor, loop.scratch, 1, Int32(MSG_PEEK)) > 0
    }

    // MARK: Output

    /// Hands bytes that lie in the loop's memory to TLS: the whole answer.
    func transmit(_ bytes: UnsafeRawBufferPointer, through channel: OpaquePointer) {
        guard evbuffer_add(bufferevent_get_output(channel), bytes.baseAddress, bytes.count) == 0 else {
            return lost()
        }
        loop.counters.bytesOut.bump(by: bytes.count)
        phase = .writing
        setDeadline(in: loop.front.times.writeStall)
    }

    /// Moves `output` over to TLS; if the kernel has taken all of both, the answer is out.
    func flush(_ output: OpaquePointer, into channel: OpaquePointer) {
        let ciphered = bufferevent_get_output(channel)
        let count = evbuffer_get_length(output)
        if count > 0 {
            guard evbuffer_add_buffer(ciphered, output) == 0 else { return lost() }
            loop.counters.bytesOut.bump(by: count)
            inflight?.bytesOut += count
        }
        guard evbuffer_get_length(ciphered) == 0 else {
            if phase == .writing || phase == .streaming { setDeadline(in: loop.front.times.writeStall) }
            return
        }
        outputIsFlushed()
    }

    /// Whether the kernel has taken bytes since this was last asked. Of clear text it is known to have taken none.
    func hasClientTakenMore() -> Bool {
        guard case .tls(let channel) = transport, let session = bufferevent_openssl_get_ssl(channel) else {
            return false
        }
        let written = BIO_number_written(SSL_get_wbio(session))
        defer { recordBytesWritten = written }
        return written != recordBytesWritten
    }

    // MARK: The end

    /// Ends TLS; what follows on the connection is clear text. `tellingClient` says close_notify, if the kernel takes
    /// it.
    func endTLS(tellingClient: Bool) {
        guard case .tls(let channel) = transport else { return }
        transport = .cleartext
        isReading = false
        bufferevent_setcb(channel, nil, nil, nil, nil)
        bufferevent_disable(channel, Int16(EV_READ | EV_WRITE))
        let session = bufferevent_openssl_get_ssl(channel)
        if tellingClient { SSL_shutdown(session) }
        ERR_clear_error()
        bufferevent_free(channel)
        // libevent would free it only together with the descriptor, which is evhttp's.
        SSL_free(session)
    }
}
