import EventHTTP
import Glibc
import Testing

/// A live front on messages that were spoilt at random: whole on the fast lane or in pieces without it, the same bytes
/// come back, and it lives on.
@Suite struct WireFuzzTests {
    private static let spices: [UInt8] = [0, 9, 10, 13, 32, 37, 44, 48, 53, 58, 59, 97, 127, 200]

    /// Everything that comes back for a message, without dates and interim answers.
    private func answers(_ pieces: [[UInt8]], from server: ServerUnderTest) throws -> String {
        let client = try server.connect()
        for piece in pieces { client.send(piece) }
        client.finishSending()
        let text = String(decoding: try client.readToEnd(), as: UTF8.self)
        return text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("Date: ") }.joined(separator: "\r\n")
            .replacing("HTTP/1.1 100 Continue\r\n\r\n", with: "")
    }

    @Test func lanesAndCutsDoNotMatter() throws {
        var budget = FuzzBudget("wire")
        let (fast, slow) = (try ServerUnderTest(lane: true), try ServerUnderTest(lane: false))
        // Streams and held requests wait for the test.
        let messages = GateVector.all.map(\.input).filter { $0.count < 2000 }
        while budget.nextRound() {
            let message = budget.spoil(budget.pick(messages) + budget.pick(messages), spices: Self.spices)
            guard !String(decoding: message, as: UTF8.self).contains(#/big|hold|stream/#) else { continue }
            let text = String(decoding: message, as: UTF8.self).debugDescription
            let whole = try answers([message], from: fast)
            #expect(try answers(budget.cut(message), from: slow) == whole, "\(text)")
        }
        print("wire: \(budget.rounds) messages")
        for server in [fast, slow] {
            let client = try server.connect()
            client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readAnswer().status == 200)
            #expect(eventually { server.server.statistics().requestsInFlight == 0 })
        }
    }

    @Test func formsOverTheWireLeaveNothingBehind() throws {
        var budget = FuzzBudget("uploads")
        let server = try ServerUnderTest()
        let bodies = MultipartReaderTests.sound.map(\.body) + MultipartReaderTests.broken.map { Array($0.1.utf8) }
        while budget.nextRound() {
            let body = budget.spoil(budget.pick(bodies), spices: Self.spices)
            let head =
                "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                + "Content-Length: \(body.count)\r\n\r\n"
            let client = try server.connect()
            for piece in budget.cut(Array(head.utf8) + body) { client.send(piece) }
            #expect([200, 400, 413, 422].contains(try client.readAnswer().status))
        }
        print("uploads: \(budget.rounds) forms")
        #expect(
            eventually { server.spooledFiles == 0 && server.spool.bytesInUse == 0 && server.spool.bytesBuffered == 0 })
    }
}
