internal import CLibevent
internal import Glibc

/// From the socket to a complete head.
extension Connection {
    /// How often a socket is read in one go while it has as much as fits: large bodies in few wake-ups, without keeping
    /// the other connections waiting.
    private static let receiveRounds = 4
    /// Bytes that are read at once while no body is on its way.
    private static let headReceiveMax = 32 << 10

    /// Reads what is there and works it off.
    func receive() {
        if case .tls(let channel) = transport { return receive(from: channel) }
        for _ in 0..<Self.receiveRounds {
            let room = receiveRoom
            guard room > 0 else {
                loop.counters.reached(.pipelinedBytes)
                pauseReading()
                loop.watched.insert(slot)
                return
            }
            let block = contentBlock
            let target = block.map(contentRoom) ?? UnsafeMutableRawBufferPointer(start: loop.scratch, count: room)
            let count = recv(descriptor, target.baseAddress, target.count, 0)
            if count > 0 {
                loop.counters.bytesIn.bump(by: count)
                // A refusal gives the block back while its bytes are still being counted.
                withExtendedLifetime(block) {
                    take(UnsafeRawBufferPointer(start: target.baseAddress, count: count))
                }
                guard count == target.count, phase == .body, isReading else { return }
            } else if count == 0 {
                return peerEnded()
            } else {
                if errno != EAGAIN && errno != EINTR { lost() }
                return
            }
        }
    }

    /// Where the sink wants what comes next, if that is content for certain.
    private var contentBlock: UploadBlock? {
        guard phase == .body, pending.isEmpty, let body = inflight?.body, body.framer.plainBytesLeft > 0 else {
            return nil
        }
        return body.sink.contentBlock
    }

    /// As much of the block's room as content will fill: no byte of a next request may come into it.
    private func contentRoom(of block: UploadBlock) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            rebasing: block.room.prefix(inflight?.body?.framer.plainBytesLeft ?? 0))
    }

    /// Bytes that may be taken now.
    var receiveRoom: Int {
        switch phase {
        // What comes with a head has to be kept in memory, whatever it is.
        case .idle, .head: Self.headReceiveMax
        case .body, .lingering: EventLoop.scratchBytes
        case .storing, .handling, .writing, .streaming:
            min(EventLoop.scratchBytes, max(0, loop.front.limits.pipelinedBytes - pending.count))
        case .handshake, .closed: 0
        }
    }

    /// Works off bytes that lie in the loop's buffer, and keeps what has to wait.
    func take(_ fresh: UnsafeRawBufferPointer) {
        guard pending.isEmpty else {
            pending.append(fresh)
            return pump()
        }
        isPumping = true
        let used = process(fresh)
        isPumping = false
        guard phase != .closed, used < fresh.count else { return }
        pending.append(UnsafeRawBufferPointer(rebasing: fresh[used...]))
    }

    /// Works off what waits, as far as the phase lets it.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while !pending.isEmpty {
            // The bytes stay where they are while they are processed: only this method and `take` change `pending`.
            let used = process(pending.bytes)
            guard phase != .closed else { return }
            pending.removeFirst(used)
            if used == 0 { return }
        }
    }

    /// Reads requests in `input` until it ends or the phase has to change by something else; how many bytes were used.
    private func process(_ input: UnsafeRawBufferPointer) -> Int {
        var position = 0
        while position < input.count {
            switch phase {
            case .idle, .head:
                guard readHead(input, &position) else { return position }
            case .body:
                consumeBody(input, &position)
            case .lingering:
                lingeredBytes += input.count - position
                position = input.count
                if lingeredBytes > loop.front.limits.drainBytes {
                    loop.counters.reached(.drainBytes)
                    close()
                }
            case .handshake, .storing, .handling, .writing, .streaming, .closed:
                return position
            }
        }
        return position
    }

    /// Looks for a head at `position`. False if more bytes are needed.
    private func readHead(_ input: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
        var rest = UnsafeRawBufferPointer(rebasing: input[position...])
        if scanned == 0 && rest[0] == 13 {
            let empty = HeadScan.emptyLines(rest)
            position += empty
            rest = UnsafeRawBufferPointer(rebasing: rest[empty...])
            // A lone CR may become an empty line.
            if rest.isEmpty || (rest.count == 1 && rest[0] == 13) { return false }
        }
        switch HeadReader.read(rest, from: scanned, into: loop.headTable, loop.front.gate) {
        case .incomplete(let offset):
            scanned = offset
            if phase == .idle {
                phase = .head
                setDeadline(in: loop.front.times.head)
            }
            return false
        case .refused(let refusal):
            beginRequest()
            // An answer to HEAD has no body even if the rest of the head is broken.
            isHead = rest.starts(with: "HEAD ".utf8)
            refuse(refusal, head: nil)
        case .complete(let length, let refusal):
            let base = rest.baseAddress!.assumingMemoryBound(to: UInt8.self)  // Not empty, so it has a base.
            beginRequest()
            position += length
            let facts = loop.headTable.facts
            let head = RequestHead(
                base: base, facts: facts, peerAddress: peerAddress, isTLS: transport.isTLS,
                client: clientCertificate.map { Unmanaged.passUnretained($0) })
            if let refusal {
                isHead = rest.starts(with: "HEAD ".utf8)
                refuse(refusal, head: facts.pointee.isReadable ? head : nil)
            } else {
                admit(head, isMoreThere: position < input.count)
            }
        }
        return true
    }

    private func beginRequest() {
        scanned = 0
        hasHadRequest = true
        isHead = false
        isHTTP10 = false
        keepsAlive = true
        mustLinger = false
    }

    /// Asks the responder what is to become of a request.
    private func admit(_ head: RequestHead, isMoreThere: Bool) {
        let facts = head.facts.pointee
        isHead = facts.method == .head
        isHTTP10 = facts.minorVersion == 0
        keepsAlive = facts.isPersistent
        loop.reply.pointee.reset()
        var reply = InlineReply(state: loop.reply)
        switch loop.front.responder.admit(head, &reply, loop: loop.index) {
        case .answered:
            answerWithoutBody(facts)
        case .accepted(let plan, let context):
            let inflight = Inflight(id: loop.front.nextExchange(), context: context, head: HeadCopy(head))
            self.inflight = inflight
            loop.counters.inFlight[Int(facts.method.rawValue)].bump()
            beginBody(plan, head, inflight, isMoreThere: isMoreThere)
        }
    }

    /// Sends what `admit` has written. A body that the client sends all the same is read away, so that the connection
    /// stays in step; one that is too large, or that waits for `100 Continue`, ends the connection instead.
    private func answerWithoutBody(_ facts: HeadFacts) {
        let hasBody = facts.isChunked || facts.declaredBodyLength > 0
        let limit = loop.front.limits.drainBytes
        if hasBody {
            mustLinger = true
            if facts.expectsContinue || facts.declaredBodyLength > limit {
                keepsAlive = false
            } else {
                discarded = BodyRead(
                    framer: BodyFramer(facts, limitBytes: limit), sink: DiscardSink(), startedAt: loop.now)
            }
        }
        respond(.collected)
    }

    // MARK: The client's end

    /// The client has closed its sending side: it may be gone, or only wait for its answers.
    func peerEnded() {
        peerHasEnded = true
        peerEndedAt = loop.now
        pauseReading()
        loop.watched.insert(slot)
    }

    /// Called at the end of every event: works off what waits, and ends what cannot go on.
    func settle() {
        pump()
        guard peerHasEnded else { return }
        switch phase {
        case .handshake, .idle, .lingering:
            close()
        case .head:
            beginRequest()
            refuse(.badRequest("the connection ended in the middle of a head"), head: nil)
        case .body:
            if discarded != nil { return close() }
            refuse(.badRequest("the connection ended in the middle of a body"), head: nil)
        case .storing, .handling, .writing, .streaming, .closed:
            break
        }
    }
}
