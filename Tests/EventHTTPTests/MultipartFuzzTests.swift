import Testing

@testable import EventHTTP

/// The multipart reader on forms that were spoilt at random: cuts do not matter, and what is taken says the same again.
@Suite struct MultipartFuzzTests {
    private static let spices: [UInt8] = [0, 9, 10, 13, 32, 34, 37, 39, 42, 45, 58, 59, 61, 92, 98, 200]

    /// What comes out of a body given in pieces: parts with their content so far, and how it ended.
    private func parse(_ pieces: [[UInt8]], boundary: [UInt8]) -> [String] {
        var reader = MultipartReader(boundary: boundary, headLimitBytes: 1024)
        var found: [(String, [UInt8])] = []
        for piece in pieces {
            var refusal: Refusal?
            piece.withUnsafeBytes { block in
                do throws(Refusal) {
                    try reader.read(block) { (event) throws(Refusal) in
                        switch event {
                        case .part(let head): found.append(("\(head)", []))
                        case .content(let content): found[found.count - 1].1 += content
                        case .partEnd: found[found.count - 1].0 += " whole"
                        }
                    }
                } catch {
                    refusal = error
                }
            }
            if let refusal { return describe(found) + ["refused \(refusal)"] }
        }
        return describe(found) + [reader.isComplete ? "complete" : "open"]
    }

    /// Content of a part that is not whole may still be held back: only how it begins is the same.
    private func describe(_ parts: [(String, [UInt8])]) -> [String] {
        parts.map { $0.0.hasSuffix(" whole") ? "\($0.0) \($0.1)" : $0.0 }
    }

    @Test func cutsDoNotMatter() {
        var budget = FuzzBudget("forms")
        let samples =
            MultipartReaderTests.sound.map { ($0.boundary, $0.body) }
            + MultipartReaderTests.broken.map { ("b", Array($0.1.utf8)) }
        var complete = 0
        while budget.nextRound() {
            let (boundary, body) = budget.pick(samples)
            let message = budget.spoil(body, spices: Self.spices)
            let bytes = Array(boundary.utf8)
            let whole = parse([message], boundary: bytes)
            if whole.last == "complete" { complete += 1 }
            for pieces in [message.map { [$0] }, budget.cut(message), budget.cut(message)] {
                let text = String(decoding: message, as: UTF8.self).debugDescription
                #expect(parse(pieces, boundary: bytes) == whole, "\(text)")
            }
        }
        #expect(complete > 0)
        print("forms: \(complete) of \(budget.rounds) complete")
    }

    @Test func contentSurvivesWhateverItIs() throws {
        var budget = FuzzBudget("contents")
        // What looks like a delimiter is where a search goes wrong.
        let pieces: [[UInt8]] = [
            "\r", "\n", "\r\n", "-", "--", "--b", "\r\n--", "\r\n--b", "\r\n--bo", "x", "\r\n--bou\r", " ",
        ]
        .map { Array($0.utf8) }
        while budget.nextRound() {
            var contents: [[UInt8]] = []
            var body: [UInt8] = []
            for _ in 0..<(1 + budget.below(3)) {
                var content: [UInt8] = []
                for _ in 0..<budget.below(12) { content += budget.pick(pieces) }
                content += [46]
                contents.append(content)
                body += Array("--bound\r\nContent-Disposition: form-data; name=n\r\n\r\n".utf8) + content + [13, 10]
            }
            body += Array("--bound--".utf8)
            let head = "\(PartHead(name: "n")) whole"
            #expect(
                parse(budget.cut(body), boundary: Array("bound".utf8)) == contents.map { "\(head) \($0)" } + [
                    "complete"
                ])
        }
    }
}
