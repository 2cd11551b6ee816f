import Testing

/// Smoke for both ways that an answer takes; the bytes must not tell which.
@Suite struct LaneTests {
    static let requests = [
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /health HTTP/1.0\r\n\r\n",
        "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET /204 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /304 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /close HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /split HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /big?100000 HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /big?100000 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /shared?100000 HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
    ]

    @Test(arguments: requests) func bothLanesGiveTheSameBytes(_ request: String) throws {
        let fast = try ServerUnderTest(lane: true)
        let slow = try ServerUnderTest(lane: false)
        var answers: [String] = []
        for server in [fast, slow] {
            let client = try server.connect()
            client.send(request)
            client.finishSending()
            answers.append(
                String(decoding: try client.readToEnd(), as: UTF8.self).split(
                    separator: "\r\n", omittingEmptySubsequences: false
                )
                .filter { !$0.hasPrefix("Date: ") }.joined(separator: "\n"))
        }
        #expect(answers[0] == answers[1])
        #expect(answers[0].hasPrefix("HTTP/1.1 "))
    }
}
