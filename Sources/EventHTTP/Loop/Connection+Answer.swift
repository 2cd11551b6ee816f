internal import CLibevent
internal import Glibc

/// From an answer to the socket.
extension Connection {
    /// Where an answer's body is. Its status and fields are in the loop's reply state.
    enum AnswerBody {
        /// In the reply state.
        case collected
        /// In an array of its own.
        case owned([UInt8])
        /// Somewhere else, to be sent from there.
        case shared(SharedBytes)

        func count(_ reply: ReplyState) -> Int {
            switch self {
            case .collected: reply.body.count
            case .owned(let bytes): bytes.count
            case .shared(let shared): shared.bytes.count
            }
        }
    }

    /// All that evhttp needs to know of a request: the gate has read the rest.
    private static let canonicalRequest: StaticString = "GET / HTTP/1.1\r\n\r\n"
    /// The same for a streamed answer to an HTTP/1.0 client: evhttp then sends no chunks.
    private static let canonicalOldRequest: StaticString = "GET / HTTP/1.0\r\n\r\n"

    // MARK: Answers and refusals

    /// Sends the answer of an exchange.
    func answer(_ response: Response) {
        guard phase == .handling, let inflight else { return }
        loop.reply.pointee.reset()
        loop.reply.pointee.collect(response)
        inflight.status = response.status
        switch response.body {
        case .none: respond(.collected)
        case .bytes(let bytes): respond(.owned(bytes))
        case .shared(let shared): respond(.shared(shared))
        case .stream(let stream): respond(stream)
        }
        settle()
    }

    /// The handler let its exchange go.
    func exchangeWasDropped() {
        guard phase == .handling else { return }
        refuse(.unanswered, head: nil)
        settle()
    }

    /// Answers by the front itself. `head` is there if the request has not been accepted but could be read.
    func refuse(_ refusal: Refusal, head: RequestHead?) {
        loop.counters.refused.bump()
        if let limit = FrontLimit(refusal) { loop.counters.reached(limit) }
        if isInputIncomplete {
            keepsAlive = false
            mustLinger = true
        }
        inflight?.body?.sink.cancel()
        inflight?.body = nil
        loop.reply.pointee.reset()
        var reply = InlineReply(state: loop.reply)
        // The copy of the head lives as long as the open request.
        let readable = head ?? inflight?.head.view
        loop.front.responder.refuse(refusal, head: readable, context: inflight?.context, &reply, loop: loop.index)
        if loop.reply.pointee.status == 0 { loop.reply.pointee.status = refusal.status }
        if let inflight {
            inflight.status = loop.reply.pointee.status
            // Nobody waits for the handler's answer any more.
            inflight.core?.clientHasGone()
        }
        respond(.collected)
    }

    /// Whether a part of the request has not been read: then nobody knows where the next one begins.
    private var isInputIncomplete: Bool {
        switch phase {
        case .idle, .head: inflight.map { $0.head.view.declaredBodyLength != 0 } ?? true
        case .body: inflight?.body.map { !$0.framer.isComplete } ?? true
        case .handshake, .storing, .handling, .writing, .streaming, .lingering, .closed: false
        }
    }

    /// Sends the status and fields in the loop's reply state with `body`, on the fast lane if that is free.
    func respond(_ body: AnswerBody) {
        if loop.reply.pointee.closes || loop.isDraining { keepsAlive = false }
        let isLaneFree = loop.front.isFastLaneOn && inflight == nil && evbuffer_get_length(output) == 0
        if isLaneFree { sendDirectly(body) } else { sendThroughEvhttp(body) }
    }

    /// The bufferevent's output: what evhttp has formatted, or what the socket did not take at once. Owned by the
    /// bufferevent.
    var output: OpaquePointer { bufferevent_get_output(bufferEvent) }

    /// Bytes of answers that the kernel has not taken.
    private var unsentBytes: Int {
        switch transport {
        case .cleartext: evbuffer_get_length(output)
        case .tls(let channel): evbuffer_get_length(output) + evbuffer_get_length(bufferevent_get_output(channel))
        }
    }

    // MARK: Fast lane

    private func sendDirectly(_ body: AnswerBody) {
        let status = loop.reply.pointee.statusOrDefault
        let bodyCount = body.count(loop.reply.pointee)
        loop.wire.clear()
        loop.wire.append("HTTP/1.1 ")
        loop.wire.append(decimal: status)
        loop.wire.append(" ")
        loop.wire.append(StatusPhrase.of(status))
        loop.wire.append("\r\n")
        loop.wire.append(loop.reply.pointee.fields.bytes)
        if AnswerRules.hasLength(status) {
            loop.wire.append("Content-Length: ")
            loop.wire.append(decimal: bodyCount)
            loop.wire.append("\r\n")
        }
        loop.wire.append("Date: ")
        loop.wire.append(loop.date.bytes)
        if let connection = connectionField {
            loop.wire.append("\r\nConnection: ")
            loop.wire.append(connection)
        }
        loop.wire.append("\r\n\r\n")
        guard !isHead, AnswerRules.hasBody(status), bodyCount > 0 else { return sendWire() }
        switch body {
        case .collected: loop.wire.append(loop.reply.pointee.body.bytes)
        case .owned(let bytes): bytes.withUnsafeBytes { loop.wire.append($0) }
        case .shared(let shared): loop.wire.append(shared.bytes)
        }
        sendWire()
    }

    /// Writes the loop's wire buffer to the socket; what does not fit waits in the output.
    private func sendWire() {
        let bytes = loop.wire.bytes
        if case .tls(let channel) = transport { return transmit(bytes, through: channel) }
        let sent = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if sent == bytes.count {
            loop.counters.bytesOut.bump(by: sent)
            return answerSent()
        }
        guard sent >= 0 || errno == EAGAIN || errno == EINTR else { return lost() }
        let count = max(0, sent)
        loop.counters.bytesOut.bump(by: count)
        guard evbuffer_add(output, bytes.baseAddress.map { $0 + count }, bytes.count - count) == 0 else {
            return lost()
        }
        waitForSocket(.writing)
    }

    /// `Connection`'s value, where one has to be said.
    private var connectionField: StaticString? {
        if !keepsAlive { return "close" }
        return isHTTP10 ? "keep-alive" : nil
    }

    // MARK: evhttp

    private func sendThroughEvhttp(_ body: AnswerBody) {
        guard let request = makeRequest(Self.canonicalRequest), let fields = evhttp_request_get_output_headers(request)
        else { return lost() }
        let status = loop.reply.pointee.statusOrDefault
        let bodyCount = body.count(loop.reply.pointee)
        loop.reply.pointee.forEachField { name, value in evhttp_add_header(fields, name, value) }
        if AnswerRules.hasLength(status) { addField(fields, "Content-Length", bodyCount) }
        addCommonFields(fields)
        if !isHead && AnswerRules.hasBody(status) && bodyCount > 0 {
            guard attach(body, to: evhttp_request_get_output_buffer(request)) else { return lost() }
        }
        evhttp_send_reply(request, Int32(status), phrase(status), nil)
        isWithEvhttp = true
        phase = .writing
        finishInflight()
        flush()
    }

    /// Gives evhttp a request and takes it back as its object; nil without memory. It belongs to evhttp and is valid
    /// until the answer is out or the connection ends.
    private func makeRequest(_ canonical: StaticString) -> UnsafeMutablePointer<evhttp_request>? {
        loop.arrivedRequest = nil
        guard evbuffer_add(bufferevent_get_input(bufferEvent), canonical.utf8Start, canonical.utf8CodeUnitCount) == 0
        else { return nil }
        // Runs evhttp's read callback and with it ours for requests, before it returns.
        bufferevent_trigger(bufferEvent, Int16(EV_READ), 0)
        defer { loop.arrivedRequest = nil }
        return loop.arrivedRequest
    }

    private func addCommonFields(_ fields: UnsafeMutablePointer<evkeyvalq>) {
        evhttp_add_header(fields, "Date", loop.date.text)
        guard let connection = connectionField else { return }
        evhttp_add_header(
            fields, "Connection", UnsafeRawPointer(connection.utf8Start).assumingMemoryBound(to: CChar.self))
    }

    private func addField(_ fields: UnsafeMutablePointer<evkeyvalq>, _ name: String, _ number: Int) {
        loop.wire.clear()
        loop.wire.append(decimal: number)
        loop.wire.append(byte: 0)
        evhttp_add_header(fields, name, UnsafeRawPointer(loop.wire.base).assumingMemoryBound(to: CChar.self))
    }

    /// A `StaticString` literal ends in a NUL that its count leaves out.
    private func phrase(_ status: Int) -> UnsafePointer<CChar> {
        UnsafeRawPointer(StatusPhrase.of(status).utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private func attach(_ body: AnswerBody, to buffer: OpaquePointer?) -> Bool {
        switch body {
        case .collected:
            let bytes = loop.reply.pointee.body.bytes
            return evbuffer_add(buffer, bytes.baseAddress, bytes.count) == 0
        case .owned(let bytes):
            return bytes.withUnsafeBytes { evbuffer_add(buffer, $0.baseAddress, $0.count) } == 0
        case .shared(let shared):
            // The buffer holds this reference until it has no use for the bytes, on this thread.
            let owner = Unmanaged<AnyObject>.passRetained(shared.owner)
            let isAdded = evbuffer_add_reference(
                buffer, shared.bytes.baseAddress, shared.bytes.count,
                { _, _, owner in if let owner { Unmanaged<AnyObject>.fromOpaque(owner).release() } }, owner.toOpaque())
            if isAdded != 0 { owner.release() }
            return isAdded == 0
        }
    }

    // MARK: Streams

    private func respond(_ stream: BodyStream) {
        if loop.reply.pointee.closes || loop.isDraining || isHTTP10 { keepsAlive = false }
        guard let inflight,
            let request = makeRequest(isHTTP10 ? Self.canonicalOldRequest : Self.canonicalRequest),
            let fields = evhttp_request_get_output_headers(request)
        else { return lost() }
        let status = loop.reply.pointee.statusOrDefault
        loop.reply.pointee.forEachField { name, value in evhttp_add_header(fields, name, value) }
        addCommonFields(fields)
        isWithEvhttp = true
        guard !isHead, AnswerRules.hasBody(status) else {
            stream.close()
            if AnswerRules.hasLength(status) && !isHTTP10 { evhttp_add_header(fields, "Transfer-Encoding", "chunked") }
            evhttp_send_reply(request, Int32(status), phrase(status), nil)
            phase = .writing
            finishInflight()
            return flush()
        }
        inflight.stream = stream
        streamRequest = request
        evhttp_send_reply_start(request, Int32(status), phrase(status))
        phase = .streaming
        clearDeadline()
        stream.attach { [inbox = loop.inbox, slot, id = inflight.id] in
            inbox.post(.streamAdvanced(slot: slot, exchange: id))
        }
        sendStream()
    }

    /// A stream has more to send.
    func streamAdvanced() {
        guard phase == .streaming else { return }
        sendStream()
        settle()
    }

    /// Takes what the stream has, if the socket has taken all before.
    private func sendStream() {
        guard let stream = inflight?.stream, let request = streamRequest, unsentBytes < 1 << 16 else {
            return flush()
        }
        let (chunks, isFinished) = stream.take()
        guard let buffer = evbuffer_new() else { return lost() }
        defer { evbuffer_free(buffer) }
        for chunk in chunks {
            guard chunk.withUnsafeBytes({ evbuffer_add(buffer, $0.baseAddress, $0.count) }) == 0 else {
                return lost()
            }
            evhttp_send_reply_chunk(request, buffer)
        }
        if isFinished {
            streamRequest = nil
            stream.close()
            inflight?.stream = nil
            // Without chunks the end of the connection ends the body; evhttp would close before all was read.
            if !isHTTP10 { evhttp_send_reply_end(request) }
            phase = .writing
            finishInflight()
        }
        flush()
    }

    // MARK: Output

    /// Bytes that are given to a socket in one go; then the other connections have their turn.
    private static let flushMax = 256 << 10

    /// Writes as much of the output as the socket takes.
    func flush() {
        let output = output
        if case .tls(let channel) = transport { return flush(output, into: channel) }
        var budget = Self.flushMax
        while evbuffer_get_length(output) > 0 {
            guard budget > 0 else { return waitForSocket(phase) }
            let count = Int(evbuffer_write_atmost(output, descriptor, budget))
            if count > 0 {
                budget -= count
                loop.counters.bytesOut.bump(by: count)
                inflight?.bytesOut += count
            } else {
                guard count < 0, errno == EAGAIN || errno == EINTR else { return lost() }
                return waitForSocket(phase)
            }
        }
        stopWriting()
        outputIsFlushed()
    }

    /// The kernel has taken all that there was to send.
    func outputIsFlushed() {
        switch phase {
        case .writing: answerSent()
        case .streaming: streamIsFlushed()
        case .handshake, .idle, .head, .body, .storing, .handling, .lingering, .closed: break
        }
    }

    private func streamIsFlushed() {
        clearDeadline()
        guard let inflight, let stream = inflight.stream, stream.hasMore else { return }
        // Not at once: a writer that keeps up with the socket would make this call itself without end.
        loop.inbox.post(.streamAdvanced(slot: slot, exchange: inflight.id))
    }

    private func waitForSocket(_ phase: Phase) {
        self.phase = phase
        if phase == .writing || phase == .streaming { setDeadline(in: loop.front.times.writeStall) }
        startWriting()
    }

    /// Sends a few bytes that belong to no answer, while none is on its way.
    func writeAside(_ text: StaticString) {
        guard evbuffer_add(output, text.utf8Start, text.utf8CodeUnitCount) == 0 else { return lost() }
        flush()
    }

    /// The whole answer is with the kernel.
    private func answerSent() {
        loop.counters.answered.bump()
        guard keepsAlive else { return closeAfterAnswer() }
        if isWithEvhttp {
            isWithEvhttp = false
            // evhttp drops the request and makes itself ready for the next; without memory it frees the connection.
            bufferevent_trigger(bufferEvent, Int16(EV_WRITE), 0)
            guard phase != .closed else { return }
        }
        if discarded == nil {
            phase = .idle
            setDeadline(in: loop.front.times.idle)
        } else {
            phase = .body
            setDeadline(in: loop.front.times.drain)
        }
        resumeReading()
    }

    /// Ends the connection so that the client can read the answer: as long as it may still send, its bytes are read
    /// away, for closing with unread input makes the kernel reset the connection.
    func closeAfterAnswer() {
        guard !peerHasEnded else { return close() }
        // What is read away need not be deciphered.
        endTLS(tellingClient: true)
        if !mustLinger {
            let count = recv(descriptor, loop.scratch, 1, Int32(MSG_PEEK))
            guard count > 0 else { return close() }
        }
        endSending()
    }

    /// Sends no more and reads away what the client still sends, until it closes or time is up.
    func endSending() {
        guard !peerHasEnded else { return close() }
        shutdown(descriptor, Int32(SHUT_WR))
        phase = .lingering
        setDeadline(in: loop.front.times.drain)
        resumeReading()
    }
}

/// What an answer's status says about its body (RFC 9110 §6.4.1, §8.6).
enum AnswerRules {
    /// Whether an answer of this status may have a body.
    static func hasBody(_ status: Int) -> Bool { status != 204 && status != 304 }

    /// Whether it says how long that is.
    static func hasLength(_ status: Int) -> Bool { status != 204 && status != 304 }
}
