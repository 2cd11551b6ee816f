import Testing

@testable import EventHTTP

/// The gate on messages that were spoilt at random: it must come to the same end however they are cut up, and never
/// read past what it was given.
@Suite struct FramingFuzzTests {
    /// What the gate makes of `bytes`, given in pieces of `size`: a line for each head, refusal and end of a body.
    private func frame(_ bytes: [UInt8], piece size: Int) -> [String] {
        let gate = GateLimits(ServerLimits())
        let table = HeadTable(fieldsLimit: gate.fields)
        var found: [String] = []
        var head: [UInt8] = []
        var scanned = 0
        var framer: BodyFramer?
        var offset = 0
        while offset < bytes.count {
            // A buffer of just this size, so that the address sanitizer sees one byte too many.
            let piece = Array(bytes[offset..<min(offset + size, bytes.count)])
            offset += piece.count
            var rest = piece[...]
            while !rest.isEmpty {
                if var body = framer {
                    let block = Array(rest)
                    var position = 0
                    let end = block.withUnsafeBytes { read(&body, $0, &position, &found) }
                    rest = rest.dropFirst(position)
                    framer = end ? nil : body
                    if found.last?.hasPrefix("refused") == true { return found }
                    continue
                }
                head += rest
                rest = []
                let outcome = head.withUnsafeBytes { HeadReader.read($0, from: scanned, into: table, gate) }
                switch outcome {
                case .incomplete(let resumeAt): scanned = resumeAt
                case .refused(let refusal): return found + ["refused \(refusal)"]
                case .complete(let length, let refusal):
                    if let refusal { return found + ["refused \(refusal)"] }
                    let facts = table.facts.pointee
                    found.append(
                        "head \(facts.method) \(facts.fieldCount) \(facts.declaredBodyLength) \(facts.isChunked)")
                    framer = BodyFramer(facts, limitBytes: 1000)
                    if framer?.isComplete == true { framer = nil }
                    rest = head[length...]
                    head = []
                    scanned = 0
                }
            }
        }
        return found
    }

    /// Reads on in a body; true at its end or a refusal.
    private func read(
        _ body: inout BodyFramer, _ block: UnsafeRawBufferPointer, _ position: inout Int, _ found: inout [String]
    ) -> Bool {
        while true {
            switch body.next(block, &position) {
            case .content: continue
            case .needsMore: return false
            case .end:
                found.append("body \(body.contentBytes)")
                return true
            case .refused(let refusal):
                found.append("refused \(refusal)")
                return true
            }
        }
    }

    @Test func cutsDoNotMatter() {
        var seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let messages = GateVector.all.map(\.input).filter { $0.count < 1000 && !$0.starts(with: [13]) }
        let spices: [UInt8] = [0, 9, 10, 13, 32, 48, 53, 58, 59, 65, 97, 127, 200]
        for _ in 0..<4000 {
            var message = messages[next(messages.count)]
            for _ in 0..<next(4) {
                let index = next(message.count)
                switch next(3) {
                case 0: message[index] = spices[next(spices.count)]
                case 1: message.insert(spices[next(spices.count)], at: index)
                default: if message.count > 1 { message.remove(at: index) }
                }
            }
            let whole = frame(message, piece: message.count)
            for size in [1, 2 + next(5), 8 + next(30)] {
                let text = String(decoding: message, as: UTF8.self).debugDescription
                #expect(frame(message, piece: size) == whole, "\(text)")
            }
        }
    }

    @Test func aResponderCanBeTestedWithoutAServer() throws {
        let path = try RequestHead.withParsed("GET /a?b HTTP/1.1\r\nHost: x\r\nPREFER: wait=1\r\n\r\n") { head in
            #expect(head.field(.prefer)?.text == "wait=1")
            #expect(head.field(named: "Host")?.text == "x")
            #expect(head.field(.accept) == nil)
            return head.path.text
        }
        #expect(path == "/a")
        #expect(throws: RefusedHead(refusal: .badRequest("Host is missing"))) {
            try RequestHead.withParsed("GET / HTTP/1.1\r\n\r\n") { _ in }
        }
        let reply = RenderedReply { reply in
            reply.status(201)
            reply.field("X-Number", -42)
            reply.appendBody("n=")
            reply.appendBody(decimal: 1_234_567)
        }
        #expect(reply.status == 201)
        #expect(reply.fields == "X-Number: -42\r\n")
        #expect(reply.body == Array("n=1234567".utf8))
    }

    @Test func theDateIsWrittenAsTheRFCSays() {
        var date = DateText()
        defer { date.free() }
        for (second, text) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        ] {
            date.update(to: second)
            #expect(date.bytes.text == text)
        }
    }
}
