import Testing

@testable import EventHTTP

/// The gate on messages that were spoilt at random: it comes to the same end however they are cut up, never reads past
/// what it was given, and what it takes says the same again when it is written out.
@Suite struct GateFuzzTests {
    private static let spices: [UInt8] = [0, 9, 10, 13, 32, 37, 44, 48, 53, 58, 59, 65, 97, 127, 200]

    /// What the gate makes of a message given in pieces: a line for each head, refusal and end of a body.
    private func frame(_ pieces: [[UInt8]]) -> [String] {
        let gate = GateLimits(ServerLimits())
        let table = HeadTable(fieldsLimit: gate.fields)
        var found: [String] = []
        var head: [UInt8] = []
        var scanned = 0
        var framer: BodyFramer?
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                if var body = framer {
                    // A buffer of just this size, so that the address sanitizer sees one byte too many.
                    let block = Array(rest)
                    var position = 0
                    let isOver = block.withUnsafeBytes { read(&body, $0, &position, &found) }
                    rest = rest.dropFirst(position)
                    framer = isOver ? nil : body
                    if found.last?.hasPrefix("refused") == true { return found }
                    continue
                }
                head += rest
                rest = []
                switch head.withUnsafeBytes({ HeadReader.read($0, from: scanned, into: table, gate) }) {
                case .incomplete(let resumeAt): scanned = resumeAt
                case .refused(let refusal): return found + ["refused \(refusal)"]
                case .complete(let length, let refusal):
                    if let refusal { return found + ["refused \(refusal)"] }
                    found.append(describe(head, table))
                    framer = BodyFramer(table.facts.pointee, limitBytes: 1000)
                    if framer?.isComplete == true { framer = nil }
                    rest = head[length...]
                    head = []
                    scanned = 0
                }
            }
        }
        return found
    }

    private func describe(_ head: [UInt8], _ table: HeadTable) -> String {
        head.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return "" }
            let view = RequestHead(base: base, facts: table.facts, peerAddress: .unix, isTLS: false)
            let fields = (0..<view.fieldCount).map {
                "\(view.fieldName(at: $0).text.debugDescription)=\(view.fieldValue(at: $0).text.debugDescription)"
            }
            let facts = table.facts.pointee
            return "\(view.method) \(view.path.text) \(view.query.text) \(fields) \(facts.declaredBodyLength)"
                + " \(facts.isChunked) \(facts.isPersistent) \(facts.expectsContinue)"
        }
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
        var budget = FuzzBudget("gate")
        let messages = GateVector.all.map(\.input).filter { $0.count < 1000 && !$0.starts(with: [13]) }
        while budget.nextRound() {
            let message = budget.spoil(budget.pick(messages), spices: Self.spices)
            let whole = frame([message])
            for pieces in [message.map { [$0] }, budget.cut(message), budget.cut(message)] {
                let text = String(decoding: message, as: UTF8.self).debugDescription
                #expect(frame(pieces) == whole, "\(text)")
            }
        }
        print("gate: \(budget.rounds) messages")
    }

    @Test func whatIsTakenSaysTheSameAgain() throws {
        var budget = FuzzBudget("heads")
        let gate = GateLimits(ServerLimits())
        let messages = GateVector.all.map(\.input).filter { $0.count < 1000 && !$0.starts(with: [13]) }
        var taken = 0
        while budget.nextRound() {
            let message = budget.spoil(budget.pick(messages), spices: Self.spices)
            let table = HeadTable(fieldsLimit: gate.fields)
            let outcome = message.withUnsafeBytes { HeadReader.read($0, from: 0, into: table, gate) }
            guard case .complete(_, nil) = outcome else { continue }
            taken += 1
            let again = rewritten(message, table)
            let copy = HeadTable(fieldsLimit: gate.fields)
            let second = again.withUnsafeBytes { HeadReader.read($0, from: 0, into: copy, gate) }
            guard case .complete(let length, nil) = second else {
                Issue.record("\(String(decoding: again, as: UTF8.self).debugDescription) was not taken again")
                continue
            }
            #expect(length == again.count)
            #expect(describe(again, copy) == describe(message, table))
        }
        #expect(taken > 0)
        print("heads: \(taken) of \(budget.rounds) taken")
    }

    /// The head in its plainest form: origin-form, no blanks around values.
    private func rewritten(_ message: [UInt8], _ table: HeadTable) -> [UInt8] {
        message.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return [] }
            let view = RequestHead(base: base, facts: table.facts, peerAddress: .unix, isTLS: false)
            var text = Array(view.methodToken) + [32] + Array(view.path)
            if !view.query.isEmpty { text += [63] + Array(view.query) }
            text += Array(" HTTP/1.\(view.minorVersion)\r\n".utf8)
            for index in 0..<view.fieldCount {
                text += Array(view.fieldName(at: index)) + [58] + Array(view.fieldValue(at: index)) + [13, 10]
            }
            return text + [13, 10]
        }
    }
}
