import Testing

@testable import EventHTTP

/// What tests of responders use, and the date.
@Suite struct RequestHeadTests {
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
