/// From a head to a whole request.
extension Connection {
    /// Plans the reading of an accepted request's body.
    func beginBody(_ plan: BodyPlan, _ head: RequestHead, _ inflight: Inflight, isMoreThere: Bool) {
        let facts = head.facts.pointee
        if case .none = plan, !facts.isChunked, facts.declaredBodyLength == 0 { return handle(inflight, .none) }
        let limit = limitBytes(of: plan)
        guard facts.isChunked || facts.declaredBodyLength <= limit else {
            return refuse(.bodyTooLarge(limit: limit), head: head)
        }
        let sink: any BodySink
        do throws(Refusal) {
            sink = try makeSink(plan, head, inflight.id)
        } catch {
            return refuse(error, head: head)
        }
        let body = BodyRead(framer: BodyFramer(facts, limitBytes: limit), sink: sink, startedAt: loop.now)
        inflight.body = body
        phase = .body
        guard !body.framer.isComplete else { return finishBody() }
        if case .multipart = plan {
            loop.uploading.insert(slot)
            restIfSaturated(body)
        }
        setDeadline(in: loop.front.times.bodyRateGrace)
        // A client that has begun to send does not wait for us (RFC 9110 §10.1.1).
        if facts.expectsContinue && !isMoreThere { writeAside("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    private func limitBytes(of plan: BodyPlan) -> Int {
        switch plan {
        case .none: loop.front.limits.drainBytes
        case .collect(let limit), .digest(let limit): limit
        case .multipart(let plan): plan.bodyLimitBytes
        }
    }

    private func makeSink(_ plan: BodyPlan, _ head: RequestHead, _ exchange: UInt64) throws(Refusal) -> any BodySink {
        switch plan {
        case .none: return DiscardSink()
        case .collect: return CollectSink(expected: head.declaredBodyLength ?? 0)
        case .digest: return DigestSink()
        case .multipart(let plan):
            let boundary = try MultipartBoundary.of(head.field(.contentType))
            return MultipartSink(
                plan, boundary: boundary,
                wake: { [inbox = loop.inbox, slot] in
                    inbox.post(.sinkAdvanced(slot: slot, exchange: exchange))
                })
        }
    }

    /// Gives the content in `input` to the sink, from `position` on.
    func consumeBody(_ input: UnsafeRawBufferPointer, _ position: inout Int) {
        guard let body = inflight?.body ?? discarded else { preconditionFailure("A body is read into something.") }
        while true {
            let start = position
            let step = body.framer.next(input, &position)
            inflight?.bytesIn += position - start
            switch step {
            case .content(let content):
                do throws(Refusal) {
                    try body.sink.consume(content)
                } catch {
                    return refuse(error, head: nil)
                }
            case .needsMore:
                restIfSaturated(body)
                return
            case .end:
                if discarded != nil { return finishDiscarding() }
                return finishBody()
            case .refused(let refusal):
                // The answer to a discarded body's request is out already.
                if discarded != nil { return close() }
                return refuse(refusal, head: nil)
            }
        }
    }

    private func restIfSaturated(_ body: BodyRead) {
        guard body.pausedAt == nil, body.sink.isSaturated else { return }
        pauseReading()
        body.pausedAt = loop.now
    }

    /// The sink has caught up, or is done.
    func sinkAdvanced() {
        guard let body = inflight?.body else { return }
        if phase == .storing {
            finishBody()
        } else if phase == .body, let pausedAt = body.pausedAt, !body.sink.isSaturated {
            body.pausedFor += loop.now - pausedAt
            body.pausedAt = nil
            resumeReading()
        }
        settle()
    }

    /// Called by the sweep while a body goes to disk: lets go of memory that others need, and looks whether a rest is
    /// over, lest one wake-up that went astray stop an upload.
    func tendUpload() {
        inflight?.body?.sink.relieve()
        if inflight?.body?.pausedAt != nil { sinkAdvanced() }
    }

    /// The body has been read: hands the request to the responder, now or when the sink is done.
    private func finishBody() {
        guard let inflight, let body = inflight.body else { preconditionFailure("A body belongs to a request.") }
        do throws(Refusal) {
            guard let content = try body.sink.finish() else {
                phase = .storing
                return setDeadline(in: loop.front.times.handler)
            }
            inflight.body = nil
            loop.uploading.remove(slot)
            handle(inflight, content)
        } catch {
            refuse(error, head: nil)
        }
    }

    private func finishDiscarding() {
        discarded = nil
        phase = .idle
        setDeadline(in: loop.front.times.idle)
    }

    private func handle(_ inflight: Inflight, _ body: Body) {
        phase = .handling
        setDeadline(in: loop.front.times.handler)
        if peerHasEnded { loop.watched.insert(slot) } else { resumeReading() }
        let core = ExchangeCore(id: inflight.id, to: .loop(loop.inbox, slot: slot))
        inflight.core = core
        let request = Request(fields: RequestFields(head: inflight.head), body: body, context: inflight.context)
        loop.front.responder.handle(request, Exchange(core: core), loop: loop.index)
        loop.hasHandedOver()
    }

    // MARK: What goes wrong meanwhile

    /// The moment of `setDeadline` has come.
    func deadlineHasCome() {
        switch phase {
        case .handshake: handshakeHasTimedOut()
        case .idle:
            loop.counters.reached(.idleTime)
            endIdle()
        case .head:
            beginRequestAfterTimeout()
            refuse(.headTimeout, head: nil)
        case .body:
            if discarded != nil { return drainTimeIsOver() }
            checkBodyPace()
        case .storing, .handling: refuse(.handlerTimeout, head: nil)
        case .writing, .streaming:
            guard hasClientTakenMore() else {
                loop.counters.reached(.writeStallTime)
                return lost()
            }
            setDeadline(in: loop.front.times.writeStall)
        case .lingering: drainTimeIsOver()
        case .closed: break
        }
        settle()
    }

    private func drainTimeIsOver() {
        // A client that was idle owes nothing.
        if mustLinger || phase == .body { loop.counters.reached(.drainTime) }
        close()
    }

    private func beginRequestAfterTimeout() {
        scanned = 0
        isHead = pending.bytes.starts(with: "HEAD ".utf8)
        isHTTP10 = false
        // What has come of the head is thrown away; the answer ends the connection.
        pending.clear()
    }

    private func checkBodyPace() {
        guard let inflight, let body = inflight.body else { return }
        let times = loop.front.times
        let resting = body.pausedFor + (body.pausedAt.map { loop.now - $0 } ?? 0)
        let elapsed = loop.now - body.startedAt - min(resting, loop.now - body.startedAt)
        let expected = loop.front.limits.bodyRateMin * Int(elapsed) / 1000
        let isTooSlow = elapsed >= times.bodyRateGrace && inflight.bytesIn < expected
        guard !isTooSlow, elapsed < times.body else { return refuse(.bodyTimeout, head: nil) }
        setDeadline(in: 1000)
    }

    /// Looks after a client that has ended its sending side while its request is handled: whether it has gone or only
    /// waits cannot be seen, until something is sent. Called by the sweep.
    func probe() {
        guard phase == .handling || phase == .storing else {
            if phase != .writing && phase != .streaming { loop.watched.remove(slot) }
            return
        }
        guard !SocketState.hasHungUp(descriptor) else { return lost() }
        // Short requests are answered before that. An interim response is legal in HTTP/1.1 only (RFC 9110 §15.2); a
        // client that is there skips it, the kernel of one that is not answers with a reset.
        let isDue = peerHasEnded && loop.now - peerEndedAt >= 500
        guard isDue, !hasProbed, !isHTTP10 else { return }
        hasProbed = true
        writeAside("HTTP/1.1 102 Processing\r\n\r\n")
    }

    // MARK: Stop

    /// How long the client of an idle connection may take to see that it ends.
    private static let idleEndMilliseconds: UInt64 = 500

    /// Ends the connection between two requests. A request that is on its way just now meets an end and not a reset:
    /// its client knows that nothing of it was taken, and may send it again (RFC 9112 §9.5).
    private func endIdle() {
        endTLS(tellingClient: true)
        endSending()
        if phase == .lingering { setDeadline(in: min(loop.front.times.drain, Self.idleEndMilliseconds)) }
    }

    /// Closes the connection if no request is open on it and none has just come.
    func closeIfIdle() {
        guard phase == .idle || phase == .handshake else { return }
        // A client that has only just connected has a request on its way.
        guard hasHadRequest || loop.now - openedAt > 1000 else { return }
        if phase == .handshake { return close() }
        guard !hasUnreadRecords else { return }
        receive()
        settle()
        if phase == .idle { endIdle() }
    }

    /// The time for a drain is over.
    func endForStop() {
        switch phase {
        case .head, .body, .storing, .handling:
            guard discarded == nil else { return close() }
            refuse(.stopping, head: nil)
            settle()
        case .handshake, .idle, .writing, .streaming, .lingering, .closed: close()
        }
    }
}
